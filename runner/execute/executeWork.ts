/**
 * The life of a claimed job on this runner: locate its folder → run its cascade → report. Every way to fail is an
 * outcome; what is left to exceptions are bugs, and those fail the job with their message instead of the runner.
 */
import { join } from "node:path";
import type { Report } from "../connect/types.ts";
import { describeError } from "../connect/callError.ts";
import type { RunnerContext } from "../context.ts";
import type { Profile } from "../harness/port.ts";
import { deliver } from "../report/deliver.ts";
import { attemptFolder } from "../state/folders.ts";
import { writePrivate } from "../state/privateFile.ts";
import { resumeAttempt } from "./attempt.ts";
import { unstartedRow } from "./ended.ts";
import { treeState } from "./handover.ts";
import { locate } from "./locate.ts";
import { runCascade, type WorkEnd } from "./runCascade.ts";
import { fenceOf, type Work } from "./work.ts";

/**
 * Executes a work to its end. `adopt`: the profile whose attempt an earlier process of this runner has started. Never
 * rejects.
 */
export async function executeWork(context: RunnerContext, work: Work, adopt?: Profile): Promise<void> {
  try {
    const end = await run(context, work, adopt).catch((error: unknown) => crashed(context, work, error));
    await finish(context, work, end);
  } catch (error) {
    const { job } = work.claimed;
    context.options.log({
      level: "error",
      event: "job:unreported",
      job: job.handle,
      detail: describeError(error),
    });
  }
}

async function run(context: RunnerContext, work: Work, adopt: Profile | undefined): Promise<WorkEnd> {
  const { claimed } = work;
  const located = locate(
    { namespace: claimed.namespace, repo: claimed.job.repo, runner: context.options.name },
    context.options.namespaces[claimed.namespace],
  );
  if (!located.ok) return failed(context, work, { verdict: "config", error: located.error });
  const first = adopt === undefined ? undefined : await resumeAttempt(context, work, adopt);
  // Scripts get no handover, and two git calls for each would be felt by a batch of thousands.
  // Of a later claim nobody knows how the checkout was before the first: what is not committed is told then.
  const isFirst = claimed.job.attempt <= 1 && claimed.job.class !== "script";
  const before = isFirst ? await treeState(located.cwd) : undefined;
  const place = { cwd: located.cwd, before };
  return runCascade(context, work, first === undefined ? place : { ...place, first });
}

/** A template that cannot be filled in, a full disk, a bug: the job fails and says so. */
function crashed(context: RunnerContext, work: Work, error: unknown): WorkEnd {
  const text = describeError(error);
  const { handle } = work.claimed.job;
  context.options.log({
    level: "error",
    event: "job:crashed",
    job: handle,
    detail: (error as Error).stack ?? text,
  });
  return failed(context, work, { verdict: "config", error: text });
}

function failed(context: RunnerContext, work: Work, why: { verdict: string; error: string }): WorkEnd {
  const [profile = "none"] = work.claimed.job.cascade;
  const harness = context.profiles.get(profile)?.type ?? "none";
  const row = unstartedRow(
    { profile, harness },
    { verdict: why.verdict, detail: why.error, at: context.clock.now() },
  );
  return { kind: "ended", ended: row, outcome: { kind: "failed", error: why.error } };
}

async function finish(context: RunnerContext, work: Work, end: WorkEnd): Promise<void> {
  const { handle } = work.claimed.job;
  const { log } = context.options;
  const about = { job: handle, attempt: work.attempt };
  if (end.kind === "lost") {
    keepEvidence(context, work, end);
    log({ level: "warn", event: "job:lost", ...about });
    return;
  }
  const report: Report = {
    namespace: work.claimed.namespace,
    fence: fenceOf(work),
    ended: end.ended,
    outcome: end.outcome,
  };
  const answer = await deliver({ ...context, log }, report, handle);
  if (answer === "lease_lost" || answer === "refused") keepEvidence(context, work, report);
  log({ level: "info", event: `job:${end.outcome.kind}`, ...about, detail: answer });
}

/** A result that nobody takes stays beside the attempt's files, for whoever asks what became of it. */
function keepEvidence(context: RunnerContext, work: Work, what: object): void {
  const dir = attemptFolder(context.folders, work.claimed.job.id, work.attempt);
  writePrivate(join(dir, "late.json"), `${JSON.stringify(what, null, 2)}\n`);
}
