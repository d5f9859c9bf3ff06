/**
 * Jobs one by one: a declared table of state × event, and what inserting, canceling, retrying and driving by hand
 * answer. Not asserted: follow-ups of a PM (pm.test.ts) and graphs (dag.test.ts).
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { JOB_TRANSITIONS, type JobState } from "../domain/jobState.ts";
import { api, internal } from "./_generated/api.js";
import type { Id } from "./_generated/dataModel.js";
import { errorOf, openQueue, type Queue } from "./queue.testkit.ts";

afterEach(() => vi.useRealTimers());

const NS = { namespace: "main" };
type Event =
  | "claim"
  | "complete"
  | "fail"
  | "limited"
  | "interrupted"
  | "canceled"
  | "lease lapses"
  | "cancel"
  | "retry"
  | "start"
  | "finish"
  | "due";

/** Next state for each state and event; `-` refused or without effect. `running` is held by a runner. */
const TABLE: Record<Exclude<JobState, "awaiting_approval">, Record<Event, JobState | "-">> = {
  pending: {
    claim: "running",
    complete: "-",
    fail: "-",
    limited: "-",
    interrupted: "-",
    canceled: "-",
    "lease lapses": "-",
    cancel: "canceled",
    retry: "-",
    start: "running",
    finish: "-",
    due: "-",
  },
  running: {
    claim: "-",
    complete: "complete",
    fail: "failed",
    limited: "awaiting_retry",
    interrupted: "pending",
    canceled: "canceled",
    "lease lapses": "pending",
    cancel: "-",
    retry: "-",
    start: "-",
    finish: "-",
    due: "-",
  },
  awaiting_retry: {
    claim: "-",
    complete: "-",
    fail: "-",
    limited: "-",
    interrupted: "-",
    canceled: "-",
    "lease lapses": "-",
    cancel: "canceled",
    retry: "-",
    start: "-",
    finish: "-",
    due: "pending",
  },
  complete: {
    claim: "-",
    complete: "-",
    fail: "-",
    limited: "-",
    interrupted: "-",
    canceled: "-",
    "lease lapses": "-",
    cancel: "-",
    retry: "-",
    start: "-",
    finish: "-",
    due: "-",
  },
  failed: {
    claim: "-",
    complete: "-",
    fail: "-",
    limited: "-",
    interrupted: "-",
    canceled: "-",
    "lease lapses": "-",
    cancel: "-",
    retry: "pending",
    start: "-",
    finish: "-",
    due: "-",
  },
  skipped: {
    claim: "-",
    complete: "-",
    fail: "-",
    limited: "-",
    interrupted: "-",
    canceled: "-",
    "lease lapses": "-",
    cancel: "-",
    retry: "-",
    start: "-",
    finish: "-",
    due: "-",
  },
  canceled: {
    claim: "-",
    complete: "-",
    fail: "-",
    limited: "-",
    interrupted: "-",
    canceled: "-",
    "lease lapses": "-",
    cancel: "-",
    retry: "pending",
    start: "-",
    finish: "-",
    due: "-",
  },
};

interface Prepared {
  q: Queue;
  job: string;
  session: string;
}

async function prepare(state: JobState): Promise<Prepared> {
  const q = await openQueue();
  const session = await q.startSession();
  const [before = "", job = ""] = await q.insert(
    await q.create(),
    { key: "a" },
    { key: "b", ...(state === "skipped" ? { after: ["a"] } : {}) },
  );
  if (state === "skipped") await q.run(session, before, { kind: "failed", error: "no" });
  if (state === "running") await q.claim(session, job);
  if (state === "canceled") await q.admin.mutation(api.jobs.cancel, { ...NS, job });
  if (state === "complete") await q.run(session, job);
  if (state === "failed") await q.run(session, job, { kind: "failed", error: "no" });
  if (state === "awaiting_retry")
    await q.run(session, job, { kind: "limited", reason: "q", until: Date.now() + 30_000 });
  expect(await q.row(job)).toMatchObject({ status: state });
  return { q, job, session };
}

async function happen({ q, job, session }: Prepared, event: Event): Promise<unknown> {
  const row = await q.row(job);
  const fence = { job, attempt: Math.max(1, row.attempt), session };
  const report = (outcome: Parameters<typeof q.report>[1]) => q.report(fence, outcome);
  switch (event) {
    case "claim":
      return q.claim(session, job);
    case "complete":
      return report({ kind: "complete", result: "r" });
    case "fail":
      return report({ kind: "failed", error: "e" });
    case "limited":
      return report({ kind: "limited", reason: "q" });
    case "interrupted":
      return report({ kind: "interrupted", reason: "d" });
    case "canceled":
      return report({ kind: "canceled" });
    case "lease lapses":
      // At once, before a parked job falls due.
      await q.t.run((ctx) =>
        ctx.db.patch("sessions", session as Id<"sessions">, { leaseUntil: Date.now(), reapAt: Date.now() }),
      );
      return q.t.mutation(internal.sessions.reap, { session: session as Id<"sessions">, at: Date.now() });
    case "cancel":
      return q.admin.mutation(api.jobs.cancel, { ...NS, job });
    case "retry":
      return q.admin.mutation(api.jobs.retry, { ...NS, job });
    case "start":
      return q.admin.mutation(api.jobs.start, { ...NS, job });
    case "finish":
      return q.admin.mutation(api.jobs.finish, { ...NS, job, outcome: "complete" });
    case "due":
      return q.advance(30_000);
    default:
      return event satisfies never;
  }
}

describe("every state under every event", () => {
  const cases = Object.entries(TABLE).flatMap(([state, events]) =>
    Object.entries(events).map(([event, next]) => [state, event, next] as [JobState, Event, JobState | "-"]),
  );

  it.each(cases)("a %s job under %s becomes %s", async (state, event, next) => {
    const prepared = await prepare(state);
    await happen(prepared, event).catch(() => undefined);
    await prepared.q.settle();
    const { status } = await prepared.q.row(prepared.job);
    expect(status).toBe(next === "-" ? state : next);
    if (next !== "-") expect(JOB_TRANSITIONS[state]).toContain(status);
  });
});

describe("jobs:cancel", () => {
  it("cancels a waiting job at once, and says so for one that has ended", async () => {
    const { q, job } = await prepare("pending");
    const cancel = () => q.admin.mutation(api.jobs.cancel, { ...NS, job });
    expect(await cancel()).toEqual({ outcome: "canceled", status: "canceled" });
    expect(await cancel()).toEqual({ outcome: "already", status: "canceled" });
  });

  it("orders the runner to cancel a running one, as often as it is asked", async () => {
    const { q, job, session } = await prepare("running");
    for (let i = 0; i < 2; i += 1) {
      expect(await q.admin.mutation(api.jobs.cancel, { ...NS, job })).toEqual({
        outcome: "requested",
        status: "running",
      });
    }
    const { _id } = await q.row(job);
    expect(await q.admin.query(api.sessions.orders, { session })).toEqual({
      alive: true,
      drain: false,
      cancel: [{ job: _id, attempt: 1 }],
    });
  });

  it("gives a lost job that was to be canceled no other attempt", async () => {
    const { q, job } = await prepare("running");
    await q.admin.mutation(api.jobs.cancel, { ...NS, job });
    await q.advance(60_000);
    expect(await q.row(job)).toMatchObject({ status: "canceled" });
  });
});

describe("a job driven by hand", () => {
  it("runs without a lease until the person ends it", async () => {
    const { q, job } = await prepare("pending");
    expect(await q.admin.mutation(api.jobs.start, { ...NS, job })).toEqual({ attempt: 1 });
    expect(await q.assignment("1")).toMatchObject({ status: "active" });
    await q.advance(3_600_000);
    const finished = await q.admin.mutation(api.jobs.finish, {
      ...NS,
      job,
      outcome: "complete",
      result: "by me",
    });
    expect(finished).toMatchObject({ status: "complete", summary: "by me", manual: false });
    const { attempts } = await q.admin.query(api.jobs.get, { ...NS, job });
    expect(attempts).toMatchObject([{ profile: "manual", outcome: "complete", endedAt: Date.now() }]);
  });

  it("fails with the person's words, or without any", async () => {
    const { q, job } = await prepare("pending");
    await q.admin.mutation(api.jobs.start, { ...NS, job });
    await q.admin.mutation(api.jobs.start, { ...NS, job: "1.1" });
    await q.admin.mutation(api.jobs.finish, { ...NS, job, outcome: "failed", result: "no luck" });
    await q.admin.mutation(api.jobs.finish, { ...NS, job: "1.1", outcome: "failed" });
    expect(await q.row(job)).toMatchObject({ status: "failed", error: "no luck" });
    expect(await q.row("1.1")).toMatchObject({ error: "failed by hand" });
    expect(await q.assignment("1")).toMatchObject({ status: "failed" });
  });

  it("is canceled at once, and not finished after that", async () => {
    const { q, job } = await prepare("pending");
    await q.admin.mutation(api.jobs.start, { ...NS, job });
    expect(await q.admin.mutation(api.jobs.cancel, { ...NS, job })).toMatchObject({ outcome: "canceled" });
    expect(
      await errorOf(q.admin.mutation(api.jobs.finish, { ...NS, job, outcome: "complete" })),
    ).toMatchObject({ code: "WRONG_STATE" });
  });

  it("is refused to a runner's report", async () => {
    const { q, job, session } = await prepare("pending");
    await q.admin.mutation(api.jobs.start, { ...NS, job });
    expect(await q.report({ job, attempt: 1, session }, { kind: "complete", result: "x" })).toMatchObject({
      kind: "lease_lost",
    });
  });

  it("must be ready, and the refusal says what it waits for", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), { key: "a" }, { after: ["a"] });
    expect(await errorOf(q.admin.mutation(api.jobs.start, { ...NS, job: "1.2" }))).toMatchObject({
      code: "WRONG_STATE",
      message: expect.stringContaining("waits for dependencies"),
    });
  });
});

describe("jobs:retry", () => {
  it("gives the next attempt number and forgets set-backs", async () => {
    const { q, job, session } = await prepare("failed");
    expect(await q.admin.mutation(api.jobs.retry, { ...NS, job })).toMatchObject({
      status: "pending",
      ready: true,
      attempt: 1,
      lostCount: 0,
    });
    expect((await q.row(job)).error).toBeUndefined();
    expect(await q.claim(session, job)).toMatchObject({ job: { attempt: 2 } });
  });

  it("brings back what was skipped for it, through a diamond, and sets the assignment going", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    await q.insert(
      await q.create(),
      { key: "a" },
      { key: "b", after: ["a"] },
      { key: "c", after: ["a"] },
      { after: ["b", "c"] },
    );
    await q.run(s, "1.1", { kind: "failed", error: "no" });
    expect(await q.assignment("1")).toMatchObject({ status: "failed" });
    expect((await q.row("1.4")).status).toBe("skipped");
    await q.admin.mutation(api.jobs.retry, { ...NS, job: "1.1" });
    await q.settle();
    for (const job of ["1.1", "1.2", "1.3", "1.4"])
      expect(await q.row(job)).toMatchObject({ status: "pending" });
    for (const job of ["1.1", "1.2", "1.3", "1.4"]) await q.run(s, job);
    expect(await q.assignment("1")).toMatchObject({ status: "complete" });
  });

  it("sets an assignment that ended with a skipped job going again, but not one that was canceled", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    await q.insert(await q.create(), { key: "a" });
    for (const assignment of [await q.create(), await q.create()])
      await q.insert(assignment, { after: ["1.1"] });
    await q.run(s, "1.1", { kind: "failed", error: "no" });
    expect(await q.assignment("2")).toMatchObject({ status: "complete" });
    await q.admin.mutation(api.jobs.retry, { ...NS, job: "1.1" });
    await q.settle();
    expect(await q.assignment("2")).toMatchObject({ status: "active" });
    await q.run(s, "1.1", { kind: "failed", error: "no" });
    await q.insert(await q.create(), { after: ["1.1"] }, { notBefore: Date.now() + 60_000 });
    await q.admin.mutation(api.assignments.update, { ...NS, assignment: "4", status: "canceled" });
    await q.admin.mutation(api.jobs.retry, { ...NS, job: "1.1" });
    await q.settle();
    expect(await q.row("4.1")).toMatchObject({ status: "skipped" });
    expect(await q.assignment("4")).toMatchObject({ status: "canceled" });
    for (const job of ["1.1", "2.1", "3.1"]) await q.run(s, job);
    for (const assignment of ["1", "2", "3"])
      expect(await q.assignment(assignment)).toMatchObject({ status: "complete" });
  });

  it("refuses one whose dependency has failed, and names that", async () => {
    const { q, job } = await prepare("skipped");
    expect(await errorOf(q.admin.mutation(api.jobs.retry, { ...NS, job }))).toMatchObject({
      code: "WRONG_STATE",
      message: expect.stringContaining("1.1, which is failed"),
    });
  });

  it("leaves skipped what another failed job holds back", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    await q.insert(await q.create(), { key: "a" }, { key: "b" }, { after: ["a", "b"] });
    await q.run(s, "1.1", { kind: "failed", error: "no" });
    await q.run(s, "1.2", { kind: "failed", error: "no" });
    await q.admin.mutation(api.jobs.retry, { ...NS, job: "1.1" });
    await q.settle();
    expect(await q.row("1.3")).toMatchObject({ status: "skipped" });
  });

  it("waits for its start time again", async () => {
    const q = await openQueue();
    const at = Date.now() + 60_000;
    await q.insert(await q.create(), { notBefore: at });
    await q.admin.mutation(api.jobs.cancel, { ...NS, job: "1.1" });
    await q.admin.mutation(api.jobs.retry, { ...NS, job: "1.1" });
    expect(await q.row("1.1")).toMatchObject({ waitingFor: ["time"] });
    await q.advance(60_000);
    expect(await q.row("1.1")).toMatchObject({ ready: true });
  });
});

describe("jobs:insert", () => {
  const insert = (q: Queue, jobs: object[], more: object = {}) =>
    q.admin.mutation(api.jobs.insert, {
      ...NS,
      assignment: "1",
      jobs: jobs.map((job) => ({ type: "script" as const, context: "x", ...job })),
      ...more,
    });

  it("gives the first job for a key that is known, and inserts nothing", async () => {
    const q = await openQueue();
    await q.create();
    const first = await insert(q, [{ key: "a" }, { key: "b", after: ["a"] }]);
    const again = await insert(q, [{ key: "a", context: "other" }, { key: "b" }, { key: "c", after: ["a"] }]);
    expect(first).toMatchObject({
      jobs: [
        { handle: "1.1", created: true },
        { handle: "1.2", created: true },
      ],
    });
    expect(again).toMatchObject({
      jobs: [
        { handle: "1.1", created: false },
        { handle: "1.2", created: false },
        { handle: "1.3", created: true },
      ],
    });
    expect(await q.row("1.3")).toMatchObject({ unmetDeps: 1 });
  });

  it("takes ids, handles, keys of the call in any order and keys of the assignment as dependencies", async () => {
    const q = await openQueue();
    await q.create();
    await insert(q, [{ key: "old" }]);
    const { _id } = await q.row("1.1");
    await insert(q, [{ after: ["late", "1.1", _id, "old"] }, { key: "late" }]);
    expect(await q.row("1.2")).toMatchObject({ unmetDeps: 2 });
  });

  it.each([
    ["no job", []],
    ["too many jobs", Array.from({ length: 501 }, () => ({}))],
    ["an empty context", [{ context: " " }]],
    ["a context too long", [{ context: "x".repeat(262_145) }]],
    ["the same key twice", [{ key: "a" }, { key: "a" }]],
    ["a key like a handle", [{ key: "1.2" }]],
    ["a key with a line break", [{ key: "a\nb" }]],
    ["an empty lock", [{ lock: "" }]],
    ["a prompt for the shell", [{ type: "plan", harness: "script" }]],
    ["a shell as an agent's fallback", [{ type: "plan", cascade: ["claude", "script"] }]],
    ["a negative time limit", [{ timeoutMs: -1 }]],
    ["a fraction of a priority", [{ priority: 0.5 }]],
    ["a start time in another age", [{ notBefore: 1e15 }]],
    ["513 dependencies", [{ after: Array.from({ length: 513 }, (_, i) => `k${i}`) }]],
    ["17 profiles", [{ cascade: Array.from({ length: 17 }, (_, i) => `p${i}`) }]],
  ])("refuses %s as INVALID", async (_, jobs) => {
    const q = await openQueue();
    await q.create();
    expect(await errorOf(insert(q, jobs))).toMatchObject({
      code: "INVALID",
      message: expect.stringMatching(/expected|use one/),
    });
  });

  it("refuses a profile that the namespace does not declare, and names those that it does", async () => {
    const q = await openQueue();
    await q.admin.mutation(api.namespaces.ensure, { namespace: "main", profiles: ["claude", "codex"] });
    await q.create();
    expect(await errorOf(insert(q, [{ harness: "clod" }]))).toMatchObject({
      code: "INVALID",
      message: expect.stringContaining("claude, codex"),
    });
    expect(await errorOf(insert(q, [{ cascade: ["codex", "clod"] }]))).toMatchObject({ code: "INVALID" });
    await insert(q, [{ harness: "codex" }]);
    expect(await q.row("1.1")).toMatchObject({ cascade: ["codex"] });
  });

  it("tells a person that a limit is reached and changes nothing", async () => {
    const q = await openQueue();
    await q.create({ limits: { maxJobs: 1 } });
    expect(await errorOf(insert(q, [{}, {}]))).toMatchObject({ code: "LIMIT" });
    await insert(q, [{}]);
    expect(await q.assignment("1")).toMatchObject({ status: "pending" });
  });

  it("refuses more than 4,000 dependencies in one call", async () => {
    const q = await openQueue();
    await q.create();
    const first = Array.from({ length: 64 }, (_, i) => ({ key: `k${i}` }));
    const jobs = [...first, ...Array.from({ length: 63 }, () => ({ after: first.map(({ key }) => key) }))];
    expect(await errorOf(insert(q, jobs))).toMatchObject({ code: "LIMIT" });
  });

  it("sets a static assignment going again whose first jobs were done before the last ones came", async () => {
    const q = await openQueue();
    await q.create();
    await insert(q, [{}]);
    await q.run(await q.startSession(), "1.1");
    expect(await q.assignment("1")).toMatchObject({ status: "complete" });
    await insert(q, [{}]);
    expect(await q.assignment("1")).toMatchObject({ status: "active" });
    expect(await q.row("1.2")).toMatchObject({ ready: true });
  });

  it.each(["canceled", "complete"] as const)(
    "refuses jobs for a %s assignment that is over",
    async (status) => {
      const q = await openQueue();
      await q.create({ policy: status === "complete" ? "pm" : "static" });
      await q.admin.mutation(api.assignments.update, { ...NS, assignment: "1", status });
      expect(await errorOf(insert(q, [{}]))).toMatchObject({
        code: "WRONG_STATE",
        message: expect.stringContaining("set it active"),
      });
    },
  );

  it("locks the repo for types that need it alone, under its slug or the namespace's name", async () => {
    const q = await openQueue();
    await q.create();
    await insert(q, [
      { type: "implement" },
      { type: "implement", repo: "o/r" },
      { type: "chat" },
      { type: "plan", lock: "own" },
      { type: "plan", lock: null },
    ]);
    const keys = await Promise.all([1, 2, 3, 4, 5].map(async (n) => (await q.row(`1.${n}`)).lockKey));
    expect(keys).toEqual(["repo:main", "repo:o/r", undefined, "own", undefined]);
  });

  it("starts a job at its time, not before", async () => {
    const q = await openQueue();
    await q.create();
    await insert(q, [{ notBefore: Date.now() + 5000 }, { notBefore: Date.now() - 5000 }]);
    expect(await q.row("1.1")).toMatchObject({ waitingFor: ["time"], ready: false });
    expect(await q.row("1.2")).toMatchObject({ ready: true });
    await q.advance(4999);
    expect(await q.row("1.1")).toMatchObject({ ready: false });
    await q.advance(1);
    expect(await q.row("1.1")).toMatchObject({ ready: true });
  });
});

describe("jobs:completed", () => {
  it("names per key and repo the newest complete job of the namespace, whatever its assignment", async () => {
    const q = await openQueue();
    const session = await q.startSession();
    for (const repo of ["o/a", "o/a", "o/b"]) {
      const [handle = ""] = await q.insert(await q.create(), { key: "k", repo, type: "script" });
      await q.run(session, handle);
    }
    await q.insert(await q.create(), { key: "open", type: "script" });
    const found = await q.admin.query(api.jobs.completed, { namespace: "main", keys: ["k", "open", "none"] });
    expect(found.map(({ key, handle, repo }) => [key, handle, repo])).toEqual([
      ["k", "3.1", "o/b"],
      ["k", "2.1", "o/a"],
    ]);
    await q.insert(await q.create(), { key: "k", repo: "o/b", type: "script" });
    const later = await q.admin.query(api.jobs.completed, { namespace: "main", keys: ["k"] });
    expect(later.map(({ repo }) => repo)).toEqual(["o/a"]);
    const many = Array.from({ length: 101 }, (_, i) => `k${i}`);
    const tooMany = q.admin.query(api.jobs.completed, { namespace: "main", keys: many });
    expect(await errorOf(tooMany)).toMatchObject({ code: "INVALID" });
  });
});
