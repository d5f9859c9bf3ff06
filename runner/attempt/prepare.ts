/** Everything before the start: is the profile usable here, and what exactly will run? */
import type { Verdict } from "../../domain/verdict.ts";
import { childEnvironment } from "../harness/environment.ts";
import { harnessFor } from "../harness/index.ts";
import { defined } from "../../domain/defined.ts";
import type { Harness } from "../harness/port.ts";
import type { FileText } from "../process/forkThread.ts";
import { findProgram } from "../process/findProgram.ts";
import { ATTEMPT_MARKER } from "../process/tree.ts";
import { statIfThere } from "../state/statIfThere.ts";
import { attemptFiles } from "./record.ts";
import type { AttemptInput, AttemptTuning } from "./types.ts";

export interface Prepared {
  harness: Harness;
  argv: string[];
  env: Record<string, string>;
  stdin: string | null;
  /** The prompt, or what the CLI takes for it. */
  promptFile: FileText;
  /** What the adapter wants written beside it. */
  files: readonly FileText[];
}

export type Preparation = { ok: true; prepared: Prepared } | { ok: false; verdict: Verdict };

/** The command line, the environment and the prompt's file, which is not written yet; or why it cannot run. */
export function prepare(input: AttemptInput, tuning: AttemptTuning): Preparation {
  const { profile, dir, cwd } = input;
  const harness = harnessFor(profile);
  const files = attemptFiles(dir);
  const wrong = refusal(input) ?? cwdProblem(cwd);
  if (wrong) return refused("config", wrong);
  // The job's own fault: no other profile could do anything with it.
  if (input.prompt.trim() === "") return refused("failed", "the prompt is empty: say what is to be done");

  const root = process.getuid?.() === 0;
  const launch = harness.launch({
    ...{ profile, prompt: input.prompt, root, promptFile: files.prompt, tmp: files.tmp },
    ...defined({ resume: input.resume, reportTool: reportTool(input, files.result) }),
  });
  const built = childEnvironment({
    harness,
    profile,
    inherited: tuning.inheritedEnv ?? process.env,
    defaults: { PWD: cwd, ...defined({ PATH: input.env.PATH }), ...launch.env },
    ours: { ...ours(input), TMPDIR: files.tmp, DROVER_RESULT_FILE: files.result },
  });
  if (!built.ok) return refused("config", built.detail);

  const [program = ""] = launch.argv;
  const found = findProgram(program, { cwd, path: built.env.PATH });
  if (!found) return refused("not_installed", missing(input, program));

  const prepared = {
    harness,
    argv: [found, ...launch.argv.slice(1)],
    env: built.env,
    stdin: launch.stdin === null ? null : files.prompt,
    promptFile: { path: files.prompt, text: launch.stdin ?? input.prompt },
    files: launch.files ?? [],
  };
  return { ok: true, prepared };
}

/** Agents reach the CLI by a wrapper of their own; scripts have none, and write their report file themselves. */
function reportTool({ env }: AttemptInput, file: string): string[] | undefined {
  return env.DROVER_CLI === undefined ? undefined : [env.DROVER_CLI, "report-tool", "--file", file];
}

/** PATH is a default that the profile may replace; the rest of what Drover sets is not the profile's to change. */
function ours(input: AttemptInput): Record<string, string> {
  const { PATH: _path, ...rest } = input.env;
  return { ...rest, [ATTEMPT_MARKER]: input.id };
}

function refusal({ profile, id }: AttemptInput): string | undefined {
  if (profile.command?.length === 0 || profile.command?.[0] === "") {
    return `profile "${profile.name}" has an empty command: name a program, for example ["my-agent", "--flag"]`;
  }
  if ((profile.type === "command" || profile.type === "acp") && !profile.command) {
    return `profile "${profile.name}" has type "${profile.type}" but no command: name the program, for example ["my-agent"]`;
  }
  return id === "" || /[\0\n]/.test(id) ? "the attempt's id must be one non-empty line" : undefined;
}

function cwdProblem(cwd: string): string | undefined {
  const found = statIfThere(cwd);
  if (found?.isDirectory()) return undefined;
  const what = found ? "is not a folder" : "does not exist";
  return `the working folder ${cwd} ${what}: check where this machine maps the repository`;
}

function missing({ profile }: AttemptInput, program: string): string {
  return `profile "${profile.name}" needs the program "${program}", which is not installed or not executable here: install it, or name its path in the profile's command`;
}

function refused(kind: "config" | "not_installed" | "failed", detail: string): Preparation {
  return { ok: false, verdict: { kind, ok: false, detail } };
}
