/**
 * Runners and their sessions: leases, the reaper, takeover, heartbeats and orders. The clock is fake, so leases lapse
 * at their very millisecond.
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { api, internal } from "./_generated/api.js";
import type { Id } from "./_generated/dataModel.js";
import { errorOf, openQueue, type Queue } from "./queue.testkit.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const NS = { namespace: "main" };
const LEASE = 60_000;
const IDLE = 300_000;

const beat = (q: Queue, session: string, running: { job: string; attempt: number }[] = []) =>
  q.admin.mutation(api.sessions.heartbeat, { session, running });
const sessionRow = (q: Queue, session: string) =>
  q.t.run((ctx) => ctx.db.get("sessions", session as Id<"sessions">));
const start = {
  runner: "r1",
  host: "h1",
  version: "1",
  namespaces: ["main"],
  pools: ["default"],
  slots: 8,
  profiles: ["claude", "script"],
};
const pendingReapers = (q: Queue) =>
  q.t.run(async (ctx) => {
    const all = await ctx.db.system.query("_scheduled_functions").collect();
    return all.filter((f) => f.state.kind === "pending" && f.name === "sessions:reap").length;
  });

async function busy(q: Queue, args: Record<string, unknown> = {}) {
  const [job = ""] = await q.insert(await q.create(), {});
  const session = await q.startSession(args);
  await q.claim(session, job);
  const { _id } = await q.row(job);
  return { job, session, held: [{ job: _id as string, attempt: 1 }] };
}

describe("sessions:start", () => {
  it("gives an idle session a long lease and tells the short one", async () => {
    const q = await openQueue();
    const started = await q.admin.mutation(api.sessions.start, start);
    expect(started).toMatchObject({ leaseMs: LEASE, renewInMs: IDLE / 3, namespaces: ["main"], held: [] });
  });

  it("takes the deployment's lease, unless it makes no sense", async () => {
    const q = await openQueue();
    vi.stubEnv("DROVER_LEASE_MS", "15000");
    expect(await q.admin.mutation(api.sessions.start, start)).toMatchObject({ leaseMs: 15_000 });
    vi.stubEnv("DROVER_LEASE_MS", "soon");
    expect(await q.admin.mutation(api.sessions.start, start)).toMatchObject({ leaseMs: LEASE });
  });

  it("serves all that the token grants for *, and each name once", async () => {
    const q = await openQueue();
    for (const namespace of ["a", "b"]) await q.admin.mutation(api.namespaces.ensure, { namespace });
    const runner = q.as({ role: "runner", namespaces: "a,b", pools: "*" });
    expect((await runner.mutation(api.sessions.start, { ...start, namespaces: ["*"] })).namespaces).toEqual([
      "a",
      "b",
    ]);
    expect(
      (await runner.mutation(api.sessions.start, { ...start, namespaces: ["b", "b"] })).namespaces,
    ).toEqual(["b"]);
    expect(await runner.query(api.runners.list, { namespace: "a" })).toEqual([]);
  });

  it.each([
    ["no namespace", { namespaces: [] }, "INVALID"],
    ["an unknown namespace", { namespaces: ["gone"] }, "NOT_FOUND"],
    ["a fraction of a slot", { slots: 0.5 }, "INVALID"],
    ["a runner without a name", { runner: "" }, "INVALID"],
  ])("refuses %s", async (_, change, code) => {
    const q = await openQueue();
    expect(await errorOf(q.admin.mutation(api.sessions.start, { ...start, ...change }))).toMatchObject({
      code,
    });
  });

  it("takes over what the earlier session of the same runner and host holds, under the same attempt", async () => {
    const q = await openQueue();
    const { job, session, held } = await busy(q);
    const next = await q.admin.mutation(api.sessions.start, start);
    expect(next).toMatchObject({
      renewInMs: LEASE / 3,
      held: [{ ...held[0], handle: job, namespace: "main" }],
    });
    expect(await sessionRow(q, session)).toMatchObject({ status: "ended", successor: next.session });
    expect(await beat(q, session, held)).toEqual({ kind: "lost" });
    const fence = { job: held[0]?.job ?? "", attempt: 1, session: next.session };
    expect(await q.report(fence, { kind: "complete", result: "ok" })).toMatchObject({ kind: "accepted" });
  });

  it.each([
    ["another name", { runner: "r2" }],
    ["another host", { host: "h2" }],
  ])("takes nothing over under %s", async (_, change) => {
    const q = await openQueue();
    const { job, session } = await busy(q);
    expect((await q.admin.mutation(api.sessions.start, { ...start, ...change })).held).toEqual([]);
    expect(await q.row(job)).toMatchObject({ session });
  });

  it("takes nothing over once the lease has run out", async () => {
    const q = await openQueue();
    const { job } = await busy(q);
    vi.setSystemTime(Date.now() + LEASE);
    expect((await q.admin.mutation(api.sessions.start, start)).held).toEqual([]);
    await q.settle();
    expect(await q.row(job)).toMatchObject({ status: "pending", lostCount: 1 });
  });

  it("sends back what the new session does not serve", async () => {
    const q = await openQueue();
    await q.admin.mutation(api.namespaces.ensure, { namespace: "other" });
    const { job } = await busy(q);
    expect((await q.admin.mutation(api.sessions.start, { ...start, namespaces: ["other"] })).held).toEqual(
      [],
    );
    await q.settle();
    expect(await q.row(job)).toMatchObject({ status: "pending", lostCount: 0 });
  });

  it("ends no session of a namesake in namespaces that the token does not grant", async () => {
    const q = await openQueue();
    await q.admin.mutation(api.namespaces.ensure, { namespace: "other" });
    const { session } = await busy(q);
    const stranger = q.as({ role: "runner", namespaces: "other", pools: "*" });
    await stranger.mutation(api.sessions.start, { ...start, namespaces: ["other"] });
    expect(await sessionRow(q, session)).toMatchObject({ status: "live" });
    expect(await q.admin.query(api.runners.list, NS)).toHaveLength(1);
  });

  it("ends no session of a namesake in pools that the token does not grant", async () => {
    const q = await openQueue();
    const { session } = await busy(q);
    const stranger = q.as({ role: "runner", namespaces: "main", pools: "gpu" });
    const { held } = await stranger.mutation(api.sessions.start, { ...start, pools: ["gpu"] });
    expect(held).toEqual([]);
    expect(await sessionRow(q, session)).toMatchObject({ status: "live" });
  });

  it("forgets what could not run on its machine", async () => {
    const q = await openQueue();
    const session = await q.startSession();
    await q.admin.mutation(api.health.report, {
      ...NS,
      session,
      profile: "codex",
      scope: "machine",
      kind: "offline",
      reason: "not installed",
    });
    expect(await q.admin.query(api.health.list, NS)).toMatchObject([
      { profile: "codex", machine: "h1", kind: "offline" },
    ]);
    await q.startSession();
    expect(await q.admin.query(api.health.list, NS)).toEqual([]);
  });
});

describe("the lease", () => {
  it("lapses when it is not renewed: the job is lost, pending, and the session over", async () => {
    const q = await openQueue();
    const { job, session } = await busy(q);
    await q.advance(LEASE - 1);
    expect(await q.row(job)).toMatchObject({ status: "running" });
    await q.advance(1);
    expect(await q.row(job)).toMatchObject({ status: "pending", lostCount: 1, ready: true });
    expect(await q.admin.query(api.jobs.get, { ...NS, job })).toMatchObject({
      attempts: [{ outcome: "lost", verdict: "lost" }],
    });
    expect(await beat(q, session)).toEqual({ kind: "lost" });
    expect(await q.admin.query(api.sessions.orders, { session })).toMatchObject({ alive: false });
  });

  it("holds as long as it is renewed, with one reaper, which ends with the session", async () => {
    const q = await openQueue();
    const { job, session, held } = await busy(q);
    for (let i = 0; i < 10; i += 1) {
      await q.advance(LEASE / 3);
      expect(await beat(q, session, held)).toMatchObject({
        kind: "renewed",
        leaseUntil: Date.now() + LEASE,
        renewInMs: LEASE / 3,
      });
    }
    expect(await q.row(job)).toMatchObject({ status: "running", lostCount: 0 });
    expect(await pendingReapers(q)).toBeLessThanOrEqual(2);
    await q.admin.mutation(api.sessions.end, { session });
    await q.advance(2 * IDLE);
    expect(await pendingReapers(q)).toBe(0);
    expect(await q.row(job)).toMatchObject({ status: "pending", lostCount: 0 });
  });

  it("is renewed late as long as nobody has acted upon its end", async () => {
    const q = await openQueue();
    const { session, held } = await busy(q);
    vi.setSystemTime(Date.now() + LEASE + 1);
    expect(await beat(q, session, held)).toMatchObject({ kind: "renewed" });
  });

  it("is the long one again when nothing runs any more", async () => {
    const q = await openQueue();
    const { session, held } = await busy(q);
    await q.report({ job: held[0]?.job ?? "", attempt: 1, session }, { kind: "complete", result: "" });
    expect(await beat(q, session)).toMatchObject({ leaseUntil: Date.now() + IDLE });
    await q.advance(IDLE - 1);
    expect(await sessionRow(q, session)).toMatchObject({ status: "live" });
    await q.advance(1);
    expect(await sessionRow(q, session)).toMatchObject({ status: "lapsed" });
  });

  it("of a second job keeps its end", async () => {
    const q = await openQueue();
    const { session } = await busy(q);
    await q.insert("1", {});
    await q.advance(1000);
    expect(await q.claim(session, "1.2")).toMatchObject({ leaseUntil: Date.now() + LEASE - 1000 });
  });

  it("is reaped by the cron where the scheduled reaper was lost", async () => {
    const q = await openQueue();
    const { job } = await busy(q);
    vi.setSystemTime(Date.now() + LEASE + 1);
    await q.t.mutation(internal.sessions.reapAll, {});
    expect(await q.row(job)).toMatchObject({ status: "pending", lostCount: 1 });
    await q.settle();
    expect(await q.row(job)).toMatchObject({ lostCount: 1 });
  });

  it("of a runner that died ends in minutes, not in a day, when the clock was set back by one", async () => {
    const q = await openQueue();
    const { job } = await busy(q);
    vi.setSystemTime(Date.now() - 86_400_000);
    await q.t.mutation(internal.sessions.reapAll, {});
    expect(await q.row(job)).toMatchObject({ status: "running" });
    vi.setSystemTime(Date.now() + 6 * 60_000);
    await q.t.mutation(internal.sessions.reapAll, {});
    expect(await q.row(job)).toMatchObject({ status: "pending", lostCount: 1 });
  });

  it("costs a job its life the third time", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), {});
    for (let i = 0; i < 3; i += 1) {
      await q.claim(await q.startSession({ runner: `r${i}` }), "1.1");
      await q.advance(LEASE);
    }
    expect(await q.row("1.1")).toMatchObject({
      status: "failed",
      attempt: 3,
      error: expect.stringContaining("quarantined"),
    });
  });
});

describe("sessions:heartbeat", () => {
  it("carries the orders", async () => {
    const q = await openQueue();
    const { job, session, held } = await busy(q);
    await q.admin.mutation(api.jobs.cancel, { ...NS, job });
    await q.admin.mutation(api.runners.drain, { ...NS, runner: "r1" });
    expect(await beat(q, session, held)).toMatchObject({
      orders: { alive: true, drain: true, cancel: held },
    });
  });

  it("sends back a job that the runner never heard of, but not one whose answer may be on its way", async () => {
    const q = await openQueue();
    const { job, session } = await busy(q);
    await q.advance(1);
    await beat(q, session);
    expect(await q.row(job)).toMatchObject({ status: "running" });
    await q.advance(20_000);
    await beat(q, session);
    expect(await q.row(job)).toMatchObject({ status: "pending", lostCount: 0 });
  });
});

describe("sessions:end", () => {
  it("interrupts what runs, and is nothing the second time", async () => {
    const q = await openQueue();
    const { job, session } = await busy(q);
    for (let i = 0; i < 2; i += 1) await q.admin.mutation(api.sessions.end, { session });
    await q.settle();
    expect(await q.row(job)).toMatchObject({ status: "pending", lostCount: 0, ready: true });
    expect(await q.admin.query(api.jobs.get, { ...NS, job })).toMatchObject({
      attempts: [{ outcome: "interrupted", detail: "its runner stopped" }],
    });
  });
});

describe("runners:list", () => {
  it("shows runners with their live session, and only namespaces that the caller may see", async () => {
    const q = await openQueue();
    await q.admin.mutation(api.namespaces.ensure, { namespace: "other" });
    const session = await q.startSession({ namespaces: ["main", "other"] });
    const viewer = q.as({ role: "viewer", namespaces: "main" });
    expect(await viewer.query(api.runners.list, NS)).toMatchObject([
      {
        name: "r1",
        host: "h1",
        namespaces: ["main"],
        session: { id: session, slots: 8, draining: false, busy: false },
      },
    ]);
    await q.admin.mutation(api.sessions.end, { session });
    expect(await viewer.query(api.runners.list, NS)).toMatchObject([{ session: null }]);
    await q.startSession({ namespaces: ["other"] });
    expect(await viewer.query(api.runners.list, NS)).toEqual([]);
  });
});

describe("runners:drain", () => {
  it("takes a name or an id, and needs all namespaces that the runner serves", async () => {
    const q = await openQueue();
    await q.admin.mutation(api.namespaces.ensure, { namespace: "other" });
    const session = await q.startSession({ namespaces: ["main", "other"] });
    const half = q.as({ role: "admin", namespaces: "main" });
    expect(await errorOf(half.mutation(api.runners.drain, { ...NS, runner: "r1" }))).toMatchObject({
      code: "NOT_ALLOWED",
    });
    const [runner] = await q.admin.query(api.runners.list, NS);
    await q.admin.mutation(api.runners.drain, { ...NS, runner: runner?.id ?? "" });
    expect(await q.admin.query(api.sessions.orders, { session })).toMatchObject({ drain: true });
    await q.admin.mutation(api.sessions.end, { session });
    expect(await q.admin.mutation(api.runners.drain, { ...NS, runner: "r1" })).toBeNull();
  });
});

describe("sessions:update", () => {
  it("makes claims follow what the runner offers now, and forgets what failed on its machine", async () => {
    const q = await openQueue();
    const session = await q.startSession({ profiles: ["script"] });
    await q.insert(await q.create(), { harness: "claude" }, {});
    expect(await q.claim(session, "1.1")).toBeNull();
    await q.admin.mutation(api.health.report, {
      ...{ namespace: "main", session, profile: "claude", reason: "401" },
      ...{ scope: "machine" as const, kind: "offline" as const },
    });
    const offer = { pools: ["default"], slots: 3, profiles: ["claude"], collecting: [], repos: {} };
    await q.admin.mutation(api.sessions.update, { session, ...offer });
    expect(await q.claim(session, "1.1")).not.toBeNull();
    expect(await q.claim(session, "1.2")).toBeNull();
    const [runner] = await q.admin.query(api.runners.list, { namespace: "main" });
    expect(runner?.session).toMatchObject({ slots: 3, profiles: ["claude"] });
  });
});
