import * as z from "zod";
import type { Problem } from "./problem.ts";

/** Runner types that need no entry in `runners`. Task files may name any of them. */
export const BUILT_IN_RUNNERS = [
  "codex",
  "claude",
  "gemini",
  "opencode",
  "script",
  "command",
  "cline",
  "qwen",
  "kilocode",
] as const;

// Writers in other languages give `null` for an absent list or text; it means the same as leaving the key out.
const text = z
  .string()
  .nullish()
  .transform((value) => value ?? "");
const optionalText = z
  .string()
  .nullish()
  .transform((value) => value ?? undefined);
const list = z
  .array(z.string())
  .nullish()
  .transform((value) => value ?? []);
const idOrIds = z
  .union([z.string(), z.array(z.string())], { error: "expected a task id or a list of task ids" })
  .nullish()
  .transform((value) => (value === null || value === undefined || value === "" ? [] : [value].flat()));

const profileSchema = z.looseObject({ type: text });

const taskSchema = z.looseObject({
  id: text,
  repo: text,
  title: text,
  prompt: text,
  // A missing priority is 0 and therefore sorts first: the order that users of these files rely on.
  priority: z
    .number()
    .int()
    .nullish()
    .transform((value) => value ?? 0),
  depends_on: idOrIds,
  runner: optionalText,
  fallbacks: list,
  source_file: optionalText,
});

const fileSchema = z.looseObject({
  description: text,
  generated: optionalText,
  allowed_repos: list,
  default_runner: optionalText,
  default_fallbacks: list,
  runners: z
    .record(z.string(), profileSchema)
    .nullish()
    .transform((value) => value ?? {}),
  review: z
    .looseObject({
      enabled: z.boolean().nullish(),
      runner: optionalText,
      fallback_only: z.boolean().nullish(),
    })
    .nullish()
    .transform((value) => value ?? undefined),
  // Why a list without tasks is meant: written by `scan` and `audit` when nothing is left to do.
  empty_reason: optionalText,
  tasks: z
    .array(taskSchema)
    .nullish()
    .transform((value) => value ?? []),
});

export type Profile = z.output<typeof profileSchema>;
export type Task = z.output<typeof taskSchema>;
export type TaskFile = z.output<typeof fileSchema> & { source: string };
export type Parsed = { ok: true; file: TaskFile } | { ok: false; problems: Problem[] };

/** Reads the JSON text of one task file; `source` is the name that problems carry. Unknown keys are kept. */
export function parseTaskFile(input: string, source: string): Parsed {
  const json = readJson(input);
  if (!json.ok) {
    const message = `expected a JSON object with "tasks", got text that is no JSON: ${json.message}`;
    return { ok: false, problems: [{ kind: "not_json", file: source, field: "", message }] };
  }
  const result = fileSchema.safeParse(json.value);
  if (!result.success) {
    return { ok: false, problems: result.error.issues.map((issue) => toProblem(issue, json.value, source)) };
  }
  const tasks = result.data.tasks.map((task) => ({ ...task, source_file: task.source_file ?? source }));
  return { ok: true, file: { ...result.data, tasks, source } };
}

/** The bare name of a runner: "via ZAI" (as displays print it) and "zai" are the same one. */
export function normalizeRunner(name: string): string {
  return name
    .trim()
    .replace(/^via\s+/i, "")
    .toLowerCase();
}

function readJson(input: string): { ok: true; value: unknown } | { ok: false; message: string } {
  try {
    // A byte-order mark is no fault of the task: some editors write it, and JSON.parse refuses it.
    return { ok: true, value: JSON.parse(input.replace(/^\uFEFF/, "")) };
  } catch (error) {
    return { ok: false, message: (error as SyntaxError).message };
  }
}

function toProblem(issue: z.core.$ZodIssue, root: unknown, source: string): Problem {
  const [top, index, ...rest] = issue.path;
  const inTask = top === "tasks" && typeof index === "number";
  const field = (inTask ? rest : issue.path).map(String).join(".");
  const task = inTask ? taskName(root, index) : undefined;
  return {
    kind: "wrong_type",
    file: source,
    ...(task === undefined ? {} : { task }),
    field,
    message: issue.message,
  };
}

function taskName(root: unknown, index: number): string {
  const tasks = (root as { tasks?: unknown[] }).tasks;
  const id = (tasks?.[index] as { id?: unknown } | null | undefined)?.id;
  return typeof id === "string" && id !== "" ? id : `#${index + 1}`;
}
