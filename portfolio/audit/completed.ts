import { dirname, join } from "node:path";
import * as z from "zod";
import { isFolder } from "../files/look.ts";
import { checkShape, parseJson } from "../files/parse.ts";
import { readBounded, readTextOrNothing } from "../files/readBounded.ts";
import { PortfolioError } from "../problem.ts";
import type { CompletedJob } from "./model.ts";

/** The number that reports write for a task that is complete. */
const COMPLETED = 3;
/** A report of 10,000 tasks with their last messages stays below this. */
const MAX_REPORT_BYTES = 64 * 1024 * 1024;

const reportSchema = z.looseObject({
  results: z.record(
    z.string(),
    z.looseObject({
      state: z.number().optional(),
      state_name: z.string().optional(),
      output_dir: z.string().nullish(),
    }),
  ),
});
const taskSchema = z.looseObject({ repo: z.string(), prompt: z.string() });

/**
 * The complete jobs of a run: `path` is a report.json or the run folder that holds one. Repo and prompt come from the
 * task.json beside each result, when it is there; without it a job is known by its id alone.
 */
export function readCompleted(path: string): CompletedJob[] {
  const file = isFolder(path) ? join(path, "report.json") : path;
  const read = readBounded(file, MAX_REPORT_BYTES);
  if (read.kind !== "text")
    throw new PortfolioError("usage", `report ${file} cannot be read: expected the report.json of a run`);
  const { results } = checkShape(file, reportSchema, parseJson(file, read.text));
  return Object.entries(results)
    .filter(([, result]) => result.state === COMPLETED || /^completed?$/i.test(result.state_name ?? ""))
    .map(([id]) => ({
      id,
      evidence: `${file}: ${id} is complete`,
      ...taskOf(join(dirname(file), id, "task.json")),
    }));
}

function taskOf(path: string): { repo?: string; prompt?: string } {
  const text = readTextOrNothing(path);
  if (text === undefined) return {};
  try {
    const task = taskSchema.safeParse(JSON.parse(text));
    return task.success ? { repo: task.data.repo, prompt: task.data.prompt } : {};
  } catch {
    return {};
  }
}
