/**
 * Seam: the registered functions under convex-test with a fake clock. Observed are claims, attempts and health rows;
 * how a runner finds out about a limit is tested in runner/.
 */
import { describe, expect, it } from "vitest";
import { api } from "./_generated/api.js";
import { openQueue, type Queue } from "./queue.testkit.ts";

const NS = { namespace: "main" };
const MINUTE = 60_000;

const session = (q: Queue, change: Record<string, unknown> = {}) =>
  q.admin.mutation(api.sessions.start, {
    ...{ runner: "one", host: "here", version: "1", namespaces: ["main"], pools: ["default"], slots: 9 },
    ...{ profiles: ["a", "b"], ...change },
  });
const insert = async (
  q: Queue,
  count: number,
  { cascade, ...more }: { cascade: string[] } & Record<string, unknown>,
) => {
  const { id } = await q.admin.mutation(api.assignments.create, {
    ...{ ...NS, northStar: "x", policy: "static", independent: true },
  });
  const jobs = Array.from({ length: count }, (_, i) => ({
    ...{ type: "chat" as const, context: `job ${i}`, cascade, lock: null, ...more },
  }));
  const inserted = await q.admin.mutation(api.jobs.insert, { ...NS, assignment: id, jobs });
  return inserted.kind === "inserted" ? inserted.jobs.map((job) => job.id) : [];
};
const claim = (q: Queue, id: string, job = "") =>
  q.admin.mutation(api.work.claim, { ...NS, session: id, job });
const limit = (q: Queue, id: string, until: number) =>
  q.admin.mutation(api.health.report, {
    ...{ ...NS, session: id, profile: "a", scope: "account", kind: "limited", until, reason: "usage_limit" },
  });
const detail = (q: Queue, job: string) => q.admin.query(api.jobs.get, { ...NS, job });

describe("a profile whose limit has ended", () => {
  it("is tried by one job alone; the others wait until it has answered", async () => {
    const q = await openQueue();
    const { session: id } = await session(q);
    const [first = "", second = ""] = await insert(q, 2, { cascade: ["a"] });
    await limit(q, id, Date.now() + MINUTE);
    await q.advance(2 * MINUTE);
    const probe = await claim(q, id, first);
    expect(probe?.job.attempt).toBe(1);
    expect(await claim(q, id, second)).toBeNull();
    expect((await detail(q, second)).job.status).toBe("awaiting_retry");
    expect(await q.admin.query(api.health.list, NS)).toMatchObject([{ profile: "a", probe: "1.1" }]);
    expect(await q.admin.query(api.jobs.explain, { ...NS, job: second })).toMatchObject({
      causes: [{ reason: "harness", handle: "1.1" }, { reason: "harness" }],
      next: "the first sign of work in 1.1, or its end",
    });
    const fence = { job: first, attempt: 1, session: id };
    const events = [{ seq: 0, at: Date.now(), kind: "text", text: "hello" }];
    await q.admin.mutation(api.work.events, { ...NS, fence, events });
    await q.settle();
    expect(await q.admin.query(api.health.list, NS)).toEqual([]);
    expect((await detail(q, second)).job.status).toBe("pending");
    expect(await claim(q, id, second)).not.toBeNull();
  });

  it("is tried by the next job when the first one ended without an answer", async () => {
    const q = await openQueue();
    const { session: id } = await session(q);
    const [first = "", second = ""] = await insert(q, 2, { cascade: ["a"] });
    await limit(q, id, Date.now() + MINUTE);
    await q.advance(2 * MINUTE);
    await claim(q, id, first);
    await q.admin.mutation(api.work.report, {
      ...{
        ...NS,
        fence: { job: first, attempt: 1, session: id },
        outcome: { kind: "interrupted", reason: "x" },
      },
      ended: { profile: "a", harness: "claude", verdict: "cancelled", startedAt: 1, endedAt: 2 },
    });
    expect(await claim(q, id, second)).not.toBeNull();
  });

  it("is passed over meanwhile where the cascade goes on, and the attempt says why", async () => {
    const q = await openQueue();
    const { session: id } = await session(q);
    const [first = "", second = ""] = await insert(q, 2, { cascade: ["a", "b"] });
    await limit(q, id, Date.now() + MINUTE);
    await claim(q, id, first);
    expect((await detail(q, first)).attempts[0]).toMatchObject({
      profile: "b",
      why: expect.stringMatching(/^a: limited until .*usage_limit/) as string,
    });
    await q.advance(2 * MINUTE);
    const { session: later } = await session(q, { runner: "two" });
    expect((await claim(q, later, second))?.job.attempt).toBe(1);
    expect((await detail(q, second)).attempts[0]).toMatchObject({ profile: "a", probe: true });
  });
});

describe("a job that falls to a profile whose limit has ended", () => {
  const ended = { harness: "claude", verdict: "usage_limit", startedAt: 1, endedAt: 2 };
  const fall = (q: Queue, fence: { job: string; attempt: number; session: string }) =>
    q.admin.mutation(api.work.advance, {
      ...{ ...NS, fence, ended: { profile: "b", ...ended }, profile: "a", harness: "claude" },
    });
  const waiting = async () => {
    const q = await openQueue();
    await limit(q, (await session(q)).session, Date.now() + MINUTE);
    await q.advance(2 * MINUTE);
    const { session: id } = await session(q);
    const [first = "", second = ""] = await insert(q, 2, { cascade: ["b", "a"] });
    for (const job of [first, second]) await claim(q, id, job);
    const [one, two] = [first, second].map((job) => ({ job, attempt: 1, session: id }));
    return { q, first: one!, second: two! };
  };

  it("tries it alone, and its attempt says so", async () => {
    const { q, first } = await waiting();
    expect(await fall(q, first)).toEqual({ kind: "advanced", attempt: 2 });
    expect((await detail(q, first.job)).attempts[1]).toMatchObject({ profile: "a", probe: true });
  });

  it("leaves it to the job that tries it already, and keeps its own attempt", async () => {
    const { q, first, second } = await waiting();
    await fall(q, first);
    expect(await fall(q, second)).toMatchObject({ kind: "probed", until: Date.now() + MINUTE });
    expect((await detail(q, second.job)).job).toMatchObject({ status: "running", attempt: 1 });
  });

  it("says of every profile between the two why it was passed over", async () => {
    const q = await openQueue();
    const { session: id } = await session(q, { profiles: ["a", "b"] });
    const [job = ""] = await insert(q, 1, { cascade: ["b", "a", "x", "b2"] });
    await claim(q, id, job);
    await limit(q, id, Date.now() + MINUTE);
    await q.admin.mutation(api.work.advance, {
      ...{ ...NS, fence: { job, attempt: 1, session: id }, profile: "b2", harness: "claude" },
      ended: { profile: "b", ...ended },
    });
    expect((await detail(q, job)).attempts[1]?.why).toMatch(
      /^b: usage_limit\na: limited until .*\nx: not offered by the runner$/,
    );
  });

  it("may try again when the trying job is itself", async () => {
    const { q, first } = await waiting();
    await fall(q, first);
    expect(await fall(q, { ...first, attempt: 2 })).toEqual({ kind: "advanced", attempt: 3 });
  });
});

describe("a private repo", () => {
  it("is given to no profile that collects data", async () => {
    const q = await openQueue();
    await q.admin.mutation(api.namespaces.ensure, { ...NS, privateRepos: ["me/secret"] });
    const { session: id } = await session(q, { collecting: ["a"] });
    const [only = ""] = await insert(q, 1, { cascade: ["a"], repo: "me/secret" });
    const [both = ""] = await insert(q, 1, { cascade: ["a", "b"], repo: "me/secret" });
    const [open = ""] = await insert(q, 1, { cascade: ["a"], repo: "me/open" });
    expect(await claim(q, id, only)).toBeNull();
    expect((await claim(q, id, both))?.job.private).toBe(true);
    expect((await detail(q, both)).attempts[0]).toMatchObject({
      profile: "b",
      why: expect.stringContaining("the repo is private") as string,
    });
    expect((await claim(q, id, open))?.job.private).toBe(false);
  });
});

describe("a profile that a person has blocked", () => {
  it("is not used until it is cleared", async () => {
    const q = await openQueue();
    const { session: id } = await session(q);
    const [job = ""] = await insert(q, 1, { cascade: ["a"] });
    await q.admin.mutation(api.health.block, { ...NS, profile: "a", reason: "the bill" });
    expect(await claim(q, id, job)).toBeNull();
    await q.advance(3600 * 1000);
    expect(await claim(q, id, job)).toBeNull();
    const { session: fresh } = await session(q);
    await q.admin.mutation(api.health.clear, { ...NS, profile: "a" });
    await q.settle();
    expect(await claim(q, fresh, job)).not.toBeNull();
  });
});

describe("repair", () => {
  const repair = (q: Queue, status: "running" | "pending" | "awaiting_retry", fix = true) =>
    q.admin.mutation(api.repair.jobs, { ...NS, status, fix });

  it("finds nothing where nothing is wrong", async () => {
    const q = await openQueue();
    const { session: id } = await session(q);
    const [job = ""] = await insert(q, 2, { cascade: ["a"] });
    await claim(q, id, job);
    expect((await repair(q, "running")).found).toEqual([]);
    expect((await repair(q, "pending")).found).toEqual([]);
  });

  it("sends a job back that runs under a session that has ended", async () => {
    const q = await openQueue();
    const { session: id } = await session(q);
    const [job = ""] = await insert(q, 1, { cascade: ["a"] });
    await claim(q, id, job);
    await q.t.run(async (ctx) => {
      const row = await ctx.db.query("sessions").first();
      if (row !== null) await ctx.db.patch("sessions", row._id, { status: "lapsed" });
    });
    expect((await repair(q, "running", false)).found).toHaveLength(1);
    expect((await detail(q, job)).job.status).toBe("running");
    await repair(q, "running");
    expect((await detail(q, job)).job).toMatchObject({ status: "pending", lostCount: 1 });
  });

  it("mends readiness that its causes do not bear out", async () => {
    const q = await openQueue();
    const [job = ""] = await insert(q, 1, { cascade: ["a"] });
    await q.t.run(async (ctx) => {
      const row = await ctx.db.query("jobs").first();
      if (row !== null)
        await ctx.db.patch("jobs", row._id, {
          unmetDeps: 1,
          gate: "dependencies",
          waitingFor: ["dependencies"],
          ready: false,
        });
    });
    expect((await repair(q, "pending")).found[0]?.text).toMatch(/counts 1 open dependencies, has 0/);
    expect((await detail(q, job)).job).toMatchObject({ ready: true, waitingFor: [] });
    expect((await repair(q, "pending")).found).toEqual([]);
  });
});
