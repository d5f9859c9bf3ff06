import type { GitFolder } from "./gitFolder.ts";

/** What is switched off wherever git is started: each of these would start a program of the repo or of the user. */
const SAFE_SETTINGS = {
  "core.fsmonitor": "false",
  "core.hooksPath": "/dev/null",
  "core.pager": "cat",
  "log.showSignature": "false",
  "submodule.recurse": "false",
};

/** `network`: the call talks to the remote, so transports and their settings are in force. */
export type GitSurroundings = {
  folder?: GitFolder | undefined;
  network?: boolean | undefined;
  settings?: Record<string, string>;
};

/** Names the work tree too: `core.worktree` in a hostile configuration could point git at any other folder. */
export function placeArguments(dir: string, folder: GitFolder): string[] {
  const place = ["-C", dir, `--git-dir=${folder.gitDir}`];
  return folder.kind === "bare" ? place : [...place, `--work-tree=${dir}`];
}

/**
 * The user's environment without any GIT_ variable (a hook that calls Drover has GIT_DIR set, and git would answer
 * about the wrong repo), plus the settings as variables: unlike `-c`, they carry names with "=" in them.
 */
export function gitEnvironment({
  folder,
  network = false,
  settings = {},
}: GitSurroundings): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !name.startsWith("GIT_") || KEPT.includes(name),
  );
  const all = Object.entries({ ...SAFE_SETTINGS, ...settings });
  return {
    ...Object.fromEntries(kept),
    ...Object.fromEntries(
      all.flatMap(([key, value], i) => [
        [`GIT_CONFIG_KEY_${i}`, key],
        [`GIT_CONFIG_VALUE_${i}`, value],
      ]),
    ),
    GIT_CONFIG_COUNT: String(all.length),
    // Without it git would look for a `commondir` by itself, and could find another one than was looked at.
    ...(folder ? { GIT_COMMON_DIR: folder.commonDir } : {}),
    GIT_OPTIONAL_LOCKS: "0",
    LC_ALL: "C",
    ...NO_QUESTIONS,
    ...(network ? { GIT_ALLOW_PROTOCOL: "https:http:ssh:git:file" } : LOCAL_ONLY),
  };
}

const KEPT = ["GIT_CONFIG_GLOBAL", "GIT_SSH_COMMAND", "GIT_SSH"];

/** A password prompt would wait for ever for somebody who is not there. ssh asks /bin/false too, even on a terminal. */
const NO_QUESTIONS = {
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: "/bin/false",
  SSH_ASKPASS: "/bin/false",
  SSH_ASKPASS_REQUIRE: "force",
};

/** A partial clone would fetch missing objects on a mere question, through a transport of the repo's choice. */
const LOCAL_ONLY = { GIT_CONFIG_NOSYSTEM: "1", GIT_NO_LAZY_FETCH: "1", GIT_ALLOW_PROTOCOL: "none" };
