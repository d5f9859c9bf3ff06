import { join } from "node:path";
import * as z from "zod";
import { checkShape, parseJson } from "../files/parse.ts";
import { readBounded } from "../files/readBounded.ts";
import { PortfolioError } from "../problem.ts";
import { languageCommands, type Job } from "../repos/language.ts";

/** Where a workspace keeps its workflows. */
export const WORKFLOWS_FILE = "config/workflows.json";

const steps = [
  z.looseObject({ action: z.literal("cd"), target: z.string(), condition: z.string().nullish() }),
  z.looseObject({ action: z.literal("run"), command: z.string(), condition: z.string().nullish() }),
] as const;
const stepSchema = z.discriminatedUnion("action", steps, { error: `expected action "cd" or "run"` });
const workflowSchema = z.looseObject({
  description: z.string().nullish(),
  steps: z.array(stepSchema).min(1),
  log_file: z.string().nullish(),
});
const fileSchema = z.looseObject({ workflows: z.record(z.string(), workflowSchema) });
/** The other spelling: a list of workflows that name themselves. */
const listFileSchema = z.looseObject({
  workflows: z.array(workflowSchema.extend({ name: z.string().min(1) })),
});

export type WorkflowStep = z.output<typeof stepSchema>;
export type Workflow = { name: string; description: string; steps: WorkflowStep[]; logFile?: string };

const cd: WorkflowStep = { action: "cd", target: "{{repo.local}}" };
const run = (command: string, condition?: string): WorkflowStep => ({
  action: "run",
  command,
  ...(condition === undefined ? {} : { condition }),
});

/** One step for each command of the language table, for all languages that share it. */
function languageSteps(job: Job): WorkflowStep[] {
  const languages = new Map<string, string[]>();
  for (const [language, command] of languageCommands(job))
    languages.set(command, [...(languages.get(command) ?? []), `repo.language == '${language}'`]);
  return [...languages].map(([command, conditions]) => run(command, conditions.join(" || ")));
}

/** The five workflows that exist without a file. A workspace's own of the same name wins. */
const BUILT_IN: Workflow[] = [
  {
    name: "build",
    description: "Build a repository",
    steps: [cd, ...languageSteps("build")],
  },
  {
    name: "test",
    description: "Run tests for a repository",
    steps: [cd, ...languageSteps("test")],
  },
  {
    name: "status",
    description: "Check git status and recent commits",
    steps: [cd, run("git status --porcelain"), run("git --no-pager log --oneline -5")],
  },
  {
    name: "pull",
    description: "Fetch and fast-forward merge from remote",
    steps: [cd, run("git fetch --prune"), run("git merge --ff-only")],
  },
  {
    name: "review",
    description: "Show commits ahead of the default branch",
    steps: [cd, run('git --no-pager log --oneline "origin/{{repo.default_branch}}..HEAD"')],
  },
];

/** All workflows of a workspace by name: its own file laid over the built-in ones. A faulty file is a usage error. */
export function readWorkflows(workspace: string): Workflow[] {
  const path = join(workspace, WORKFLOWS_FILE);
  const read = readBounded(path);
  if (read.kind === "absent") return BUILT_IN;
  if (read.kind !== "text")
    throw new PortfolioError("usage", `${path}: expected a readable file of at most 1 MiB`);
  const own = parseWorkflows(path, read.text);
  return [...own, ...BUILT_IN.filter((one) => !own.some((other) => other.name === one.name))];
}

function parseWorkflows(path: string, text: string): Workflow[] {
  const value = parseJson(path, text);
  const isList = Array.isArray((value as { workflows?: unknown } | null)?.workflows);
  const named = isList
    ? checkShape(path, listFileSchema, value).workflows
    : Object.entries(checkShape(path, fileSchema, value).workflows).map(([name, one]) => ({ ...one, name }));
  return named.map(({ name, description, steps, log_file }) => ({
    name,
    description: description ?? "",
    steps,
    ...(log_file ? { logFile: log_file } : {}),
  }));
}
