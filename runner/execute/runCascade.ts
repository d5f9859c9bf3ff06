/** Runs a work through its cascade: attempt after attempt until one settles it or nobody is left. */
import { nextStep, type ProfileHealth } from "../../domain/cascade.ts";
import { limitEnds } from "../../domain/healthRule.ts";
import { describeError } from "../connect/callError.ts";
import { untilClosed } from "../connect/untilClosed.ts";
import type { EndedAttempt, Outcome } from "../connect/types.ts";
import type { RunnerContext } from "../context.ts";
import type { Profile } from "../harness/port.ts";
import { executeAttempt, type AttemptPlace } from "./attempt.ts";
import { unstartedRow } from "./ended.ts";
import type { AttemptEnd } from "./observe.ts";
import { leftBehind, treeState } from "./handover.ts";
import { settledOutcome, stoppedOutcome } from "./outcome.ts";
import { fenceOf, stopCause, type StopCause, type Work } from "./work.ts";

/** The end of a work: what to report, or that there is nobody to report to. */
export type WorkEnd =
  { kind: "ended"; ended: EndedAttempt; outcome: Outcome } | { kind: "lost"; ended?: EndedAttempt };

/** `first`: an attempt that has ended already (adopted from an earlier process of this runner). */
export async function runCascade(
  context: RunnerContext,
  work: Work,
  { first, ...place }: AttemptPlace & { first?: AttemptEnd },
): Promise<WorkEnd> {
  let end = first;
  if (end !== undefined) await noteEnd(context, work, end);
  for (;;) {
    if (stopCause(work) === "lease_lost") return lost(end);
    const step = decide(context, work);
    if (step.kind === "settled")
      return end === undefined ? lost(end) : ended(end.row, settledOutcome(end, stopCause(work)));
    if (step.kind === "exhausted") return exhausted(context, work, { end, step });
    const profile = context.profiles.get(step.profile);
    if (profile === undefined) throw new Error(`profile ${step.profile} is healthy but not offered`);
    const advanced = end === undefined || (await advance(context, work, { end, profile, place }));
    if (advanced === "probed") continue;
    if (!advanced) return lost(end);
    await context.clock.sleep(step.waitMs, work.signal);
    const cause = stopCause(work);
    if (cause !== undefined) return stopped(context, profile, cause);
    end = await executeAttempt(context, work, { ...place, profile });
    await noteEnd(context, work, end);
  }
}

function decide({ health, profiles, clock }: RunnerContext, { claimed, tries, probed }: Work) {
  const { cascade } = claimed.job;
  const fallThrough = claimed.job.fallsThrough;
  const healthOf = (profile: string): ProfileHealth =>
    claimed.job.private && profiles.get(profile)?.dataCollection === true
      ? { kind: "offline", reason: "it collects data, and the repo is private" }
      : (heldBack(probed.get(profile), clock.now()) ?? health.of(claimed.namespace, profile));
  return nextStep({ cascade, tries, health: healthOf, fallThrough });
}

function heldBack(until: number | undefined, now: number): ProfileHealth | undefined {
  if (until === undefined || until <= now) return undefined;
  return { kind: "limited", until, reason: "another job tries it after its limit" };
}

/** Records the try, and tells the fleet when it says something about the profile. */
async function noteEnd(context: RunnerContext, work: Work, end: AttemptEnd): Promise<void> {
  work.tries.push({ profile: end.row.profile, effect: end.effect });
  if (end.effect !== "limited" && end.effect !== "machine") return;
  const { verdict } = end.report;
  const limited = end.effect === "limited";
  const told = context.backend.reportHealth(work.claimed.namespace, work.session, {
    profile: end.row.profile,
    scope: limited ? "account" : "machine",
    kind: limited ? "limited" : "offline",
    reason: `${verdict.kind}${end.row.detail === undefined ? "" : `: ${end.row.detail}`}`,
    ...(limited && verdict.retryAt !== undefined ? { until: verdict.retryAt } : {}),
  });
  await untilClosed(
    told.catch((error: unknown) => {
      context.options.log({ level: "warn", event: "health:notReported", detail: describeError(error) });
    }),
    context.closing,
  );
}

/**
 * Ends the present attempt in the backend and opens the next; false when the lease is lost, `probed` when another job
 * tries that profile after its limit.
 */
async function advance(
  context: RunnerContext,
  work: Work,
  { end, profile, place }: { end: AttemptEnd; profile: Profile; place: AttemptPlace },
): Promise<boolean | "probed"> {
  const row = await withLeftovers(end, work, place);
  // A cancel does not cut the call short: without its answer nobody knows under which attempt to report.
  const next = await untilClosed(
    context.backend.advance({
      namespace: work.claimed.namespace,
      fence: fenceOf(work),
      ended: row,
      profile: profile.name,
      harness: profile.type,
    }),
    context.closing,
  );
  switch (next?.kind) {
    case "advanced":
      work.attempt = next.attempt;
      return true;
    case "probed":
      work.probed.set(profile.name, next.until);
      return "probed";
    case "lease_lost":
    case undefined:
      return false;
    default:
      return next satisfies never;
  }
}

/** The next profile finds what this one has left: its row says so, and the next prompt does. */
async function withLeftovers(
  { row, redact }: AttemptEnd,
  { claimed }: Work,
  { cwd, before }: AttemptPlace,
): Promise<EndedAttempt> {
  if (claimed.job.class === "script") return row;
  const left = leftBehind(before, await treeState(cwd));
  return left === undefined ? row : { ...row, detail: [row.detail, redact(left)].filter(Boolean).join("; ") };
}

interface Exhausted {
  end: AttemptEnd | undefined;
  step: { until?: number; reason: string };
}

function exhausted(context: RunnerContext, work: Work, { end, step }: Exhausted): WorkEnd {
  const { log } = context.options;
  log({ level: "info", event: "cascade:exhausted", job: work.claimed.job.handle, detail: step.reason });
  const retryAt = end?.report.verdict.retryAt;
  // The health row of a limit that this very attempt has met may not be back yet.
  const own = retryAt === undefined ? undefined : limitEnds(context.clock.now(), 1, retryAt);
  const until = step.until ?? own;
  const outcome: Outcome = {
    kind: "limited",
    reason: end?.redact(step.reason) ?? step.reason,
    ...(until === undefined ? {} : { until }),
  };
  if (end !== undefined) return ended(end.row, outcome);
  const [profile = "none"] = work.claimed.job.cascade;
  const why = { verdict: "config", detail: step.reason, at: context.clock.now() };
  return ended(
    unstartedRow({ profile, harness: context.profiles.get(profile)?.type ?? "none" }, why),
    outcome,
  );
}

/** Stopped between two attempts: the one that was about to start is the one that is reported. */
function stopped(context: RunnerContext, profile: Profile, cause: StopCause): WorkEnd {
  if (cause === "lease_lost") return lost(undefined);
  const why = { verdict: "cancelled", detail: "stopped before it started", at: context.clock.now() };
  const row = unstartedRow({ profile: profile.name, harness: profile.type }, why);
  return ended(row, stoppedOutcome(cause));
}

function ended(row: EndedAttempt, outcome: Outcome): WorkEnd {
  return { kind: "ended", ended: row, outcome };
}

function lost(end: AttemptEnd | undefined): WorkEnd {
  return { kind: "lost", ...(end === undefined ? {} : { ended: end.row }) };
}
