/**
 * Scans many repos on all cores. The main thread and its helpers take the next repo from one shared counter, so the
 * main thread works from the first moment while the helpers still start, and nobody waits for a dispatcher.
 */
import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { Category } from "./model.ts";
import { scanRepo, type RepoScan } from "./scanRepo.ts";

/** Below this many repos a helper thread costs more than it saves. */
const REPOS_PER_THREAD = 12;
/** More threads than this wait for the disk, not for a core. */
const MAX_THREADS = 8;

export type RepoPlace = { name: string; dir: string };
export type Share = { counter: Int32Array; repos: RepoPlace[]; categories: readonly Category[] };
export type Part = { index: number; scan: RepoScan }[];

/** Scans all repos; the results keep their order. `threads` is the number of cores to use, the main one included. */
export async function scanAll(
  repos: RepoPlace[],
  categories: readonly Category[],
  threads: number = availableParallelism(),
): Promise<RepoScan[]> {
  const share: Share = { counter: new Int32Array(new SharedArrayBuffer(4)), repos, categories };
  const wanted = Math.min(threads, MAX_THREADS, Math.ceil(repos.length / REPOS_PER_THREAD));
  const helpers = Array.from({ length: Math.max(0, wanted - 1) }, () => startHelper(share));
  const parts = [scanShare(share), ...(await Promise.all(helpers))];
  const results: RepoScan[] = [];
  for (const { index, scan } of parts.flat()) results[index] = scan;
  // A helper that died took its repos along: they are scanned here, a lost thread must not look like a clean repo.
  repos.forEach((repo, index) => (results[index] ??= scanRepo(repo, categories)));
  return results;
}

/** Takes repos from the shared counter until none is left. */
export function scanShare({ counter, repos, categories }: Share): Part {
  const part: Part = [];
  for (;;) {
    const index = Atomics.add(counter, 0, 1);
    const repo = repos[index];
    if (!repo) return part;
    part.push({ index, scan: scanRepo(repo, categories) });
  }
}

/** Starts one helper thread on a share. Gives what it scanned; a helper that fails gives nothing and is made up for. */
export function startHelper(share: Share): Promise<Part> {
  return new Promise((resolve) => {
    const helper = newHelper(share);
    let part: Part = [];
    helper.once("message", (sent: Part) => (part = sent));
    helper.once("error", () => resolve([]));
    helper.once("exit", () => resolve(part));
  });
}

/** The built program has the helper beside its chunks; from the sources a thread needs the TypeScript loader first. */
function newHelper(share: Share): Worker {
  if (!import.meta.url.endsWith(".ts")) {
    return new Worker(new URL("../portfolio/scanWorker.js", import.meta.url), { workerData: share });
  }
  const [loader, file] = ["tsx/esm/api", "./scanWorker.ts"].map((name) =>
    JSON.stringify(import.meta.resolve(name)),
  );
  const start = `import(${loader}).then((tsx) => (tsx.register(), import(${file})))`;
  return new Worker(start, { eval: true, workerData: share, execArgv: [] });
}
