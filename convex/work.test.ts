/**
 * Claims, reports and the fence, seen from a runner: what the functions answer and what the rows say afterwards.
 * Not asserted: which rows a call touches (footprint.test.ts) and readiness in general (readiness.test.ts).
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "./_generated/api.js";
import { ended, errorOf, openQueue, START, type Queue } from "./queue.testkit.ts";

afterEach(() => vi.useRealTimers());

const NS = { namespace: "main" };
const complete = { kind: "complete" as const, result: "ok" };

/** One running job with its fence. */
async function running(q: Queue, job: Record<string, unknown> = {}) {
  const [handle = ""] = await q.insert(await q.create(), job);
  const session = await q.startSession();
  const claimed = await q.claim(session, handle);
  return { handle, session, fence: { job: claimed?.job.id ?? "", attempt: 1, session } };
}
const attempts = async (q: Queue, job: string) =>
  (await q.admin.query(api.jobs.get, { ...NS, job })).attempts;
const advance = (q: Queue, fence: { job: string; attempt: number; session: string }, profile = "b") =>
  q.admin.mutation(api.work.advance, {
    ...NS,
    fence,
    ended: ended({ profile: "a", verdict: "usage_limit" }),
    profile,
    harness: "claude",
  });

describe("work:claim", () => {
  it("gives the job to one session and null to the others", async () => {
    const q = await openQueue();
    const [job = ""] = await q.insert(await q.create({ northStar: "shine" }), {
      context: "do it",
      repo: "o/r",
    });
    const [a, b] = [await q.startSession(), await q.startSession({ runner: "r2" })];
    expect(await q.claim(a, job)).toMatchObject({
      job: {
        handle: "1.1",
        type: "script",
        class: "script",
        context: "do it",
        repo: "o/r",
        attempt: 1,
        cascade: ["script"],
        idleTimeoutMs: null,
      },
      assignment: { number: 1, northStar: "shine", artifacts: "", decisions: "", policy: "static" },
      previous: null,
      jobs: [],
      reminder: false,
      namespace: "main",
    });
    expect(await q.claim(b, job)).toBeNull();
    expect(await q.row(job)).toMatchObject({ status: "running", attempt: 1, ready: false, session: a });
    expect(await q.assignment("1")).toMatchObject({ status: "active" });
    expect(await attempts(q, job)).toMatchObject([{ number: 1, session: a, profile: "script" }]);
  });

  it.each<[string, (q: Queue, session: string, job: string) => Promise<unknown>]>([
    ["the namespace is paused", (q) => q.admin.mutation(api.namespaces.setPaused, { ...NS, paused: true })],
    ["the session is draining", (q) => q.admin.mutation(api.runners.drain, { ...NS, runner: "r1" })],
    ["the session has ended", (q, session) => q.admin.mutation(api.sessions.end, { session })],
    [
      "the lease has run out, though nobody has noticed yet",
      async () => void vi.setSystemTime(Date.now() + 10 * 60_000),
    ],
    ["the job was canceled", (q, _, job) => q.admin.mutation(api.jobs.cancel, { ...NS, job })],
    [
      "the assignment is blocked",
      (q) =>
        q.admin.mutation(api.assignments.update, { ...NS, assignment: "1", status: "blocked", reason: "r" }),
    ],
    [
      "this machine cannot run its profile",
      (q, session) =>
        q.admin.mutation(api.health.report, {
          ...NS,
          session,
          profile: "script",
          scope: "machine",
          kind: "offline",
          reason: "no sh",
        }),
    ],
  ])("gives null while %s", async (_, prepare) => {
    const q = await openQueue();
    const [job = ""] = await q.insert(await q.create(), {});
    const session = await q.startSession();
    await prepare(q, session, job);
    expect(await q.claim(session, job)).toBeNull();
    expect(await q.row(job)).toMatchObject({ attempt: 0 });
  });

  it.each([
    ["pool", { pools: ["gpu"] }],
    ["harness profile", { profiles: ["codex"] }],
  ])("gives null to a session without the job's %s", async (_, session) => {
    const q = await openQueue();
    const [job = ""] = await q.insert(await q.create(), {});
    expect(await q.claim(await q.startSession(session), job)).toBeNull();
  });

  it("refuses a session that does not serve the namespace", async () => {
    const q = await openQueue();
    await q.admin.mutation(api.namespaces.ensure, { namespace: "other" });
    const [job = ""] = await q.insert(await q.create(), {});
    const session = await q.startSession({ namespaces: ["other"] });
    expect(await errorOf(q.claim(session, job))).toMatchObject({ code: "NOT_ALLOWED" });
  });

  it("shows what the job waited for last as previous, with its result", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    await q.insert(await q.create(), { key: "a" }, { key: "b" }, { key: "c", after: ["a", "b"] });
    await q.run(s, "1.1", { kind: "complete", result: "first" });
    await q.advance(10);
    await q.run(s, "1.2", { kind: "complete", result: "second" });
    expect(await q.claim(s, "1.3")).toMatchObject({
      previous: { handle: "1.2", type: "script", status: "complete", result: "second" },
    });
  });

  it("makes the lease of an idle session the short one", async () => {
    const q = await openQueue();
    const [job = ""] = await q.insert(await q.create(), {});
    const claimed = await q.claim(await q.startSession(), job);
    expect(claimed).toMatchObject({ leaseUntil: Date.now() + 60_000, renewInMs: 20_000 });
  });

  it("parks a job whose whole cascade is limited, until the earliest reset", async () => {
    const q = await openQueue();
    const [job = ""] = await q.insert(await q.create(), { cascade: ["claude", "script"] });
    const session = await q.startSession();
    const limit = (profile: string, minutes: number) =>
      q.admin.mutation(api.health.report, {
        ...NS,
        session,
        profile,
        scope: "account",
        kind: "limited",
        reason: "quota",
        until: Date.now() + minutes * 60_000,
      });
    await limit("claude", 30);
    await limit("script", 10);
    expect(await q.claim(session, job)).toBeNull();
    expect(await q.row(job)).toMatchObject({
      status: "awaiting_retry",
      waitingFor: ["harness"],
      attempt: 0,
      limitedCount: 0,
      retryAt: Date.now() + 630_000,
    });
    await q.advance(630_000);
    expect(await q.row(job)).toMatchObject({ status: "pending", ready: true });
    expect(await q.claim(await q.startSession(), job)).toMatchObject({ job: { attempt: 1 } });
  });
});

describe("work:exchange", () => {
  type Reports = (typeof api.work.exchange)["_args"]["reports"];
  const exchange = (
    q: Queue,
    session: string,
    { reports = [], jobs = [], slots = 8 }: { reports?: Reports; jobs?: string[]; slots?: number },
  ) => q.admin.mutation(api.work.exchange, { ...NS, session, reports, claim: { jobs, slots } });
  const reportOf = (session: string, job: string): Reports[number] => ({
    fence: { job, attempt: 1, session },
    ended: ended(),
    outcome: complete,
  });

  it("takes the reports in their order and gives as many jobs as there are slots", async () => {
    const q = await openQueue();
    const jobs = await q.insert(await q.create(), {}, {}, {}, {}, {});
    const session = await q.startSession();
    const first = await exchange(q, session, { jobs, slots: 2 });
    expect(first.answers).toEqual([]);
    expect(first.claimed.map(({ job }) => job.handle)).toEqual(["1.1", "1.2"]);
    const reports = first.claimed.map(({ job }) => reportOf(session, job.id));
    const second = await exchange(q, session, { reports, jobs: jobs.slice(2), slots: 2 });
    expect(second.answers).toEqual(["accepted", "accepted"]);
    expect(second.claimed.map(({ job }) => job.handle)).toEqual(["1.3", "1.4"]);
    await q.settle();
    expect(await q.row("1.1")).toMatchObject({ status: "complete" });
    expect(await q.row("1.5")).toMatchObject({ status: "pending", ready: true });
    expect((await q.admin.query(api.assignments.get, { ...NS, assignment: "1" })).totals.attempts).toBe(2);
  });

  it("passes over what is unknown, taken or named twice", async () => {
    const q = await openQueue();
    const [taken = "", free = ""] = await q.insert(await q.create(), {}, {});
    await q.claim(await q.startSession({ runner: "r2" }), taken);
    const { claimed } = await exchange(q, await q.startSession(), { jobs: ["9.9", taken, free, free] });
    expect(claimed.map(({ job }) => job.handle)).toEqual([free]);
  });

  it("answers already to what it has taken, and lease_lost to what is another's", async () => {
    const q = await openQueue();
    const { fence, session } = await running(q);
    const reports = [reportOf(session, fence.job)];
    expect((await exchange(q, session, { reports })).answers).toEqual(["accepted"]);
    const other = await q.startSession({ runner: "r2" });
    const late = [...reports, reportOf(other, fence.job)];
    expect((await exchange(q, session, { reports: late })).answers).toEqual(["already", "lease_lost"]);
  });

  it("changes nothing when one of its reports names what nobody knows", async () => {
    const q = await openQueue();
    const { handle, fence, session } = await running(q);
    const [free = ""] = await q.insert("1", {});
    const reports = [reportOf(session, fence.job), reportOf(session, "9.9")];
    const refused = await errorOf(exchange(q, session, { reports, jobs: [free] }));
    expect(refused).toMatchObject({ code: "NOT_FOUND", message: expect.stringContaining("9.9") });
    expect(await q.row(handle)).toMatchObject({ status: "running" });
    expect(await q.row(free)).toMatchObject({ status: "pending", ready: true });
  });

  it("shortens the lease of an idle session once, however many jobs it takes", async () => {
    const q = await openQueue();
    const jobs = await q.insert(await q.create(), {}, {});
    const session = await q.startSession();
    const { claimed } = await exchange(q, session, { jobs });
    expect(claimed.map(({ leaseUntil }) => leaseUntil - START)).toEqual([60_000, 60_000]);
    const reaps = await q.t.run(async (ctx) => {
      const all = await ctx.db.system.query("_scheduled_functions").collect();
      return all.filter(
        ({ name, scheduledTime }) => name === "sessions:reap" && scheduledTime === START + 60_000,
      );
    });
    expect(reaps).toHaveLength(1);
  });

  it("refuses more than 32 reports or jobs", async () => {
    const q = await openQueue();
    const { fence, session } = await running(q);
    const reports = Array.from({ length: 33 }, () => reportOf(session, fence.job));
    expect(await errorOf(exchange(q, session, { reports }))).toMatchObject({
      code: "LIMIT",
      message: "reports: expected at most 32, got 33: send the rest in the next exchange",
    });
    const jobs = Array.from({ length: 33 }, () => "1.1");
    expect(await errorOf(exchange(q, session, { jobs }))).toMatchObject({ code: "LIMIT" });
  });

  it("gives nothing to a session of other namespaces", async () => {
    const q = await openQueue();
    await q.admin.mutation(api.namespaces.ensure, { namespace: "other" });
    const session = await q.startSession({ namespaces: ["other"] });
    expect(await errorOf(exchange(q, session, {}))).toMatchObject({ code: "NOT_ALLOWED" });
  });
});

describe("work:report", () => {
  it("settles the job, keeps result and usage, and adds them up", async () => {
    const q = await openQueue();
    const { handle, fence } = await running(q);
    const usage = { input: 1, cached: 2, output: 3, reasoning: 1 };
    const report = {
      verdict: "success",
      version: "2",
      model: "m",
      exitCode: 0,
      usage,
      costUsd: 0.5,
      agentSession: "a",
      outputFile: "/o",
      detail: "d",
    };
    await q.admin.mutation(api.work.report, {
      ...NS,
      fence,
      ended: ended(report),
      outcome: { ...complete, resultFile: "/r" },
    });
    await q.settle();
    const {
      job,
      attempts: [attempt],
    } = await q.admin.query(api.jobs.get, { ...NS, job: handle });
    expect(job).toMatchObject({
      status: "complete",
      result: "ok",
      resultFile: "/r",
      summary: "ok",
      usage,
      costUsd: 0.5,
      profileUsed: "claude",
    });
    expect(attempt).toMatchObject({ ...report, outcome: "complete" });
    const { totals } = await q.admin.query(api.assignments.get, { ...NS, assignment: "1" });
    expect(totals).toEqual({ usage, costUsd: 0.5, attempts: 1 });
  });

  it("cuts a long result and says so", async () => {
    const q = await openQueue();
    const { handle, fence } = await running(q);
    await q.report(fence, { kind: "complete", result: "x".repeat(100_000) });
    const { job } = await q.admin.query(api.jobs.get, { ...NS, job: handle });
    expect(job.result?.length).toBeLessThanOrEqual(65_536);
    expect(job.result).toContain("left out");
  });

  it("answers already to the same report again, and changes nothing", async () => {
    const q = await openQueue();
    const { handle, fence } = await running(q);
    expect(await q.report(fence, complete)).toMatchObject({ kind: "accepted" });
    expect(await q.report(fence, complete)).toMatchObject({ kind: "already" });
    expect((await q.admin.query(api.assignments.get, { ...NS, assignment: "1" })).totals.attempts).toBe(1);
    expect(await q.row(handle)).toMatchObject({ status: "complete" });
  });

  it("keeps the late result of a lost attempt as evidence on that attempt only", async () => {
    const q = await openQueue();
    const { handle, fence } = await running(q);
    await q.advance(60_000);
    expect(await q.row(handle)).toMatchObject({ status: "pending", lostCount: 1 });
    const again = await q.claim(await q.startSession({ runner: "r2" }), handle);
    expect(again?.job.attempt).toBe(2);
    for (const late of ["late", "later"]) {
      expect(await q.report(fence, { kind: "complete", result: late })).toMatchObject({ kind: "lease_lost" });
    }
    expect(await attempts(q, handle)).toMatchObject([{ outcome: "lost", lateResult: "late" }, { number: 2 }]);
    expect(await q.row(handle)).toMatchObject({ status: "running", attempt: 2 });
  });

  it.each([
    [{ kind: "failed" as const, error: "e" }, "e"],
    [{ kind: "failed" as const, error: "e", result: "r" }, "r"],
    [{ kind: "limited" as const, reason: "q" }, "limited: q"],
    [{ kind: "interrupted" as const, reason: "d" }, "interrupted: d"],
    [{ kind: "canceled" as const }, "canceled"],
  ])("keeps the evidence of a late %j", async (outcome, lateResult) => {
    const q = await openQueue();
    const { handle, fence } = await running(q);
    await q.advance(60_000);
    expect(await q.report(fence, outcome)).toMatchObject({ kind: "lease_lost" });
    expect(await attempts(q, handle)).toMatchObject([{ lateResult }]);
  });

  it.each([
    ["attempt", { attempt: 7 }],
    ["session", { session: "other" }],
  ])("refuses a fence with another %s", async (_, change) => {
    const q = await openQueue();
    const { handle, fence } = await running(q);
    const other = await q.startSession({ runner: "r2" });
    const stale = { ...fence, ...("session" in change ? { session: other } : change) };
    expect(await q.report(stale, complete)).toMatchObject({ kind: "lease_lost" });
    expect(await q.admin.mutation(api.work.events, { ...NS, fence: stale, events: [] })).toEqual({
      kind: "lease_lost",
    });
    expect(await advance(q, stale, "script")).toEqual({ kind: "lease_lost" });
    expect(await q.row(handle)).toMatchObject({ status: "running" });
  });

  it("refuses a fence whose attempt is no attempt number", async () => {
    const q = await openQueue();
    const { fence } = await running(q);
    expect(await errorOf(q.report({ ...fence, attempt: 0.5 }, complete))).toMatchObject({ code: "INVALID" });
  });

  it("sends an interrupted job back without counting anything", async () => {
    const q = await openQueue();
    const { handle, fence } = await running(q);
    await q.report(fence, { kind: "interrupted", reason: "drain" });
    expect(await q.row(handle)).toMatchObject({
      status: "pending",
      ready: true,
      lostCount: 0,
      limitedCount: 0,
      attempt: 1,
    });
    expect(await attempts(q, handle)).toMatchObject([{ outcome: "interrupted" }]);
  });

  it("parks a limited job, longer each time, and fails it after 20 tries", { timeout: 60_000 }, async () => {
    const q = await openQueue();
    const [job = ""] = await q.insert(await q.create(), {});
    const waits: number[] = [];
    for (let i = 0; i < 21; i += 1) {
      await q.run(await q.startSession(), job, { kind: "limited", reason: "quota" });
      const { status, retryAt } = await q.row(job);
      if (status !== "awaiting_retry") break;
      waits.push(((retryAt ?? 0) - Date.now()) / 60_000);
      await q.advance((retryAt ?? 0) - Date.now());
    }
    expect(waits.slice(0, 6)).toEqual([2, 5, 15, 30, 30, 30]);
    expect(waits).toHaveLength(20);
    expect(await q.row(job)).toMatchObject({
      status: "failed",
      error: expect.stringContaining("limited 21 times"),
    });
  });

  it.each([
    [complete, "complete"],
    [{ kind: "failed" as const, error: "killed" }, "canceled"],
    [{ kind: "limited" as const, reason: "q" }, "canceled"],
    [{ kind: "interrupted" as const, reason: "d" }, "canceled"],
    [{ kind: "canceled" as const }, "canceled"],
  ])("lets a requested cancel win against every end but success: %j", async (outcome, status) => {
    const q = await openQueue();
    const { handle, fence } = await running(q);
    await q.admin.mutation(api.jobs.cancel, { ...NS, job: handle });
    expect(await q.report(fence, outcome)).toMatchObject({ kind: "accepted" });
    expect(await q.row(handle)).toMatchObject({ status });
  });
});

describe("work:advance", () => {
  it("goes on with the next profile as a new attempt of the same session", async () => {
    const q = await openQueue();
    const { handle, fence } = await running(q, { cascade: ["claude", "b"] });
    expect(await advance(q, fence)).toEqual({ kind: "advanced", attempt: 2 });
    expect(await attempts(q, handle)).toMatchObject([
      { number: 1, outcome: "advanced", verdict: "usage_limit" },
      { number: 2, profile: "b", harness: "claude", session: fence.session },
    ]);
    expect(await q.report(fence, complete)).toMatchObject({ kind: "lease_lost" });
    expect(await q.report({ ...fence, attempt: 2 }, complete)).toMatchObject({ kind: "accepted" });
    expect(await q.row(handle)).toMatchObject({ status: "complete", attempt: 2 });
  });

  it("advances once when it is sent twice", async () => {
    const q = await openQueue();
    const { fence } = await running(q, { cascade: ["claude", "b", "c"] });
    await advance(q, fence);
    expect(await advance(q, fence)).toEqual({ kind: "advanced", attempt: 2 });
    expect(await advance(q, fence, "c")).toEqual({ kind: "lease_lost" });
  });

  it("refuses a profile that is not in the cascade", async () => {
    const q = await openQueue();
    const { fence } = await running(q, { cascade: ["claude"] });
    expect(await errorOf(advance(q, fence))).toMatchObject({
      code: "INVALID",
      message: expect.stringContaining("claude"),
    });
  });

  it("starts nothing new for the session before a restart, whose finished work still counts", async () => {
    const q = await openQueue();
    const { handle, fence } = await running(q, { cascade: ["claude", "b"] });
    await q.startSession();
    expect(await advance(q, fence)).toEqual({ kind: "lease_lost" });
    const events = [{ seq: 1, at: 1, kind: "text", text: "from the outbox" }];
    expect(await q.admin.mutation(api.work.events, { ...NS, fence, events })).toEqual({ kind: "accepted" });
    expect(await q.report(fence, complete)).toMatchObject({ kind: "accepted" });
    expect(await q.report(fence, complete)).toMatchObject({ kind: "already" });
    expect(await q.row(handle)).toMatchObject({ status: "complete" });
  });
});
