import { join } from "node:path";
import { clean } from "../../domain/clean.ts";
import { atomicWriteJson } from "../files/atomicWrite.ts";
import { expandPath } from "../files/paths.ts";
import { PortfolioError } from "../problem.ts";
import { assertKnownRunner } from "../scan/formats/tasks.ts";
import { DEFAULT_RUNNER, readSettings } from "../settings/settings.ts";
import { generateTasks, type Generated, type Skipped } from "./generate.ts";

/** The name under which the file lands in the repos folder when `--output` names no other. */
const DEFAULT_OUTPUT = "runforge-tasks.json";

export type GenerateFlags = {
  reposDir?: string | undefined;
  config: string;
  output?: string | undefined;
  owner?: string | undefined;
  runner?: string | undefined;
  filterRepo?: string | undefined;
  check?: boolean | undefined;
};

export type GenerateAnswer = {
  written: string | null;
  tasks: Generated["tasks"];
  skipped: Skipped[];
  guessed_owners: string[];
};

/** Carries out one `drover generate`. With `check` nothing is written. Without an open work order it fails. */
export function runGenerate(flags: GenerateFlags): GenerateAnswer {
  const settings = readSettings(expandPath(flags.config));
  const runner = flags.runner ?? settings.defaultRunner ?? DEFAULT_RUNNER;
  assertKnownRunner(runner, settings.runners);
  const reposDir = expandPath(flags.reposDir ?? settings.reposDir ?? ".");
  const generated = generateTasks({
    reposDir,
    ...(flags.filterRepo === undefined ? {} : { only: flags.filterRepo }),
    ...(flags.owner === undefined ? {} : { owner: flags.owner }),
    runner,
    profiles: settings.runners,
    defaultFallbacks: settings.defaultFallbacks,
    today: new Date().toISOString().slice(0, 10),
    check: flags.check === true,
  });
  const answer = {
    tasks: generated.tasks,
    skipped: generated.skipped,
    guessed_owners: generated.guessedOwners,
  };
  if (flags.check) return { written: null, ...answer };
  if (generated.tasks.length === 0) {
    throw new PortfolioError(
      "failed",
      `no open work order below ${reposDir}: \`drover generate --check\` says what was skipped and why`,
    );
  }
  const path = flags.output === undefined ? join(reposDir, DEFAULT_OUTPUT) : expandPath(flags.output);
  atomicWriteJson(path, generated.file);
  return { written: path, ...answer };
}

/** The answer for people. */
export function generateText(answer: GenerateAnswer): string {
  const lines = answer.tasks.map(
    (task) =>
      `[P${task.priority}] ${clean(task.id)}: ${clean(task.title)}${task.depends_on ? ` (after ${task.depends_on.map(clean).join(", ")})` : ""}`,
  );
  if (answer.skipped.length > 0)
    lines.push("", `Skipped (${answer.skipped.length}):`, ...answer.skipped.map(skippedLine));
  const done = answer.written === null ? "nothing written (--check)" : `wrote ${answer.written}`;
  return [...lines, "", `${answer.tasks.length} tasks; ${done}`].join("\n").trimStart();
}

function skippedLine(skipped: Skipped): string {
  const line = skipped.line === undefined ? "" : `:${skipped.line}`;
  const id = skipped.id === undefined ? "" : ` ${clean(skipped.id)}`;
  return `  ${clean(skipped.repo)}${line}${id}: ${clean(skipped.reason)}`;
}
