/**
 * What an earlier process of this runner has left running although nobody may go on with it: attempts that were not
 * handed over (their lease lapsed, their profile is gone, the guard was killed, too). They are found by the runner's
 * mark in their environment, and where that cannot be read, by the records in the jobs' folders.
 */
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readRecord } from "../attempt/record.ts";
import { LOST_GRACE_MS } from "../attempt/types.ts";
import type { HeldJob } from "../connect/types.ts";
import type { RunnerContext } from "../context.ts";
import { isAlive, type ProcessIdentity } from "../process/identity.ts";
import { killTree } from "../process/killTree.ts";
import { valuesWithPrefix } from "../process/table.ts";
import { ATTEMPT_MARKER } from "../process/tree.ts";
import { attemptFolder } from "../state/folders.ts";

/** Job folders that are looked through for living processes; older ones are beyond any lease. */
const MAX_FOLDERS = 500;

interface Stray {
  attemptId: string;
  leader: ProcessIdentity | undefined;
}

/**
 * Ends every process of this runner's mark that belongs to none of the `held` attempts; gives how many attempts were
 * ended. To be called before the first job of a process is started.
 */
export async function reapStrays(context: RunnerContext, held: readonly HeldJob[]): Promise<number> {
  const records = await Promise.all(
    held.map((one) =>
      readRecord(attemptFolder(context.folders, one.job, one.attempt)).catch(() => undefined),
    ),
  );
  const kept = new Set(records.flatMap((record) => (record === undefined ? [] : [record.id])));
  const strays = (await findStrays(context)).filter(({ attemptId }) => !kept.has(attemptId));
  await Promise.all(
    strays.map(async (stray) => {
      const { killedHard, left } = await killTree(stray, { graceMs: LOST_GRACE_MS });
      const unkilled = left.length === 0 ? "" : `; still there: ${left.join(", ")}`;
      context.options.log({
        level: "warn",
        event: "process:reaped",
        detail: `${stray.attemptId}, ${killedHard} by KILL${unkilled}`,
      });
    }),
  );
  return strays.length;
}

async function findStrays(context: RunnerContext): Promise<Stray[]> {
  const marked = await valuesWithPrefix(ATTEMPT_MARKER, `${context.mark}:`);
  const strays = new Map(
    [...marked].map((attemptId) => [attemptId, { attemptId, leader: undefined } as Stray]),
  );
  for (const stray of await fromRecords(context.folders.jobs)) strays.set(stray.attemptId, stray);
  return [...strays.values()];
}

/** Attempts whose record names a process that lives. */
async function fromRecords(jobs: string): Promise<Stray[]> {
  const folders = (await readdir(jobs)).slice(-MAX_FOLDERS);
  const found = await Promise.all(
    folders.map(async (job) => {
      const attempts = await readdir(join(jobs, job, "attempts")).catch(() => []);
      return Promise.all(attempts.map((attempt) => living(join(jobs, job, "attempts", attempt))));
    }),
  );
  return found.flat().filter((stray) => stray !== undefined);
}

async function living(dir: string): Promise<Stray | undefined> {
  const record = await readRecord(dir).catch(() => undefined);
  if (record?.process === undefined || !(await isAlive(record.process))) return undefined;
  return { attemptId: record.id, leader: record.process };
}
