/**
 * What holds a run back, and what lets it go: imports that have not ended, pauses, and runs whose process is gone.
 * Seam: the public functions and the scheduled ones. Not asserted: batches as such (runs.test.ts).
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { PAUSED, runPool } from "../domain/runHold.ts";
import { api } from "./_generated/api.js";
import { errorOf, openQueue, type Queue } from "./queue.testkit.ts";

afterEach(() => vi.useRealTimers());

const NS = { namespace: "main" };

async function start(q: Queue, options: Record<string, unknown> = {}) {
  const args = { ...NS, northStar: "a batch", label: "batch", spec: "{}", tasks: 900, ...options };
  const { id, assignment } = await q.admin.mutation(api.runs.create, args);
  return { run: id, assignment: String(assignment) };
}
async function add(q: Queue, run: string, ...tasks: Record<string, unknown>[]): Promise<string[]> {
  const jobs = tasks.map((task) => ({ type: "script" as const, context: "true", ...task }));
  const inserted = await q.admin.mutation(api.runs.insert, { ...NS, run, jobs });
  await q.settle();
  return inserted.map(({ handle }) => handle);
}
const watch = (q: Queue, run: string) => q.admin.query(api.runs.watch, { ...NS, run });
const set = (
  q: Queue,
  assignment: string,
  to: { status: "active" | "blocked" | "canceled"; reason?: string },
) => q.admin.mutation(api.assignments.update, { ...NS, assignment, ...to }).then(() => q.settle());

describe("a run that is being imported", () => {
  it("starts nothing and takes no lock before it is set active, then everything that can start", async () => {
    const q = await openQueue();
    const { run, assignment } = await start(q, { held: true });
    const tasks = Array.from({ length: 450 }, (_, i) => ({ key: `k${i}`, lock: `repo:${i}` }));
    const handles = await add(q, run, ...tasks);
    await add(q, run, { key: "last", after: ["k0"] });
    expect(await watch(q, run)).toMatchObject({ status: "blocked", paused: false, ready: [] });
    expect((await watch(q, run)).blocked).toContain("import");
    expect(await q.admin.query(api.locks.list, NS)).toEqual([]);
    await set(q, assignment, { status: "active" });
    const window = await q.admin.query(api.scheduler.ready, { ...NS, pool: "default" });
    expect(window.length).toBeGreaterThan(60);
    expect((await q.row(handles.at(-1) ?? "")).ready).toBe(true);
  });

  it("leaves nothing open and no lock when it is given up", async () => {
    const q = await openQueue();
    const { run, assignment } = await start(q, { held: true });
    const [a = ""] = await add(q, run, { key: "a", lock: "repo:x" });
    await set(q, assignment, { status: "canceled" });
    expect((await q.row(a)).status).toBe("canceled");
    expect((await watch(q, run)).status).toBe("canceled");
  });
});

describe("a run that is paused", () => {
  it("says so, leaves other runs alone, and ends when what ran was the last", async () => {
    const q = await openQueue();
    const { run, assignment } = await start(q);
    const other = await start(q);
    const [a = ""] = await add(q, run, { key: "a" });
    await add(q, other.run, { key: "b" });
    const session = await q.startSession();
    const claimed = await q.claim(session, a);
    await set(q, assignment, { status: "blocked", reason: PAUSED });
    expect(await watch(q, run)).toMatchObject({ status: "blocked", paused: true, running: [{ key: "a" }] });
    expect(await watch(q, other.run)).toMatchObject({ paused: false, ready: [{ key: "b" }] });
    await q.report({ job: claimed?.job.id ?? "", attempt: 1, session }, { kind: "complete", result: "ok" });
    expect((await watch(q, run)).status).toBe("complete");
  });
});

describe("a run that one process serves alone", () => {
  const pool = runPool("r");
  const serve = (q: Queue, more: object = {}) => q.startSession({ pools: [pool], ...more });
  const open = async (q: Queue) => {
    const { run } = await start(q, { key: "r" });
    const handles = await add(q, run, { key: "a", pool, lock: "repo:x" }, { key: "b", pool, lock: "repo:x" });
    return { run, handles };
  };

  it("is given up with its locks when its process ends in order", async () => {
    const q = await openQueue();
    const { run } = await open(q);
    await q.admin.mutation(api.sessions.end, { session: await serve(q) });
    await q.settle();
    expect((await watch(q, run)).status).toBe("canceled");
    expect(await q.admin.query(api.locks.list, NS)).toEqual([]);
  });

  it("is given up a minute after the lease of its process, unless that comes back", async () => {
    for (const back of [true, false]) {
      const q = await openQueue();
      const { run, handles } = await open(q);
      await q.claim(await serve(q), handles[0] ?? "");
      await q.advance(61_000);
      expect((await watch(q, run)).status).toBe("active");
      if (back) await serve(q);
      await q.advance(61_000);
      expect((await watch(q, run)).status).toBe(back ? "active" : "canceled");
      expect(await q.admin.query(api.locks.list, NS)).toHaveLength(back ? 1 : 0);
    }
  });

  it("is given up at once when its runner's name serves another run, and what it runs is told to stop", async () => {
    const q = await openQueue();
    const { run, handles } = await open(q);
    await q.claim(await serve(q), handles[0] ?? "");
    const next = await q.startSession({ pools: [runPool("other")] });
    await q.settle();
    expect((await watch(q, run)).status).toBe("canceled");
    const orders = await q.admin.query(api.sessions.orders, { session: next });
    expect(orders.cancel).toHaveLength(1);
  });
});

describe("a lock of a repo", () => {
  it("can be given to one waiter by name, but not to a job that does not wait for it", async () => {
    const q = await openQueue();
    const { run } = await start(q);
    const lock = "repo:x";
    const handles = await add(
      q,
      run,
      { key: "a", lock },
      { key: "b", lock },
      { key: "c", lock },
      { key: "d" },
    );
    const [, , c = "", d = ""] = handles;
    const give = (to: string) => q.admin.mutation(api.locks.release, { ...NS, key: lock, to });
    expect(await give(c)).toEqual({ outcome: "released" });
    expect((await q.row(c)).ready).toBe(true);
    expect(await errorOf(give(d))).toMatchObject({ code: "WRONG_STATE" });
  });
});
