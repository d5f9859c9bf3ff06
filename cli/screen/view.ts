/** What the screen of a run shows, as plain data: all decisions are here, so that drawing decides nothing. */
import { tokensIn } from "../../domain/usage.ts";
import type { TaskFacts } from "../../domain/report/build.ts";
import {
  isTask,
  type Counts,
  type LastAction,
  type RunJob,
  type RunModel,
  taskIdOf,
} from "../taskRun/runModel.ts";
import { duration } from "../output/time.ts";

export type RowState = "running" | "failed" | "completed" | "limited" | "locked" | "queued" | "skipped";

export interface Row {
  id: string;
  handle: string;
  state: RowState;
  title: string;
  /** Like `3m 05s`, or empty for what has not started. */
  elapsed: string;
  /** `[codex]`, `[via zai]`: the last where it is not the first of its cascade. */
  profile: string;
  note: string;
}

export interface AgentLine {
  profile: string;
  running: number;
  done: number;
  failed: number;
}

export interface ScreenView {
  title: string;
  header: string;
  counts: Counts;
  rows: Row[];
  /** Rows that no screen of any size shows. */
  hidden: number;
  agents: AgentLine[];
  paused: boolean;
}

export interface ViewOptions {
  title: string;
  slots: number;
  startedAt: number;
  now: number;
  /** Rows whose id or title has this text. */
  filter: string;
}

/** Rows that are handed to the drawing: more fit on no terminal, and 10,000 must not be laid out twice a second. */
const MAX_ROWS = 200;
/** The screen lists what is wrong first, then what moves. */
const ORDER: readonly RowState[] = [
  "failed",
  "running",
  "completed",
  "limited",
  "locked",
  "queued",
  "skipped",
];

/** The newest of what has ended is what just happened. */
const NEWEST_FIRST: ReadonlySet<RowState> = new Set(["completed", "skipped"]);

/** The picture of a run at `now` (ms). */
export function screenView(model: RunModel, options: ViewOptions): ScreenView {
  const counts = model.counts();
  const wanted = options.filter.toLowerCase();
  const fits = ({ id, title }: { id: string; title: string }) =>
    wanted === "" || id.toLowerCase().includes(wanted) || title.toLowerCase().includes(wanted);
  const live = liveJobs(model);
  const locked = new Set((model.status?.locked ?? []).map(taskIdOf));
  const { shown, total } = pick(model, { fits, locked });
  const rows = shown.map(({ task, state }) =>
    rowOf(model, { id: task.id, title: task.title, state, live: live.get(task.id), now: options.now }),
  );
  return {
    title: options.title,
    header: headerLine(model, counts, options),
    counts,
    rows,
    hidden: total - rows.length,
    agents: agentLines(model),
    paused: model.status?.paused === true,
  };
}

type Listed = { task: RunModel["tasks"][number]; state: RowState };

/** The first rows in the screen's order, and how many there would be: once a second, so nothing is made per queued task. */
function pick(
  model: RunModel,
  { fits, locked }: { fits: (task: Listed["task"]) => boolean; locked: ReadonlySet<string> },
): { shown: Listed[]; total: number } {
  const byState = new Map(ORDER.map((state) => [state, [] as Listed["task"][]]));
  let total = 0;
  for (const task of model.tasks) {
    if (!fits(task)) continue;
    total += 1;
    const state = stateOf(model.facts.get(task.id), locked.has(task.id));
    const list = byState.get(state);
    if (list !== undefined && (list.length < MAX_ROWS || NEWEST_FIRST.has(state))) list.push(task);
  }
  const shown: Listed[] = [];
  for (const [state, list] of byState) {
    if (NEWEST_FIRST.has(state)) list.sort((a, b) => settled(model, b.id) - settled(model, a.id));
    for (const task of list.slice(0, MAX_ROWS - shown.length)) shown.push({ task, state });
  }
  return { shown, total };
}

function settled({ facts }: RunModel, id: string): number {
  return facts.get(id)?.settledAt ?? 0;
}

function stateOf(facts: TaskFacts | undefined, locked: boolean): RowState {
  const status = facts?.status ?? "pending";
  switch (status) {
    case "pending":
    case "awaiting_approval":
      return locked ? "locked" : "queued";
    case "running":
      return "running";
    case "awaiting_retry":
      return "limited";
    case "complete":
      return "completed";
    case "failed":
      return "failed";
    case "skipped":
    case "canceled":
      return "skipped";
    default:
      return status satisfies never;
  }
}

function rowOf(
  model: RunModel,
  { id, title, state, live, now }: Pick<Row, "id" | "title" | "state"> & Pick<NoteFacts, "live" | "now">,
): Row {
  const facts = model.facts.get(id);
  const used = usedBy(facts, live);
  return {
    id,
    handle: handleOf(model, id, live),
    state,
    title,
    elapsed: elapsedText(facts?.startedAt, state === "running" ? now : facts?.settledAt),
    profile: state === "queued" || state === "locked" ? "" : profileMark(used, model.task(id)?.cascade[0]),
    note: noteOf(state, { facts, live, now, action: model.actions.get(live?.handle ?? "") }),
  };
}

/** Of a job that is told of, or of one that the import or the queue has named. */
function handleOf({ handles, facts }: RunModel, id: string, live: RunJob | undefined): string {
  return live?.handle ?? handles.get(id) ?? facts.get(id)?.handle ?? "";
}

function usedBy(facts: TaskFacts | undefined, live: RunJob | undefined): string | undefined {
  return live?.profileUsed ?? facts?.attempts.at(-1)?.profile;
}

/** The jobs that are told of live, by task. */
function liveJobs({ status }: RunModel): Map<string, RunJob> {
  if (status === null) return new Map();
  return new Map([...status.locked, ...status.parked, ...status.running].map((job) => [taskIdOf(job), job]));
}

function elapsedText(start: number | undefined, end: number | undefined): string {
  return start === undefined || end === undefined ? "" : duration(Math.max(0, end - start));
}

function profileMark(used: string | undefined, first: string | undefined): string {
  if (used === undefined) return "";
  return used === first ? `[${used}]` : `[via ${used}]`;
}

interface NoteFacts {
  facts: TaskFacts | undefined;
  live: RunJob | undefined;
  now: number;
  action?: LastAction | undefined;
}

/** An agent that gave no sign for so long may hang, ms. */
const QUIET_MS = 180_000;

const NOTES: Readonly<Partial<Record<RowState, (known: NoteFacts) => string>>> = {
  limited: ({ facts, now }) =>
    facts?.retryAt === undefined ? "limited" : `limited, again in ${elapsedText(now, facts.retryAt)}`,
  locked: ({ live }) => `waits for lock ${live?.lockKey ?? ""}`,
  running: ({ live, now, action }) =>
    [
      live !== undefined && live.attempt > 1 ? `attempt ${live.attempt}` : "",
      action !== undefined && now - action.at >= QUIET_MS ? `no sign for ${elapsedText(action.at, now)}` : "",
      action === undefined ? "" : actionText(action),
    ]
      .filter((text) => text !== "")
      .join(", "),
  failed: errorLine,
  skipped: errorLine,
};

/** Words say what they are; what is done with a tool gets a mark. */
function actionText({ kind, text }: LastAction): string {
  if (text === "") return kind.replaceAll("_", " ");
  return kind === "tool_start" ? `$ ${text}` : text;
}

function noteOf(state: RowState, known: NoteFacts): string {
  return NOTES[state]?.(known) ?? "";
}

function errorLine({ facts }: NoteFacts): string {
  return facts?.error?.split("\n", 1)[0] ?? "";
}

function headerLine(model: RunModel, counts: Counts, { slots, startedAt, now }: ViewOptions): string {
  const totals = model.status?.totals;
  const minutes = Math.max(1 / 60, (now - startedAt) / 60_000);
  const rate = ((counts.done + counts.failed) / minutes).toFixed(1);
  const used = totals === undefined ? 0 : tokensIn(totals.usage);
  const resets = (model.status?.parked ?? []).flatMap(({ retryAt }) =>
    retryAt === undefined ? [] : [retryAt],
  );
  return [
    slots === 0 ? `${counts.running} at work` : `slots ${counts.running}/${slots}`,
    `${rate}/min`,
    `${compact(used)} tokens`,
    `$${(totals?.costUsd ?? 0).toFixed(2)}`,
    duration(Math.max(0, now - startedAt)),
    ...(counts.limited > 0
      ? [
          `${counts.limited} limited${resets.length > 0 ? `, reset in ${duration(Math.max(0, Math.min(...resets) - now))}` : ""}`,
        ]
      : []),
  ].join(" · ");
}

/** 950, 12.3k, 4.5M. */
export function compact(n: number): string {
  if (n < 1000) return String(n);
  return n < 1_000_000 ? `${(n / 1000).toFixed(1)}k` : `${(n / 1_000_000).toFixed(1)}M`;
}

function agentLines({ facts, status }: RunModel): AgentLine[] {
  const lines = new Map<string, AgentLine>();
  const line = (profile: string) => {
    const known = lines.get(profile) ?? { profile, running: 0, done: 0, failed: 0 };
    lines.set(profile, known);
    return known;
  };
  for (const job of (status?.running ?? []).filter(isTask)) line(job.profileUsed ?? "?").running += 1;
  for (const { status: state, attempts } of facts.values()) {
    for (const [i, { profile = "none", verdict }] of attempts.entries()) {
      if (verdict === undefined) continue;
      if (state === "complete" && i === attempts.length - 1) line(profile).done += 1;
      else line(profile).failed += 1;
    }
  }
  return [...lines.values()].sort((a, b) => (a.profile < b.profile ? -1 : 1));
}
