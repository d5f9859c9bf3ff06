/** Which fields of a task file change nothing here: whoever wrote them must not think that they do. */
import { meantHint } from "../didYouMean.ts";
import type { TaskFile } from "./parse.ts";

const FILE_FIELDS = [
  ...[
    "description",
    "generated",
    "allowed_repos",
    "default_runner",
    "default_fallbacks",
    "runners",
    "review",
  ],
  ...["tasks", "empty_reason", "source", "$schema"],
];
const TASK_FIELDS = [
  ...["id", "repo", "priority", "title", "prompt", "depends_on", "runner", "fallbacks", "source_file"],
];
const PROFILE_FIELDS = [
  ...["type", "model", "profile", "env", "data_collection", "max_concurrent", "fallback_only"],
  ...["dataCollection", "maxConcurrent", "args", "command", "output", "permissions"],
];
/** Fields that some version knew, and why they have no effect. */
const KNOWN: Readonly<Record<string, string>> = {
  parallel_repo: "tasks of one repo run one after the other",
  merge_back: "tasks work in the checkout itself, so there is nothing to merge",
  difficulty: "every profile of a task's cascade may run it",
  score: "every profile of a task's cascade may run it",
  free: "every profile of a task's cascade may run it",
  tier: "every profile of a task's cascade may run it",
};

/** One sentence per field that is not honoured, with its file and where it stands. */
export function unhonouredFields(file: TaskFile): string[] {
  const found = new Map<string, string>();
  const look = (value: object, known: readonly string[], where: string) => {
    for (const [key, content] of Object.entries(value)) {
      if (known.includes(key) || content === undefined || content === null) continue;
      const at = `${where}${key}`;
      if (!found.has(at)) found.set(at, sentence(at, key, known));
    }
  };
  look(file, FILE_FIELDS, "");
  for (const profile of Object.values(file.runners)) look(profile, PROFILE_FIELDS, "runners.*.");
  for (const task of file.tasks) look(task, TASK_FIELDS, "tasks[].");
  return [...found.values()];
}

function sentence(at: string, key: string, known: readonly string[]): string {
  const why = KNOWN[key];
  if (why !== undefined) return `field "${at}" is not honoured: ${why}`;
  return `field "${at}" is not known and not honoured${meantHint(key, known)}`;
}
