import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { folderName } from "../../domain/report/build.ts";
import { type RunEnd, runLogged } from "../../portfolio/process/runLogged.ts";

/** Longest time of one repo's tests, and of its linter, ms. */
const STEP_MS = 10 * 60_000;
const STEPS = ["test", "lint"] as const;

export interface Verified {
  repo: string;
  step: (typeof STEPS)[number];
  passed: boolean;
  seconds: number;
  reason: string;
  log: string;
}

/** Runs `make test`, then (when that passed) `make lint`, in each repo; the output goes to `verify/` of the run. */
export async function verifyRepos(
  repos: Readonly<Record<string, string>>,
  runDir: string,
  signal: AbortSignal,
): Promise<Verified[]> {
  const folder = join(runDir, "verify");
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const results: Verified[] = [];
  for (const [repo, cwd] of Object.entries(repos).sort(([a], [b]) => (a < b ? -1 : 1))) {
    for (const step of STEPS) {
      if (signal.aborted) return results;
      const log = join(folder, `${folderName(repo.split("/").at(-1) ?? repo)}-${step}.log`);
      const end = await runLogged({ command: ["make", step], cwd, logFile: log, timeoutMs: STEP_MS, signal });
      results.push(verified(end, { repo, step, log }));
      if (!passed(end)) break;
    }
  }
  return results;
}

function verified(end: RunEnd, place: Pick<Verified, "repo" | "step" | "log">): Verified {
  return { ...place, passed: passed(end), seconds: end.seconds, reason: end.reason };
}

function passed({ kind, exitCode }: RunEnd): boolean {
  return kind === "exited" && exitCode === 0;
}

/** The results as lines, one per repo and step. */
export function verifyText(results: readonly Verified[]): string {
  return results
    .map(({ repo, step, passed: ok, seconds, reason }) =>
      `${ok ? "PASS" : "FAIL"}  ${repo}  make ${step}  ${seconds}s  ${reason}`.trimEnd(),
    )
    .join("\n");
}
