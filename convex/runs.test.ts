/**
 * Runs: batches that are imported in several calls, stop at their first failure if asked to, and have their results
 * reviewed. Seam: the public functions. Not asserted: single jobs (jobs.test.ts).
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "./_generated/api.js";
import { errorOf, openQueue, type Queue } from "./queue.testkit.ts";

afterEach(() => vi.useRealTimers());

const NS = { namespace: "main" };
type Task = Record<string, unknown> & { key: string };

async function start(q: Queue, options: Record<string, unknown> = {}): Promise<string> {
  const args = { ...NS, northStar: "a batch", label: "batch", spec: "{}", tasks: 600, ...options };
  return (await q.admin.mutation(api.runs.create, args)).id;
}
async function add(q: Queue, run: string, ...tasks: Task[]): Promise<string[]> {
  const jobs = tasks.map((task) => ({ type: "script" as const, context: "true", ...task }));
  const inserted = await q.admin.mutation(api.runs.insert, { ...NS, run, jobs });
  await q.settle();
  return inserted.map(({ handle }) => handle);
}
const watch = (q: Queue, run: string) => q.admin.query(api.runs.watch, { ...NS, run });
const states = async (q: Queue, handles: string[]) =>
  Promise.all(handles.map(async (handle) => (await q.row(handle)).status));

describe("a run", () => {
  it("is created once however often it is asked for with one key", async () => {
    const q = await openQueue();
    const first = await start(q, { key: "k" });
    expect(await start(q, { key: "k" })).toBe(first);
    expect(await q.admin.query(api.runs.list, NS)).toMatchObject([{ id: first, status: "pending" }]);
  });

  it("takes its tasks in several calls, edges by key, and the same call twice changes nothing", async () => {
    const q = await openQueue();
    const run = await start(q);
    const first = await add(q, run, { key: "a" });
    const second = await add(q, run, { key: "b", after: ["a"] });
    expect(await add(q, run, { key: "b", after: ["a"] })).toEqual(second);
    expect((await q.row(second[0] ?? "")).waitingFor).toEqual(["dependencies"]);
    const session = await q.startSession();
    await q.run(session, first[0] ?? "");
    expect((await q.row(second[0] ?? "")).ready).toBe(true);
  });

  it("goes on when its first call is done before the last arrives", async () => {
    const q = await openQueue();
    const run = await start(q);
    const session = await q.startSession();
    const [a = ""] = await add(q, run, { key: "a" });
    await q.run(session, a);
    expect((await watch(q, run)).status).toBe("complete");
    const [b = ""] = await add(q, run, { key: "b", after: ["a"] });
    expect((await watch(q, run)).status).toBe("active");
    await q.run(session, b);
    expect((await watch(q, run)).status).toBe("complete");
  });

  it("tells what settled page by page, also where many settled at one time", async () => {
    const q = await openQueue();
    const run = await start(q, { failFast: true });
    const keys = Array.from({ length: 120 }, (_, i) => ({ key: `t${i}` }));
    const handles = await add(q, run, ...keys);
    await q.run(await q.startSession(), handles[0] ?? "", { kind: "failed", error: "no" });
    await q.settle();
    const seen: string[] = [];
    let after: { settledAt: number; number: number } | undefined;
    for (;;) {
      const page = await q.admin.query(api.runs.settled, { ...NS, run, ...(after && { after }) });
      const last = page.at(-1)?.job;
      if (last === undefined) break;
      seen.push(...page.map(({ job }) => job.key ?? ""));
      after = { settledAt: last.settledAt ?? 0, number: last.number };
    }
    expect(new Set(seen).size).toBe(120);
    expect(seen).toHaveLength(120);
  });
});

describe("a run that stops at the first failure", () => {
  it("skips what has not started, lets go on what runs, and ends", async () => {
    const q = await openQueue();
    const run = await start(q, { failFast: true });
    const handles = await add(q, run, { key: "a" }, { key: "b" }, { key: "c", after: ["d"] }, { key: "d" });
    const [a = "", b = "", c = "", d = ""] = handles;
    const session = await q.startSession();
    const claimed = await q.claim(session, b);
    await q.run(session, a, { kind: "failed", error: "no" });
    await q.settle();
    expect(await states(q, [a, b, c, d])).toEqual(["failed", "running", "skipped", "skipped"]);
    await q.report({ job: claimed?.job.id ?? "", attempt: 1, session }, { kind: "complete", result: "done" });
    expect((await watch(q, run)).status).toBe("failed");
  });

  it("skips hundreds in batches", async () => {
    const q = await openQueue();
    const run = await start(q, { failFast: true });
    const tasks = Array.from({ length: 499 }, (_, i) => ({ key: `k${i}`, lock: `repo:${i % 7}` }));
    const [first = "", ...others] = await add(q, run, { key: "first" }, ...tasks);
    await q.run(await q.startSession(), first, { kind: "failed", error: "no" });
    await q.settle();
    expect(new Set(await states(q, others))).toEqual(new Set(["skipped"]));
    expect(await q.admin.query(api.locks.list, NS)).toEqual([]);
  });
});

describe("the review of a run", () => {
  const review = { profiles: ["codex", "claude"], fallbackOnly: false, timeoutMs: 60_000 };
  const agent = { type: "implement", cascade: ["claude"] };

  it("comes once for a completed task, from a profile that did not do the work", async () => {
    const q = await openQueue();
    const run = await start(q, { review });
    const [a = ""] = await add(q, run, { key: "a", ...agent });
    await q.run(await q.startSession(), a, { kind: "complete", result: "I did it" });
    const { ready } = await watch(q, run);
    expect(ready).toMatchObject([{ type: "review", key: "review:a", cascade: ["codex"] }]);
    const { job } = await q.admin.query(api.jobs.get, { ...NS, job: ready[0]?.handle ?? "" });
    expect(job.context).toContain("I did it");
    expect(job.lockKey).toBeUndefined();
  });

  it("is not reviewed itself, and its end ends the run", async () => {
    const q = await openQueue();
    const run = await start(q, { review });
    const session = await q.startSession({ profiles: ["claude", "codex"] });
    const [a = ""] = await add(q, run, { key: "a", ...agent });
    await q.run(session, a, { kind: "complete", result: "I did it" });
    await q.run(session, (await watch(q, run)).ready[0]?.handle ?? "", { kind: "complete", result: "PASS" });
    expect(await watch(q, run)).toMatchObject({ status: "complete", ready: [] });
  });

  it("is left out where the first profile did the work and only fallbacks are reviewed", async () => {
    const q = await openQueue();
    const run = await start(q, { review: { ...review, fallbackOnly: true } });
    const session = await q.startSession({ profiles: ["claude"] });
    const [a = "", b = ""] = await add(
      q,
      run,
      { key: "a", ...agent },
      { key: "b", type: "implement", cascade: ["gemini", "claude"], lock: null },
    );
    await q.run(session, a, { kind: "complete", result: "done" });
    await q.run(session, b, { kind: "complete", result: "done" });
    expect((await watch(q, run)).ready).toMatchObject([{ key: "review:b" }]);
  });
});

describe("a profile that a private repo bars", () => {
  it("is passed over by the claim and refused by advance and retry", async () => {
    const q = await openQueue();
    const run = await start(q);
    const barred = { barred: ["claude"], cascade: ["claude", "codex"], lock: null };
    const [a = "", b = ""] = await add(
      q,
      run,
      { key: "a", type: "implement", ...barred },
      { key: "b", type: "implement", ...barred, cascade: ["claude"] },
    );
    const session = await q.startSession({ profiles: ["claude", "codex"] });
    expect(await q.claim(session, b)).toBeNull();
    const claimed = await q.claim(session, a);
    expect((await q.row(a)).profileUsed).toBe("codex");
    const fence = { job: claimed?.job.id ?? "", attempt: 1, session };
    const advance = q.admin.mutation(api.work.advance, {
      ...NS,
      fence,
      ended: { profile: "codex", harness: "codex", verdict: "failed", startedAt: 1, endedAt: 2 },
      profile: "claude",
      harness: "claude",
    });
    expect(await errorOf(advance)).toMatchObject({ code: "NOT_ALLOWED" });
    await q.report(fence, { kind: "failed", error: "no" });
    const retry = q.admin.mutation(api.jobs.retry, { ...NS, job: a, harness: "claude" });
    expect(await errorOf(retry)).toMatchObject({ code: "NOT_ALLOWED" });
    await q.admin.mutation(api.jobs.retry, { ...NS, job: a, harness: "gemini" });
    expect((await q.row(a)).cascade).toEqual(["gemini", "claude", "codex"]);
  });
});

describe("what waits for a profile that will not come back", () => {
  it("can be given up, and its dependents are skipped", async () => {
    const q = await openQueue();
    const run = await start(q);
    const [a = "", b = ""] = await add(q, run, { key: "a" }, { key: "b", after: ["a"] });
    await q.run(await q.startSession(), a, { kind: "limited", reason: "gone" });
    await q.admin.mutation(api.runs.giveUp, { ...NS, job: a, error: "no profile can run it" });
    await q.settle();
    expect(await states(q, [a, b])).toEqual(["failed", "skipped"]);
    const again = q.admin.mutation(api.runs.giveUp, { ...NS, job: a, error: "x" });
    expect(await errorOf(again)).toMatchObject({ code: "WRONG_STATE" });
  });
});

describe("a lock", () => {
  it("is named with its holder and the next in line, and is not taken from one that runs", async () => {
    const q = await openQueue();
    const run = await start(q);
    const [a = "", b = ""] = await add(q, run, { key: "a", lock: "repo:x" }, { key: "b", lock: "repo:x" });
    const release = () => q.admin.mutation(api.locks.release, { ...NS, key: "repo:x" });
    expect(await q.admin.query(api.locks.list, NS)).toMatchObject([{ handle: a, next: b }]);
    expect(await release()).toEqual({ outcome: "released" });
    expect(await states(q, [a, b])).toEqual(["pending", "pending"]);
    expect([(await q.row(a)).ready, (await q.row(b)).ready]).toEqual([false, true]);
    await q.claim(await q.startSession(), b);
    expect(await errorOf(release())).toMatchObject({ code: "WRONG_STATE" });
  });
});
