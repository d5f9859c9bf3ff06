/**
 * Where a runner keeps its state: everything below `DROVER_HOME/runners/NAME`, readable by its owner alone,
 * because prompts, outputs and tokens lie there.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";

/** Only its owner may enter: the folders hold tokens and the output of private work. */
const PRIVATE_DIR = 0o700;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export interface RunnerFolders {
  root: string;
  lockFile: string;
  outboxFile: string;
  jobs: string;
}

/** What is wrong with the name of a runner, which is the name of a folder, too; undefined: nothing. */
export function badRunnerName(name: string): string | undefined {
  if (NAME.test(name)) return undefined;
  return (
    `Runner name: expected 1 to 64 letters, digits, ".", "_" or "-" that begin with a letter or digit, ` +
    `but got ${JSON.stringify(name)}. Set another one with --name.`
  );
}

/**
 * Creates and names the folders of the runner `name` below `home` (`DROVER_HOME`).
 * Throws when the name cannot be a folder name.
 */
export async function openFolders(home: string, name: string): Promise<RunnerFolders> {
  const bad = badRunnerName(name);
  if (bad !== undefined) throw new Error(bad);
  const root = join(home, "runners", name);
  const folders = {
    root,
    lockFile: join(root, "lock"),
    outboxFile: join(root, "outbox.jsonl"),
    jobs: join(root, "jobs"),
  };
  await mkdir(folders.jobs, { recursive: true, mode: PRIVATE_DIR });
  return folders;
}

/** The folder of one job. Ids come from the backend: characters that could leave the folder are replaced. */
export function jobFolder(folders: RunnerFolders, job: string): string {
  return join(folders.jobs, job.replaceAll(/[^A-Za-z0-9_-]/g, "_"));
}

/** The folder of one attempt of a job: what the harness writes, and what an adoption reads. */
export function attemptFolder(folders: RunnerFolders, job: string, attempt: number): string {
  return join(jobFolder(folders, job), "attempts", String(attempt));
}
