/**
 * Which profile runs a job next: the rules of the cascade as one pure function over what happened so far.
 * See SPEC.md §5 and design rules: limited → next profile; transient → the same one again, bounded, then next;
 * unusable on this machine → next; the job's own outcome ends the cascade, except in task files (`fallThrough`).
 */
import { TRANSIENT_WAITS_MS } from "./backoff.ts";
import type { CascadeStep as VerdictEffect } from "./verdict.ts";

/** One ended attempt of this claim. */
export interface EndedTry {
  profile: string;
  effect: VerdictEffect;
}

/** What this machine and the fleet know of a profile now; a profile without entry is unknown here. */
export type ProfileHealth =
  | { kind: "healthy" }
  | { kind: "limited"; until?: number | undefined; reason: string }
  | { kind: "offline"; reason: string }
  | { kind: "notOffered" };

export type NextStep =
  /** Run `profile`, after a pause of `waitMs`. */
  | { kind: "run"; profile: string; waitMs: number }
  /** The last attempt decided: done, the job's own outcome, or interrupted. */
  | { kind: "settled" }
  /** Nobody is left. `until`: the earliest reset, where one is known. */
  | { kind: "exhausted"; until?: number; reason: string };

export interface CascadeInput {
  cascade: readonly string[];
  tries: readonly EndedTry[];
  health: (profile: string) => ProfileHealth;
  /** A failure that is the job's own goes to the next profile as well: what the fallbacks of a task file promise. */
  fallThrough?: boolean;
}

/** The next step of a job's cascade. Total: every input gives a step. */
export function nextStep({ cascade, tries, health, fallThrough }: CascadeInput): NextStep {
  const last = tries.at(-1);
  if (last === undefined) return firstFrom(0, { cascade, tries, health });
  const at = Math.max(cascade.indexOf(last.profile), 0);
  switch (last.effect) {
    case "done":
    case "interrupted":
      return { kind: "settled" };
    case "outcome":
      return fallThrough === true ? nextOrSettled(at + 1, { cascade, tries, health }) : { kind: "settled" };
    case "transient": {
      const waitMs = TRANSIENT_WAITS_MS[transientRun(tries) - 1];
      if (waitMs !== undefined && health(last.profile).kind === "healthy")
        return { kind: "run", profile: last.profile, waitMs };
      return firstFrom(at + 1, { cascade, tries, health });
    }
    case "limited":
    case "machine":
      return firstFrom(at + 1, { cascade, tries, health });
    default:
      return last.effect satisfies never;
  }
}

/** A job that failed by itself has its outcome: it does not wait for profiles that are limited. */
function nextOrSettled(start: number, input: CascadeInput): NextStep {
  const next = firstFrom(start, input);
  return next.kind === "run" ? next : { kind: "settled" };
}

/** How often in a row, counted from the end, the last profile failed transiently. */
function transientRun(tries: readonly EndedTry[]): number {
  const last = tries.at(-1);
  const stop = tries.findLastIndex((one) => one.profile !== last?.profile || one.effect !== "transient");
  return tries.length - 1 - stop;
}

function firstFrom(start: number, input: CascadeInput): NextStep {
  for (const profile of input.cascade.slice(start)) {
    if (input.health(profile).kind === "healthy") return { kind: "run", profile, waitMs: 0 };
  }
  return exhausted(input);
}

/** Says of every profile why it cannot go on, and when the first of them can. */
function exhausted({ cascade, tries, health }: CascadeInput): NextStep {
  const resets: number[] = [];
  const reasons = cascade.map((profile) => {
    const now = health(profile);
    switch (now.kind) {
      case "limited":
        if (now.until !== undefined) resets.push(now.until);
        return `${profile}: ${now.reason}`;
      case "offline":
        return `${profile}: ${now.reason}`;
      case "notOffered":
        return `${profile}: not offered by this runner`;
      case "healthy":
        return `${profile}: ${tries.findLast((one) => one.profile === profile)?.effect ?? "not tried"}`;
      default:
        return now satisfies never;
    }
  });
  const reason = `no profile of the cascade can go on (${reasons.join("; ")})`;
  return resets.length === 0
    ? { kind: "exhausted", reason }
    : { kind: "exhausted", until: Math.min(...resets), reason };
}
