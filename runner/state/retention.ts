/** Removes the folders of jobs that ended long ago: outputs are megabytes, and nobody else deletes them. */
import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** How long the files of a job are kept after their last change, ms: time enough to look at what happened. */
export const KEEP_JOBS_MS = 14 * 24 * 3600 * 1000;
/** Folders that one start looks at: the rest waits for the next start. */
const MAX_FOLDERS = 5000;

/** Deletes job folders that were last written before `now - KEEP_JOBS_MS`; gives how many. */
export async function removeOldJobs(jobs: string, now: number): Promise<number> {
  let removed = 0;
  for (const name of (await readdir(jobs)).slice(0, MAX_FOLDERS)) {
    const folder = join(jobs, name);
    const changed = await stat(join(folder, "job.json")).catch(() => stat(folder));
    if (changed.mtimeMs >= now - KEEP_JOBS_MS) continue;
    await rm(folder, { recursive: true, force: true });
    removed += 1;
  }
  return removed;
}
