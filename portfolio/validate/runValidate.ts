import { existsSync } from "node:fs";
import { globSync } from "tinyglobby";
import { describeProblem, readTaskFiles, type Profiles, type TaskFile } from "../../domain/taskFile.ts";
import { unhonouredFields } from "../../domain/taskFile/unhonoured.ts";
import type { Problem, TaskFilesRead } from "../../domain/taskFile.ts";
import { isFolder } from "../files/look.ts";
import { expandPath, repoFolder } from "../files/paths.ts";
import { readTaskSource } from "../files/taskSource.ts";
import { PortfolioError } from "../problem.ts";
import { readSettings } from "../settings/settings.ts";

const DEFAULT_TASKS = "runforge.json";

export type ValidateFlags = { tasks: string[]; reposDir?: string | undefined; config: string };
export type ValidateAnswer = {
  valid: boolean;
  tasks: number;
  repos: number;
  max_depth: number;
  problems: (Problem & { text: string })[];
  /** Fields that change nothing here, one sentence each. */
  warnings: string[];
};

/** Carries out one `drover validate`: reads, merges and checks the files, with `reposDir` also that the repos exist. */
export function runValidate(flags: ValidateFlags): ValidateAnswer {
  const settings = readSettings(expandPath(flags.config));
  const read = loadTaskFiles(flags.tasks, settings.runners);
  if (!read.ok) return answer(read.problems);
  const missing = flags.reposDir ? missingRepos(read.file, expandPath(flags.reposDir)) : [];
  const facts = { tasks: read.facts.tasks, repos: read.facts.repos, max_depth: read.facts.maxDepth };
  return { ...answer(missing), ...facts, warnings: unhonouredFields(read.file) };
}

/** Reads task files by name or pattern. Profiles of the configuration lie below those of each file. */
export function loadTaskFiles(patterns: readonly string[], profiles: Profiles): TaskFilesRead {
  return readTaskFiles(patternsToFiles(patterns).map(readTaskSource), profiles);
}

/** The line that people and scripts know, or one line per problem. */
export function validateText(result: ValidateAnswer): string {
  if (result.valid)
    return `valid: ${result.tasks} tasks, ${result.repos} repos, max depth ${result.max_depth}`;
  return result.problems.map((problem) => problem.text).join("\n");
}

function answer(problems: Problem[]): ValidateAnswer {
  const told = problems.map((problem) => ({ ...problem, text: describeProblem(problem) }));
  return { valid: problems.length === 0, tasks: 0, repos: 0, max_depth: 0, problems: told, warnings: [] };
}

/** A name with glob characters is expanded (sorted), unless a file has exactly that name. No hit is an error. */
function patternsToFiles(patterns: readonly string[]): string[] {
  const wanted = patterns.flatMap((pattern) =>
    existsSync(expandPath(pattern)) ? [pattern] : pattern.split(/,(?![^{]*\})/),
  );
  return (wanted.length === 0 ? [DEFAULT_TASKS] : wanted).flatMap((pattern) => {
    const path = expandPath(pattern);
    if (!/[*?[\]{}]/.test(pattern) || existsSync(path)) return [path];
    const hits = globSync(path, { absolute: true, dot: true, followSymbolicLinks: false }).sort();
    if (hits.length === 0) throw new PortfolioError("usage", `no file matches ${pattern}`);
    return hits;
  });
}

function missingRepos(file: TaskFile, reposDir: string): Problem[] {
  return file.tasks
    .filter((task) => !isFolder(repoFolder(reposDir, task.repo)))
    .map((task) => ({
      kind: "repo_missing",
      file: task.source_file ?? file.source,
      task: task.id,
      field: "repo",
      message: `expected a folder at ${repoFolder(reposDir, task.repo)} for repo ${JSON.stringify(task.repo)}`,
    }));
}
