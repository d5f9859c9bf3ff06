import { execFileSync } from "node:child_process";
import { findGitFolder, localConfigText } from "../git/gitFolder.ts";

/** Reading the index of a real repo takes milliseconds; a broken one must not hold the scan up. */
const TIMEOUT_MS = 10_000;
/** Paths asked for are few and named; output above this means a committed build folder in any case. */
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * Which files below the given paths git tracks. Only the index is read: no filter, hook or monitor of the repo can
 * start. Gives none when it is no real repository or its index is broken.
 */
export function isTracked(dir: string, paths: string[]): string[] {
  const folder = findGitFolder(dir);
  if (folder?.kind !== "folder" || localConfigText(folder) === undefined) return [];
  const args = ["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", `--git-dir=${folder.gitDir}`];
  try {
    const output = execFileSync(
      "git",
      [...args, `--work-tree=${dir}`, "--literal-pathspecs", "ls-files", "--cached", "-z", "--", ...paths],
      {
        cwd: dir,
        env: {
          PATH: process.env["PATH"],
          GIT_CONFIG_NOSYSTEM: "1",
          GIT_OPTIONAL_LOCKS: "0",
          GIT_ALLOW_PROTOCOL: "none",
        },
        stdio: ["ignore", "pipe", "ignore"],
        timeout: TIMEOUT_MS,
        killSignal: "SIGKILL",
        maxBuffer: MAX_OUTPUT_BYTES,
        encoding: "utf8",
      },
    );
    return output.split("\0").filter(Boolean);
  } catch {
    return [];
  }
}
