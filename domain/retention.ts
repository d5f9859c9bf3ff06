/** How long the backend keeps what is over: the rule and its defaults. SPEC.md §3.1. */

/** What a namespace may set for itself. */
export interface Retention {
  /** Days that an ended assignment is kept, with its jobs and all that belongs to them. */
  finishedDays?: number | undefined;
  /** Assignments that are kept at most: of older ones those that have ended go, however young. */
  finishedAssignments?: number | undefined;
}
/** What the deployment may set: defaults of its namespaces, and what belongs to no namespace. */
export interface DeploymentRetention extends Retention {
  /** Days that the activity of jobs (events) is kept. */
  eventsDays?: number | undefined;
  /** Days that ended sessions, their runners, expired tokens and past limits of profiles are kept. */
  sessionsDays?: number | undefined;
}
export type RetentionInForce = Required<{ [K in keyof DeploymentRetention]: number }>;

/** Generous: a person who comes back after a holiday finds everything. */
export const DEFAULT_RETENTION: RetentionInForce = {
  finishedDays: 180,
  finishedAssignments: 10_000,
  eventsDays: 30,
  sessionsDays: 30,
};
const KEYS = Object.keys(DEFAULT_RETENTION) as (keyof RetentionInForce)[];
export const DAY_MS = 86_400_000;

/**
 * What is in force: the namespace's own, else the deployment's, else the default.
 * @param deployment the variable DROVER_RETENTION: JSON of a DeploymentRetention
 * @throws Error naming what is wrong with that variable
 */
export function retentionInForce(own: Retention, deployment: string | undefined): RetentionInForce {
  const set = deployment === undefined || deployment === "" ? {} : parse(deployment);
  return {
    finishedDays: own.finishedDays ?? set.finishedDays ?? DEFAULT_RETENTION.finishedDays,
    finishedAssignments:
      own.finishedAssignments ?? set.finishedAssignments ?? DEFAULT_RETENTION.finishedAssignments,
    eventsDays: set.eventsDays ?? DEFAULT_RETENTION.eventsDays,
    sessionsDays: set.sessionsDays ?? DEFAULT_RETENTION.sessionsDays,
  };
}

function parse(text: string): DeploymentRetention {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return wrong(text);
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return wrong(text);
  for (const [key, days] of Object.entries(value)) {
    const isKnown = (KEYS as string[]).includes(key);
    if (!isKnown || typeof days !== "number" || !Number.isFinite(days) || days < 0) return wrong(text);
  }
  return value;
}

function wrong(text: string): never {
  throw new Error(
    `DROVER_RETENTION: expected JSON with numbers for ${KEYS.join(", ")}, got ${JSON.stringify(text)}`,
  );
}
