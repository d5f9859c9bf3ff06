/**
 * The limits of the real server, so that functions grown on this host also run there.
 * Source: Convex documentation, "Limits" (production/state/limits); names carry their unit.
 */
const KIB = 1024;
const MIB = 1024 * KIB;

export const LIMITS = {
  documentsRead: 32_000,
  bytesRead: 16 * MIB,
  databaseQueries: 4_096,
  documentsWritten: 16_000,
  bytesWritten: 16 * MIB,
  functionsScheduled: 1_000,
  scheduledFunctionArgsBytes: 16 * MIB,
  argsBytes: 16 * MIB,
  resultBytes: 16 * MIB,
  documentBytes: MIB,
  documentNesting: 16,
  valueNesting: 64,
  arrayLength: 8_192,
  objectFields: 1_024,
  fieldNameChars: 1_024,
  scheduleAheadMs: 5 * 365 * 24 * 3_600_000,
  queryOperators: 256,
  pageSize: 32_000,
  callDepth: 8,
  userTimeMs: 1_000,
  /** Times that a mutation is tried again when others changed what it had read (the real server: with a backoff). */
  conflictRetries: 4,
  actionTimeMs: 10 * 60_000,
  actionsAtOnce: 64,
  /** Of one query or mutation, with what the next collection would free; the real server counts 64 without that. */
  functionMemoryMib: 512,
  /** Of one action; the real server gives a Node.js action as much. */
  actionMemoryMib: 512,
  logLines: 256,
  logLineBytes: 32 * KIB,
  indexesPerTable: 64,
  fieldsPerIndex: 16,
  identifierChars: 64,
  httpActionBodyBytes: 20 * MIB,
  environmentVariables: 512,
  environmentNameChars: 256,
  environmentValueBytes: 8 * KIB,
  environmentBytes: 512 * KIB,
  pushBytes: 200 * MIB,
} as const;

/** Suffix that Convex adds to every message about a limit; clients search for it. */
export const LIMIT_HELP = "Learn more about limits at https://docs.convex.dev/production/state/limits";
