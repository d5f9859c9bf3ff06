import { factsOf, readTaskFiles, type Profiles, type Task, type TaskFile } from "../../domain/taskFile.ts";
import { expandPath, repoFolder } from "../files/paths.ts";
import type { AuditContext, Change, Verdict } from "./model.ts";
import { taskRules } from "./rules.ts";

/** The paragraph that a narrowed prompt ends with. It is replaced, not repeated, by the next audit. */
const NOTE_START = "\n\nAudit (";

export type AuditResult = {
  changes: Change[];
  /** The narrowed file, as JSON value; equal to the input when nothing changed. */
  file: object;
  facts: ReturnType<typeof factsOf>;
};

/**
 * Audits a task file that has passed validation. `text` is its JSON: whatever the rules do not touch stays as it was,
 * unknown keys included. Ids and repos never change; the result passes validation again. Every change has evidence.
 */
export function auditTasks(
  text: string,
  read: TaskFile,
  context: AuditContext & { profiles: Profiles },
): AuditResult {
  const verdicts = judgeAll(read, context);
  dropDuplicates(read.tasks, verdicts);
  dropUnreachable(read.tasks, verdicts);
  const whole = { read, verdicts, today: context.today };
  const first = build(text, whole);
  const check = readTaskFiles([{ name: "audit", text: JSON.stringify(first.file) }], context.profiles);
  if (check.ok) return { ...first, facts: check.facts };
  // Standing in for a duplicate can close a circle; then the duplicates stay, which is correct, only not shortest.
  for (const [id, verdict] of verdicts)
    if (verdict?.kind === "drop" && verdict.standsFor) verdicts.delete(id);
  const second = build(text, whole);
  return { ...second, facts: factsOf(read) };
}

type Verdicts = Map<string, Verdict>;

function judgeAll(read: TaskFile, context: AuditContext): Verdicts {
  const rules = taskRules(context);
  return new Map(
    read.tasks.map((task) => {
      const dir = expandPath(repoFolder(context.reposDir, task.repo));
      for (const rule of rules) {
        const verdict = rule(task, dir);
        if (verdict) return [task.id, verdict];
      }
      return [task.id, undefined];
    }),
  );
}

/** Two open tasks with the same order for the same repo: the first stays and stands for the others. */
function dropDuplicates(tasks: readonly Task[], verdicts: Verdicts): void {
  const first = new Map<string, string>();
  for (const task of tasks) {
    if (verdicts.get(task.id)?.kind === "drop") continue;
    const key = JSON.stringify([task.repo, task.prompt.trim()]);
    const earlier = first.get(key);
    if (earlier === undefined) first.set(key, task.id);
    else {
      const evidence = [`${task.id} and ${earlier} have the same repo and prompt`];
      verdicts.set(task.id, {
        kind: "drop",
        done: false,
        reason: `duplicate of ${earlier}`,
        evidence,
        standsFor: earlier,
      });
    }
  }
}

/** What waits for a task that was dropped undone can never start, and so on along the chain. */
function dropUnreachable(tasks: readonly Task[], verdicts: Verdicts): void {
  for (let changed = true; changed;) {
    changed = false;
    for (const task of tasks) {
      if (verdicts.get(task.id)?.kind === "drop") continue;
      const lost = task.depends_on.find((id) => {
        const verdict = verdicts.get(id);
        return verdict?.kind === "drop" && !verdict.done && verdict.standsFor === undefined;
      });
      if (lost === undefined) continue;
      const evidence = [`${task.id} depends on ${lost}, which is dropped undone`];
      verdicts.set(task.id, {
        kind: "drop",
        done: false,
        reason: "a dependency can never be complete",
        evidence,
      });
      changed = true;
    }
  }
}

type RawTask = Record<string, unknown>;

type Whole = { read: TaskFile; verdicts: Verdicts; today: string };

function build(text: string, { read, verdicts, today }: Whole): { changes: Change[]; file: object } {
  const raw = JSON.parse(text.replace(/^\uFEFF/, "")) as { tasks?: RawTask[] | null } & Record<
    string,
    unknown
  >;
  const changes: Change[] = [];
  const tasks = read.tasks.flatMap((task, index): RawTask[] => {
    const verdict = verdicts.get(task.id);
    const original = raw.tasks?.[index] ?? {};
    if (verdict?.kind === "drop") {
      changes.push({ id: task.id, action: "drop", reason: verdict.reason, evidence: verdict.evidence });
      return [];
    }
    const narrowed = narrow(task, { verdict, verdicts, today });
    changes.push(narrowed.change);
    return [narrowed.change.action === "keep" ? original : { ...original, ...narrowed.fields }];
  });
  const isEmpty = tasks.length === 0 && read.tasks.length > 0;
  return {
    changes,
    file: { ...raw, ...(isEmpty ? { empty_reason: "the audit found nothing left to do" } : {}), tasks },
  };
}

type Narrowing = { verdict: Verdict; verdicts: Verdicts; today: string };

function narrow(task: Task, { verdict, verdicts, today }: Narrowing): { change: Change; fields: RawTask } {
  const reasons: string[] = [];
  const evidence: string[] = [];
  const fields: RawTask = {};
  if (verdict?.kind === "narrow") {
    const bare = task.prompt.split(NOTE_START)[0] ?? task.prompt;
    const prompt = `${bare}${NOTE_START}${today}): already there, do not redo: ${verdict.there.join(", ")}. Do what is left, and check that these still fit.`;
    const isNew = !task.prompt.includes(`already there, do not redo: ${verdict.there.join(", ")}.`);
    if (isNew) {
      fields["prompt"] = prompt;
      reasons.push(verdict.reason);
      evidence.push(...verdict.evidence);
    }
  }
  const { left, notes } = openDependencies(task, verdicts);
  if (notes.length > 0) {
    fields["depends_on"] = left;
    reasons.push("dependencies are settled");
    evidence.push(...notes);
  }
  const action = reasons.length === 0 ? "keep" : "narrow";
  const reason = reasons.length === 0 ? "still to do" : reasons.join("; ");
  return { change: { id: task.id, action, reason, evidence }, fields };
}

function openDependencies(task: Task, verdicts: Verdicts): { left: string[]; notes: string[] } {
  const notes: string[] = [];
  const left = task.depends_on.flatMap((id) => {
    const verdict = verdicts.get(id);
    if (verdict?.kind !== "drop") return [id];
    notes.push(`dependency ${id}: ${verdict.reason} (${verdict.evidence.join("; ")})`);
    return verdict.standsFor === undefined ? [] : [verdict.standsFor];
  });
  return { left: [...new Set(left)].filter((id) => id !== task.id), notes };
}
