/**
 * What becomes of the jobs that an earlier process of this runner held: what its files know is carried on (a living
 * child is watched to its end, a dead one is finished from its files), the rest goes back to the queue.
 */
import type { HeldJob, Report } from "../connect/types.ts";
import type { RunnerContext } from "../context.ts";
import { readRecord } from "../attempt/record.ts";
import { killTree } from "../process/killTree.ts";
import type { Profile } from "../harness/port.ts";
import { newWork, type Work } from "../execute/work.ts";
import type { Session } from "./session.ts";
import { unstartedRow } from "../execute/ended.ts";
import { deliver } from "../report/deliver.ts";
import { attemptFolder, jobFolder } from "../state/folders.ts";
import { readJobRecord } from "../state/jobFile.ts";

/** A held job as work to go on with; `profile` names the attempt that was started, absent when none was. */
export interface Adopted {
  work: Work;
  profile?: Profile;
}

/** Takes a held job over for `session`, or hands it back and gives undefined. */
export async function adoptJob(
  context: RunnerContext,
  held: HeldJob,
  session: Session,
): Promise<Adopted | undefined> {
  const { folders, profiles, options } = context;
  const record = await readJobRecord(jobFolder(folders, held.job));
  const profile = record === undefined ? undefined : profiles.get(record.profile);
  if (record === undefined || profile === undefined || record.attempt !== held.attempt) {
    await handBack(context, held, session.id);
    return undefined;
  }
  const work = newWork(record.claimed, session, record.tries);
  work.attempt = held.attempt;
  const dir = attemptFolder(folders, held.job, held.attempt);
  const started = await readRecord(dir).then(
    () => true,
    () => false,
  );
  options.log({
    level: "info",
    event: started ? "job:adopted" : "job:restarted",
    job: held.handle,
    attempt: held.attempt,
  });
  return started ? { work, profile } : { work };
}

async function handBack(context: RunnerContext, held: HeldJob, session: string): Promise<void> {
  const reason = "the runner was restarted and knows nothing of this attempt";
  const why = { verdict: "cancelled", detail: reason, at: context.clock.now() };
  const report: Report = {
    namespace: held.namespace,
    fence: { job: held.job, attempt: held.attempt, session },
    ended: unstartedRow({ profile: "none", harness: "none" }, why),
    outcome: { kind: "interrupted", reason },
  };
  const { log } = context.options;
  // Before somebody else may start it: what this attempt has left running must not work beside the next one.
  const left = await readRecord(attemptFolder(context.folders, held.job, held.attempt)).catch(
    () => undefined,
  );
  if (left !== undefined) await killTree({ leader: left.process, attemptId: left.id });
  log({ level: "warn", event: "job:handedBack", job: held.handle, attempt: held.attempt, detail: reason });
  await deliver({ ...context, log }, report, held.handle);
}
