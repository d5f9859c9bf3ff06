import { execFileSync } from "node:child_process";
import { gitEnvironment, placeArguments } from "../git/gitEnvironment.ts";
import { findGitFolder, readLocalConfig } from "../git/gitFolder.ts";

/** Reading the index of a real repo takes milliseconds; a broken one must not hold the scan up. */
const TIMEOUT_MS = 5_000;
/** Paths asked for are few and named; output above this means a committed build folder in any case. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

export type Tracked = { ok: true; paths: string[] } | { ok: false; reason: string };

/**
 * Which files below the given paths git tracks. Only the index is read: no filter, hook or monitor of the repo can
 * start. A repository that cannot be asked gives the reason.
 */
export function trackedBelow(dir: string, paths: string[]): Tracked {
  const folder = findGitFolder(dir);
  if (!folder) return { ok: false, reason: "not a git repository" };
  const config = readLocalConfig(folder);
  if (!config.ok) return config;
  const args = ["--literal-pathspecs", "ls-files", "--cached", "-z", "--", ...paths];
  try {
    const output = execFileSync("git", [...placeArguments(dir, folder), ...args], {
      env: gitEnvironment({ folder }),
      stdio: ["ignore", "pipe", "pipe"],
      timeout: TIMEOUT_MS,
      killSignal: "SIGKILL",
      maxBuffer: MAX_OUTPUT_BYTES,
      encoding: "utf8",
    });
    return { ok: true, paths: output.split("\0").filter(Boolean) };
  } catch (error) {
    return { ok: false, reason: whyFailed(error as NodeJS.ErrnoException & { stderr?: string }) };
  }
}

function whyFailed({ code, stderr }: NodeJS.ErrnoException & { stderr?: string }): string {
  if (code === "ETIMEDOUT") return `git gave no answer within ${TIMEOUT_MS / 1000} s`;
  if (code === "ENOENT") return "git is not installed";
  return stderr?.trim().split("\n")[0] ?? "git failed";
}
