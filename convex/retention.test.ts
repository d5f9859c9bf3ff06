/**
 * Retention: what is over goes, in batches, and nothing else. Seam: the functions that the cron starts, and all
 * tables. Not asserted: how long a batch takes.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { DAY_MS, DEFAULT_RETENTION } from "../domain/retention.ts";
import { api, internal } from "./_generated/api.js";
import schema from "./schema.ts";
import { errorOf, openQueue, type Queue } from "./queue.testkit.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const NS = { namespace: "main" };
const MINUTE_MS = 60_000;

/** Runs the sweep and what it schedules; sessions lapse meanwhile, as they would. */
async function sweep(q: Queue): Promise<void> {
  await q.t.mutation(internal.retention.sweep, {});
  await q.advance(30 * MINUTE_MS);
}

async function counts(q: Queue): Promise<Record<string, number>> {
  const names = Object.keys(schema.tables) as (keyof typeof schema.tables)[];
  return q.t.run(async (ctx) =>
    Object.fromEntries(
      await Promise.all(names.map(async (name) => [name, (await ctx.db.query(name).collect()).length])),
    ),
  );
}

/** A finished assignment with jobs, edges, texts, attempts, events and totals. */
async function finished(q: Queue, jobs = 3): Promise<string> {
  const number = await q.create();
  const wishes = Array.from({ length: jobs }, (_, i) => ({
    key: `k${i}`,
    ...(i > 0 && { after: [`k${i - 1}`] }),
  }));
  const handles = await q.insert(number, ...wishes);
  const session = await q.startSession();
  for (const handle of handles) {
    const claimed = await q.claim(session, handle);
    if (claimed === null) throw new Error(`could not claim ${handle}`);
    const fence = { job: claimed.job.id, attempt: claimed.job.attempt, session };
    const events = Array.from({ length: 5 }, (_, seq) => ({ seq, at: Date.now(), kind: "text", text: "hm" }));
    await q.admin.mutation(api.work.events, { ...NS, fence, events });
    await q.report(fence, { kind: "complete", result: "ok" });
  }
  await q.admin.mutation(api.sessions.end, { session });
  return number;
}
const statusOf = async (q: Queue, number: string) => (await q.assignment(number)).status;
async function gone(q: Queue, number: string): Promise<boolean> {
  const found = q.admin.query(api.assignments.get, { ...NS, assignment: number });
  const code = await found.then(
    () => null,
    async () => (await errorOf(found)).code,
  );
  return code === "NOT_FOUND";
}

describe("an ended assignment", () => {
  it("is kept while it is young, then goes with everything that belonged to it", async () => {
    const q = await openQueue();
    const before = await counts(q);
    const old = await finished(q);
    const newest = await q.create();
    await q.admin.mutation(api.assignments.update, { ...NS, assignment: newest, status: "complete" });
    await q.advance((DEFAULT_RETENTION.finishedDays - 1) * DAY_MS);
    await sweep(q);
    expect(await statusOf(q, old)).toBe("complete");
    await q.advance(2 * DAY_MS);
    await sweep(q);
    expect(await gone(q, old)).toBe(true);
    // The newest stays: the next number is counted from it.
    expect(await counts(q)).toEqual({ ...before, assignments: 1, assignmentTexts: 1 });
    expect(await q.create()).toBe("3");
  });

  it("goes by the namespace's own age, or the deployment's, before the default", async () => {
    const q = await openQueue();
    const old = await finished(q, 1);
    await q.create();
    await q.advance(3 * DAY_MS);
    vi.stubEnv("DROVER_RETENTION", '{"finishedDays": 2}');
    await q.admin.mutation(api.namespaces.ensure, { ...NS, retention: { finishedDays: 4 } });
    await sweep(q);
    expect(await statusOf(q, old)).toBe("complete");
    await q.admin.mutation(api.namespaces.ensure, { ...NS, retention: {} });
    await sweep(q);
    expect(await gone(q, old)).toBe(true);
  });

  it("goes when it is one too many, the oldest first", async () => {
    const q = await openQueue();
    await q.admin.mutation(api.namespaces.ensure, { ...NS, retention: { finishedAssignments: 2 } });
    const numbers = [await finished(q, 1), await finished(q, 1), await finished(q, 1), await finished(q, 1)];
    await sweep(q);
    const kept = await Promise.all(
      numbers.map(async (number) => !(await gone(q, number).catch(() => false))),
    );
    expect(kept).toEqual([false, false, true, true]);
  });

  it("of hundreds of jobs goes in batches that each stay below the limits of a transaction", async () => {
    const q = await openQueue();
    const number = await q.create();
    for (let at = 0; at < 300; at += 100) {
      const jobs = Array.from({ length: 100 }, (_, i) => ({ key: `k${at + i}`, context: "x".repeat(5_000) }));
      await q.insert(number, ...jobs);
    }
    await q.admin.mutation(api.assignments.update, { ...NS, assignment: number, status: "canceled" });
    await q.create();
    await q.advance(200 * DAY_MS);
    await q.t.mutation(internal.retention.sweep, {});
    await q.advance(1_000);
    const half = (await counts(q)).jobs ?? 0;
    expect(half).toBeGreaterThan(0);
    expect(half).toBeLessThan(300);
    await q.advance(10 * MINUTE_MS);
    expect(await counts(q)).toMatchObject({ jobs: 0, jobTexts: 0, assignments: 1 });
  });
});

describe("retention never removes", () => {
  it("anything of an assignment that is open, however old", async () => {
    const q = await openQueue();
    const open = await q.create();
    const [first = "", second = ""] = await q.insert(open, { key: "a" }, { key: "b", after: ["a"] });
    const session = await q.startSession();
    await q.run(session, first);
    await q.admin.mutation(api.sessions.end, { session });
    await q.create();
    await q.advance(1_000 * DAY_MS);
    const before = await counts(q);
    await sweep(q);
    expect(await counts(q)).toMatchObject({
      jobs: before.jobs,
      edges: before.edges,
      attempts: before.attempts,
    });
    expect((await q.row(second)).ready).toBe(true);
  });

  it("a job that an open job of another assignment waits for, but the rest of its assignment", async () => {
    const q = await openQueue();
    const source = await q.create();
    const [failing = "", other = ""] = await q.insert(source, {}, {});
    const waiting = await q.create({ policy: "pm" });
    const [blocked = ""] = await q.insert(waiting, { after: [failing] });
    const session = await q.startSession();
    await q.run(session, failing, { kind: "failed", error: "no" });
    await q.run(session, other);
    await q.admin.mutation(api.sessions.end, { session });
    expect(await statusOf(q, source)).toBe("failed");
    await q.create();
    await q.advance(1_000 * DAY_MS);
    await sweep(q);
    expect(await statusOf(q, source)).toBe("failed");
    const { causes } = await q.admin.query(api.jobs.explain, { ...NS, job: blocked });
    expect(JSON.stringify(causes)).toContain(failing);
    expect((await errorOf(q.admin.query(api.jobs.get, { ...NS, job: other }))).code).toBe("NOT_FOUND");
    await q.admin.mutation(api.assignments.update, { ...NS, assignment: waiting, status: "canceled" });
    await q.admin.mutation(api.namespaces.ensure, { ...NS, retention: { finishedDays: 0 } });
    await q.advance(MINUTE_MS);
    await sweep(q);
    await sweep(q);
    expect([await gone(q, source), await gone(q, waiting)]).toEqual([true, true]);
  });

  it("an assignment that was set active again while it was being removed", async () => {
    const q = await openQueue();
    const number = await finished(q, 60);
    await q.create();
    await q.advance(200 * DAY_MS);
    await q.t.mutation(internal.retention.sweep, {});
    await q.advance(300);
    const left = (await counts(q)).jobs ?? 0;
    expect(left).toBeGreaterThan(0);
    await q.admin.mutation(api.assignments.update, { ...NS, assignment: number, status: "active" });
    await q.advance(10 * MINUTE_MS);
    expect((await counts(q)).jobs).toBe(left);
    expect(await statusOf(q, number)).toBe("active");
  });
});

describe("what belongs to no assignment", () => {
  it("goes after its time: ended sessions with their runners, activity, expired tokens, past limits", async () => {
    const q = await openQueue();
    await finished(q, 2);
    const token = {
      jti: "t1",
      role: "viewer" as const,
      namespaces: "main",
      label: "l",
      expiresAt: Date.now(),
    };
    await q.admin.mutation(api.tokens.register, token);
    const before = await counts(q);
    expect(before).toMatchObject({ events: 10, sessions: 1, runners: 1, serves: 1, accessTokens: 1 });
    await q.advance((DEFAULT_RETENTION.sessionsDays - 1) * DAY_MS);
    await sweep(q);
    expect(await counts(q)).toEqual(before);
    await q.advance(2 * DAY_MS);
    await sweep(q);
    expect(await counts(q)).toEqual({
      ...before,
      events: 0,
      sessions: 0,
      runners: 0,
      serves: 0,
      accessTokens: 0,
    });
    expect((await q.admin.query(api.jobs.get, { ...NS, job: "1.1" })).attempts).toHaveLength(1);
  });

  it("stays while it is in use: a live session, its runner and a valid token", async () => {
    const q = await openQueue();
    const session = await q.startSession();
    const expiresAt = Date.now() + 100 * DAY_MS;
    const token = { jti: "t1", role: "viewer" as const, namespaces: "main", label: "l", expiresAt };
    await q.admin.mutation(api.tokens.register, token);
    for (let week = 0; week < 6; week += 1) {
      vi.setSystemTime(Date.now() + 7 * DAY_MS);
      await q.admin.mutation(api.sessions.heartbeat, { session, running: [] });
    }
    await q.t.mutation(internal.retention.sweep, {});
    await q.advance(1_000);
    expect(await counts(q)).toMatchObject({ sessions: 1, runners: 1, accessTokens: 1 });
  });
});

it("refuses settings that make no sense, for a namespace and for the deployment", async () => {
  const q = await openQueue();
  const wrong = q.admin.mutation(api.namespaces.ensure, { ...NS, retention: { finishedDays: -1 } });
  expect((await errorOf(wrong)).message).toContain("retention.finishedDays");
  vi.stubEnv("DROVER_RETENTION", '{"days": 2}');
  await expect(q.t.mutation(internal.retention.sweep, {})).rejects.toThrow("DROVER_RETENTION: expected JSON");
});
