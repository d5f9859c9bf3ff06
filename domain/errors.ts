/** Codes of the errors that a client must understand: thrown as `ConvexError({code, message, ...detail})`. */
export const ERROR_CODES = [
  "NOT_FOUND", // unknown id, or an id of a namespace that the caller may not see: the same text for both
  "INVALID", // a value that no type check can refuse
  "NOT_ALLOWED", // the caller's role may not do this
  "UNAUTHENTICATED", // no token, an expired one or a revoked one
  "LEASE_LOST", // the write carries a stale (job, attempt, session)
  "WRONG_STATE", // the transition is not legal from the present state
  "CYCLE", // the edges would close a circle; the message holds the path
  "LIMIT", // a limit of the assignment or of a request
  "DUPLICATE_JOB", // the same content twice in a row
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** The data of every ConvexError that Drover's functions throw. */
export interface ErrorData {
  code: ErrorCode;
  message: string;
}
