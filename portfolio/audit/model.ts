import type { Task } from "../../domain/taskFile.ts";

/** What the audit says of one task. `drop`: nothing is left to do. `narrow`: part of it is done; ids and repos never change. */
export type Change = {
  id: string;
  action: "keep" | "drop" | "narrow";
  reason: string;
  evidence: string[];
};

/** What one rule found: the whole task is done or cannot run, part of it is there, or nothing. */
export type Verdict =
  | { kind: "drop"; reason: string; evidence: string[]; done: boolean; standsFor?: string }
  | { kind: "narrow"; reason: string; evidence: string[]; there: string[] }
  | undefined;

/** A job that is already complete, from a report of an earlier run. */
export type CompletedJob = { id: string; repo?: string; prompt?: string; evidence: string };

export type AuditContext = {
  reposDir: string;
  completed: readonly CompletedJob[];
  /** YYYY-MM-DD. */
  today: string;
};

export type Rule = (task: Task, dir: string) => Verdict;
