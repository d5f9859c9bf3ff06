/** Seam: a run's model and keys in, lines of the screen out. The terminal itself is the terminal test's. */
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import type { Backend } from "../backend/client.ts";
import type { PlannedTask } from "../../domain/taskFile/plan.ts";
import { runModel, type RunJob, type RunStatus, type SettledTask } from "../taskRun/runModel.ts";
import type { ScreenActions } from "./actions.ts";
import { pressKey, type Pressed } from "./keys.ts";
import { screenLines } from "./lines.ts";
import { minimalLines } from "./minimalLines.ts";
import { screenStore } from "./store.ts";
import { screenView } from "./view.ts";

const NOW = 1_000_000;
const planned = (id: string, title: string) =>
  ({
    id,
    repo: "o/a",
    title,
    prompt: "",
    priority: 1,
    dependsOn: [],
    cascade: ["codex", "zai"],
    barred: [],
    isScript: false,
    source: { id },
  }) as unknown as PlannedTask;
const job = (key: string, number: number, more: object): RunJob =>
  ({
    key,
    handle: `1.${number}`,
    title: key,
    attempt: 1,
    class: "agent",
    profileUsed: "codex",
    cascade: ["codex", "zai"],
    ...more,
  }) as unknown as RunJob;

function filled() {
  const names = [
    "done",
    "fell-back",
    "broke",
    "works",
    "limited",
    "waits",
    "later",
    "日本語のとても長い題名",
  ];
  const model = runModel(names.map((id) => planned(id, `Title of ${id}`)));
  const status = {
    status: "active",
    paused: false,
    running: [job("works", 4, { status: "running", startedAt: NOW - 65_000 })],
    parked: [job("limited", 5, { status: "awaiting_retry", retryAt: NOW + 3_600_000 })],
    ready: [],
    locked: [job("waits", 6, { status: "pending", lockKey: "repo:o/a" })],
    recent: [],
    totals: { usage: { input: 12_000, cached: 0, output: 345, reasoning: 0 }, costUsd: 1.5, attempts: 3 },
  } as unknown as RunStatus;
  model.push(status);
  model.actions.set("1.4", { job: "1.4", at: NOW - 2000, kind: "tool_start", text: "npm test" });
  const settled = (key: string, number: number, more: object): SettledTask => ({
    job: job(key, number, { startedAt: NOW - 200_000, settledAt: NOW - 10_000, ...more }),
    attempts: [
      {
        number: 1,
        profile: (more as { profileUsed?: string }).profileUsed ?? "codex",
        verdict: "success",
        startedAt: 0,
      },
    ],
  });
  model.settle(settled("done", 1, { status: "complete" }));
  model.settle(settled("fell-back", 2, { status: "complete", profileUsed: "zai" }));
  model.settle(settled("broke", 3, { status: "failed", error: "exit code 3" }));
  return model;
}

const view = (filter = "") =>
  screenView(filled(), {
    title: "run 20260101-000000",
    slots: 4,
    startedAt: NOW - 240_000,
    now: NOW,
    filter,
  });
const state = () => ({
  view: view(),
  selected: 1,
  panel: "tasks" as const,
  mode: "list" as const,
  filter: "",
  typed: "",
  details: [],
  log: ["10:00:00 ✓ COMPLETED done"],
});
const text = (columns: number, rows: number) =>
  screenLines(state(), { columns, rows }).map((line) => line.text.trimEnd());

describe("the screen", () => {
  it("says of a running task what its agent did last, and when it has given no sign for minutes", () => {
    const model = filled();
    const noteOf = () =>
      screenView(model, { title: "", slots: 0, startedAt: 0, now: NOW, filter: "works" }).rows[0]?.note;
    expect(noteOf()).toBe("$ npm test");
    model.actions.set("1.4", { job: "1.4", at: NOW - 200_000, kind: "text", text: "I am at it" });
    expect(noteOf()).toBe("no sign for 3m 20s, I am at it");
    model.actions.set("1.4", { job: "1.4", at: NOW, kind: "tool_end", text: "" });
    expect(noteOf()).toBe("tool end");
    model.actions.clear();
    expect(noteOf()).toBe("");
  });

  it("shows the control characters of foreign texts instead of sending them to the terminal", () => {
    const evil = "a\u001b[2Jb\nc";
    const model = runModel([planned("evil", evil)]);
    const options = { title: evil, slots: 0, startedAt: 0, now: NOW, filter: "" };
    const drawn = { ...state(), log: [evil], view: screenView(model, options) };
    const lines = [
      ...screenLines(drawn, { columns: 120, rows: 30 }).map(({ text: line }) => line),
      ...minimalLines(drawn.view, 120),
    ];
    expect(lines.filter((line) => line.includes("a\\u001b[2Jb c")).length).toBeGreaterThan(3);
    expect(lines.join("")).not.toMatch(/[\u0000-\u001f]/);
  });

  it("at 80×24 shows header, tasks, agents and log", () => {
    expect(text(80, 24)).toMatchSnapshot();
  });

  it("at 200×60 uses the room", () => {
    expect(text(200, 60)).toMatchSnapshot();
  });

  it.each([
    [80, 24],
    [200, 60],
    [40, 10],
    [20, 5],
  ])("never draws beyond %i columns and %i rows", (columns, rows) => {
    const lines = text(columns, rows);
    expect(lines.length).toBeLessThan(Math.max(rows, 6));
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
  });

  it("names the lock that a task waits for, the fallback that finished, and the next reset", () => {
    const rows = Object.fromEntries(view().rows.map((row) => [row.id, row]));
    expect(rows["waits"]?.note).toBe("waits for lock repo:o/a");
    expect(rows["fell-back"]?.profile).toBe("[via zai]");
    expect(rows["limited"]?.note).toBe("limited, again in 1h 00m");
    expect(view().header).toContain("slots 1/4");
    expect(view().header).toContain("12.3k tokens");
  });

  it("lays out few of 10,000 tasks", () => {
    const model = runModel(Array.from({ length: 10_000 }, (_, i) => planned(`t${i}`, "t")));
    const seen = screenView(model, { title: "", slots: 8, startedAt: 0, now: NOW, filter: "" });
    expect([seen.rows.length, seen.hidden]).toEqual([200, 9800]);
    expect(minimalLines(seen, 80)).toHaveLength(22);
  });
});

describe("the keys", () => {
  function opened() {
    const calls: string[] = [];
    const note =
      (name: string) =>
      (...args: unknown[]) =>
        void calls.push([name, ...args].join(" "));
    const actions = {
      cancel: note("cancel"),
      retry: note("retry"),
      pause: note("pause"),
      details: note("details"),
      quit: note("quit"),
    } as ScreenActions;
    const store = screenStore({
      model: filled(),
      backend: {} as Backend,
      namespace: "n",
      assignment: "1",
      title: "t",
      slots: 4,
      startedAt: 0,
      onQuit: () => undefined,
    });
    const press = (...keys: (string | Pressed)[]) =>
      keys.forEach((key) => pressKey(typeof key === "string" ? { input: key } : key, store, actions));
    return { calls, store, press };
  }
  const ENTER = { input: "", return: true };
  const ESC = { input: "", escape: true };

  it("move, cancel, retry, retry with another profile, pause and open details", () => {
    const { calls, press } = opened();
    press("R", "j", "x", "p", ENTER, "g", "r", ..."zai", ENTER);
    expect(calls).toEqual(["retry 1.3", "cancel 1.4", "pause", "details 1.4", "retry 1.3 zai"]);
  });

  it("filter while one types, and esc drops the filter", () => {
    const { store, press } = opened();
    press("/", ..."works");
    expect(store.get().view.rows.map(({ id }) => id)).toEqual(["works"]);
    press(ESC);
    expect(store.get().view.rows).toHaveLength(8);
  });

  it("ask before they end a run that still has work", () => {
    const { calls, store, press } = opened();
    press("q", "n");
    expect([calls, store.get().mode]).toEqual([[], "list"]);
    press("q", "y");
    expect(calls).toEqual(["quit"]);
  });

  it("show help, and stay within the list", () => {
    const { store, press } = opened();
    press("?");
    expect(store.get().mode).toBe("help");
    press(ESC, "G", "j", "j");
    expect(store.get().selected).toBe(7);
    press("g", "k");
    expect(store.get().selected).toBe(0);
  });
});
