/**
 * What the fleet knows of a harness profile, and for how long: SPEC.md §5. A limit holds for the account (the same
 * key on all machines); a missing binary or a failed login holds for one machine.
 */
export const HEALTH_SCOPES = ["account", "machine"] as const;
export type HealthScope = (typeof HEALTH_SCOPES)[number];

export const HEALTH_KINDS = ["limited", "offline"] as const;
export type HealthKind = (typeof HEALTH_KINDS)[number];

const MINUTE_MS = 60_000;
/** Added to a reset that the provider named: clocks differ, and a call at the very second is refused again. */
export const RESET_MARGIN_MS = 30_000;
/** A reset nearer than this is taken for this: a limit that ends at once would be hit again at once. */
export const MIN_LIMIT_MS = MINUTE_MS;
/** Length of a limit without a known reset: the first time, and from the second hit in a row. */
export const UNKNOWN_LIMIT_MS = [15 * MINUTE_MS, 60 * MINUTE_MS] as const;

/** What a claim asks of a health row. */
export interface HealthFact {
  kind: HealthKind;
  scope: HealthScope;
  machine?: string | undefined;
  /** Milliseconds since the epoch; absent: until somebody clears it. */
  until?: number | undefined;
}

/**
 * When a limit reported at `now` ends (ms since the epoch).
 * @param until the reset that the provider named, if any
 * @param hits how often in a row the profile was limited, this time included
 */
export function limitEnds(now: number, hits: number, until?: number): number {
  if (until !== undefined) return Math.max(until + RESET_MARGIN_MS, now + MIN_LIMIT_MS);
  return now + UNKNOWN_LIMIT_MS[hits > 1 ? 1 : 0];
}

/** True while the fact keeps a profile from running on `machine` at `now`. */
export function holdsBack(fact: HealthFact, machine: string, now: number): boolean {
  if (fact.scope === "machine" && fact.machine !== machine) return false;
  return fact.until === undefined || fact.until > now;
}

/**
 * When the first profile of a cascade is free again, or undefined when none of them ever is by itself.
 * @param blockedUntil for each profile of the cascade its latest `until`; undefined: until somebody clears it
 */
export function earliestReset(blockedUntil: readonly (number | undefined)[]): number | undefined {
  const known = blockedUntil.filter((until) => until !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}
