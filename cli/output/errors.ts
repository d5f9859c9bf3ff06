/** Exit codes of every command; `drover help exit-codes` prints this table. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  stuck: 3,
  limited: 4,
  unreachable: 5,
  notAllowed: 6,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: "ok",
  1: "failed",
  2: "usage or invalid input; the queue is unchanged",
  3: "stuck or blocked: needs a person",
  4: "everything left is limited by quota",
  5: "backend unreachable",
  6: "not allowed",
  130: "interrupted",
};

/** A failure that the user can understand: it is printed as `drover: message`, without a stack. */
export class CliError extends Error {
  readonly exitCode: ExitCode;

  constructor(message: string, exitCode: ExitCode, options?: ErrorOptions) {
    super(message, options);
    this.name = "CliError";
    this.exitCode = exitCode;
  }
}

/** Shorthand for bad input: exit code 2. */
export function usageError(message: string): CliError {
  return new CliError(message, EXIT.usage);
}
