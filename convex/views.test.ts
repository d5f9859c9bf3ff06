/** What people see: explanations, what is stuck, counts and live screens, lists. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "./_generated/api.js";
import { errorOf, openQueue, type Queue } from "./queue.testkit.ts";

afterEach(() => vi.useRealTimers());

const NS = { namespace: "main" };
const failed = { kind: "failed" as const, error: "no" };

const explain = (q: Queue, job: string) => q.admin.query(api.jobs.explain, { ...NS, job });
const block = (q: Queue, assignment: string) =>
  q.admin.mutation(api.assignments.update, { ...NS, assignment, status: "blocked", reason: "need a key" });

describe("jobs:explain", () => {
  it("names the dependency that a job waits for, the hopeless ones first", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    await q.insert(await q.create({ policy: "pm" }), { key: "a" }, { key: "b" }, { after: ["a", "b"] });
    expect(await explain(q, "1.3")).toMatchObject({
      state: "pending",
      ready: false,
      causes: [
        { reason: "dependencies", handle: "1.1", text: "waits for 1.1, which is pending" },
        { handle: "1.2" },
      ],
      next: "the end of 1.1",
    });
    await q.run(s, "1.2", failed);
    const { causes } = await explain(q, "1.3");
    expect(causes[0]).toMatchObject({
      handle: "1.2",
      text: expect.stringContaining("will not become complete by itself"),
    });
  });

  it("names an assignment that a job waits for", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), {});
    await q.insert(await q.create(), { after: ["1"], notBefore: Date.now() + 5000 });
    expect(await explain(q, "2.1")).toMatchObject({
      causes: [
        { reason: "dependencies", handle: "1" },
        { reason: "time", until: Date.now() + 5000 },
      ],
    });
  });

  it("names the start time", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), { notBefore: Date.now() + 5000 });
    expect(await explain(q, "1.1")).toMatchObject({ causes: [{ reason: "time" }], next: "its start time" });
  });

  it("names the holder of the lock", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), { lock: "k" }, { lock: "k" });
    expect(await explain(q, "1.2")).toMatchObject({
      causes: [{ reason: "lock", handle: "1.1" }],
      next: "1.1, which has its lock",
    });
  });

  it("names who has the turn", async () => {
    const q = await openQueue();
    for (let i = 0; i < 2; i += 1) await q.insert(await q.create({ independent: false }), {});
    const { causes, next } = await explain(q, "2.1");
    expect(causes).toMatchObject([{ reason: "assignment", handle: "1" }]);
    expect(next).toContain("assignment 1 has the turn");
  });

  it("names why the assignment is blocked and who must act, also for jobs that wait for more", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), { key: "a" }, { after: ["a"] });
    await block(q, "1");
    await q.settle();
    const text = "assignment 1 is blocked (human must act): need a key";
    expect((await explain(q, "1.1")).causes).toMatchObject([{ reason: "assignment", text }]);
    expect((await explain(q, "1.2")).causes).toMatchObject([
      { reason: "dependencies" },
      { reason: "assignment", text },
    ]);
  });

  it("names the limits of a parked job and when they end", async () => {
    const q = await openQueue();
    const session = await q.startSession();
    await q.insert(await q.create(), {});
    await q.admin.mutation(api.health.report, {
      ...NS,
      session,
      profile: "script",
      scope: "account",
      kind: "limited",
      reason: "quota",
    });
    expect(await explain(q, "1.1")).toMatchObject({
      ready: true,
      causes: [{ reason: "harness", text: "script is limited: quota" }],
    });
    await q.claim(session, "1.1");
    const { state, causes, next } = await explain(q, "1.1");
    expect(state).toBe("awaiting_retry");
    expect(causes).toMatchObject([
      { reason: "harness", until: Date.now() + 900_000 },
      { text: "script is limited: quota" },
    ]);
    expect(next).toContain("limits");
  });

  it.each([
    ["no runner", null, "no live runner serves pool"],
    ["no runner of its pool", { pools: ["gpu"] }, "no live runner serves pool"],
    [
      "no runner with its profile",
      { profiles: ["codex"] },
      "no live runner offers any of its harness profiles (script)",
    ],
  ])("says of a ready job that there is %s", async (_, session, text) => {
    const q = await openQueue();
    await q.insert(await q.create(), {});
    if (session !== null) await q.startSession(session);
    const { causes, next } = await explain(q, "1.1");
    expect(causes).toMatchObject([{ reason: "runner", text: expect.stringContaining(text) }]);
    expect(next).toBe("a runner that can take it");
  });

  it("says of a job of a private repo that all its profiles collect data, as its claim does", async () => {
    const q = await openQueue();
    await q.admin.mutation(api.namespaces.ensure, { ...NS, privateRepos: ["o/secret"] });
    await q.insert(await q.create(), { repo: "o/secret" });
    const offer = { profiles: ["script"] };
    const session = await q.startSession({ ...offer, collecting: ["script"] });
    expect(await q.claim(session, "1.1")).toBeNull();
    const { causes, next } = await explain(q, "1.1");
    expect(causes).toMatchObject([
      { reason: "runner", text: expect.stringMatching(/^its repo is private and .*\(script\) collect data/) },
    ]);
    expect(next).toBe("a runner that can take it");
    await q.startSession({ ...offer, runner: "r2" });
    expect((await explain(q, "1.1")).causes).toEqual([]);
  });

  it("says of a ready job that its runners drain, that the namespace is paused, or that it is next", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), {});
    await q.startSession();
    expect(await explain(q, "1.1")).toMatchObject({
      causes: [],
      next: expect.stringMatching(/^the next free slot of a runner/),
    });
    await q.admin.mutation(api.runners.drain, { ...NS, runner: "r1" });
    expect((await explain(q, "1.1")).causes).toMatchObject([
      { text: "every runner that could take it is draining" },
    ]);
    await q.admin.mutation(api.namespaces.setPaused, { ...NS, paused: true });
    expect((await explain(q, "1.1")).next).toContain("resuming");
  });

  it("says of a ready job that no runner has room for it, until one has again", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), {});
    const session = await q.startSession();
    const refuse = (more: object) =>
      q.admin.mutation(api.sessions.refuse, { session, draining: false, ...more });
    await refuse({ why: "9 MiB of disk are free, needs 512" });
    expect(await explain(q, "1.1")).toMatchObject({
      causes: [{ reason: "runner", text: expect.stringContaining("claims nothing: 9 MiB of disk") }],
      next: "a runner that can take it",
    });
    await refuse({});
    expect((await explain(q, "1.1")).causes).toEqual([]);
    await refuse({ draining: true });
    expect((await explain(q, "1.1")).causes).toMatchObject([{ text: expect.stringContaining("draining") }]);
  });

  it("says what moves a job that runs or has ended", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    await q.insert(await q.create(), {}, {}, {}, { key: "d" });
    await q.claim(s, "1.1");
    expect((await explain(q, "1.1")).next).toBe("the report of its runner");
    await q.admin.mutation(api.jobs.cancel, { ...NS, job: "1.1" });
    expect((await explain(q, "1.1")).next).toBe("its runner was told to cancel it");
    await q.run(s, "1.2");
    expect((await explain(q, "1.2")).next).toBe("nothing: it is complete");
    await q.run(s, "1.3", failed);
    expect((await explain(q, "1.3")).next).toContain("drover retry 1.3");
    await q.admin.mutation(api.jobs.start, { ...NS, job: "1.4" });
    expect((await explain(q, "1.4")).next).toContain("a person has it in hand");
  });

  it("keeps its words short of certainty while the rows are on their way", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), { lock: "k" }, { lock: "k" }, {});
    await q.t.run(async (ctx) => {
      for (const row of await ctx.db.query("locks").collect()) await ctx.db.delete("locks", row._id);
    });
    expect((await explain(q, "1.2")).next).toBe("waits for the lock k");
    const { _id } = await q.row("1.3");
    await q.t.run((ctx) =>
      ctx.db.patch("jobs", _id, { waitingFor: ["assignment"], gate: "assignment", ready: false }),
    );
    expect((await explain(q, "1.3")).next).toBe("its assignment is about to get the turn");
    await q.t.run((ctx) => ctx.db.patch("jobs", _id, { waitingFor: ["harness"], gate: "harness" }));
    expect((await explain(q, "1.3")).causes).toMatchObject([{ reason: "harness" }]);
    await q.t.run((ctx) => ctx.db.patch("jobs", _id, { status: "awaiting_approval" }));
    expect((await explain(q, "1.3")).next).toBe("the answer of a person");
    const assignment = await q.assignment("1");
    await q.t.run((ctx) => ctx.db.patch("jobs", _id, { status: "pending" }));
    await q.t.run((ctx) => ctx.db.patch("assignments", assignment.id as never, { status: "canceled" }));
    expect((await explain(q, "1.3")).causes).toContainEqual(
      expect.objectContaining({ text: "assignment 1 is canceled" }),
    );
  });
});

describe("what is stuck", () => {
  const stuck = async (q: Queue) => (await q.admin.query(api.scheduler.queueStatus, NS)).stuck;

  it("is nothing while something runs, is ready, waits for its time or for a limit to end", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    await q.insert(await q.create({ policy: "pm" }), { key: "a" }, { after: ["a"] });
    expect(await stuck(q)).toEqual([]);
    await q.run(s, "1.1", failed);
    await q.insert(await q.create(), { notBefore: Date.now() + 5000 });
    await q.admin.mutation(api.jobs.cancel, { ...NS, job: "1.3" });
    expect(await stuck(q)).toEqual([]);
    await q.advance(5000);
    await q.claim(s, "2.1");
    expect(await stuck(q)).toEqual([]);
  });

  it("is named with its root causes when nothing can move", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    await q.insert(await q.create({ policy: "pm" }), { key: "a" }, { after: ["a"] });
    await q.run(s, "1.1", failed);
    await q.admin.mutation(api.jobs.cancel, { ...NS, job: "1.3" });
    expect(await stuck(q)).toMatchObject([
      { handle: "1.2", causes: [{ handle: "1.1", text: expect.stringContaining("retry it") }] },
    ]);
  });

  it("is a ready job that no live runner can take, while nothing else moves", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), { type: "implement", harness: "claude" });
    expect(await stuck(q)).toMatchObject([
      { handle: "1.1", causes: [{ reason: "runner", text: expect.stringContaining("drover runner") }] },
    ]);
    const s = await q.startSession({ profiles: ["codex"] });
    expect(await stuck(q)).toMatchObject([
      { handle: "1.1", causes: [{ reason: "runner", text: expect.stringContaining("(claude)") }] },
    ]);
    await q.insert(await q.create(), { type: "implement", harness: "codex", lock: null });
    expect(await stuck(q)).toEqual([]);
    await q.claim(s, "2.1");
    expect(await stuck(q)).toEqual([]);
  });

  it("is a ready job whose harness cannot run on any machine that offers it, until its runner starts again", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), {});
    const session = await q.startSession();
    await q.admin.mutation(api.health.report, {
      ...NS,
      session,
      profile: "script",
      scope: "machine",
      kind: "offline",
      reason: "login failed",
    });
    expect(await stuck(q)).toMatchObject([
      {
        handle: "1.1",
        causes: [{ reason: "runner", text: expect.stringContaining("on h1 (login failed)") }],
      },
    ]);
    expect((await explain(q, "1.1")).next).toBe("a runner that can take it");
    await q.startSession({ host: "h2", runner: "r2" });
    expect(await stuck(q)).toEqual([]);
  });

  it("is nothing while the namespace is paused and jobs are ready: that is somebody's will", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), {});
    await q.admin.mutation(api.namespaces.setPaused, { ...NS, paused: true });
    expect(await stuck(q)).toEqual([]);
  });

  it("names active assignments without an open job always", async () => {
    const q = await openQueue();
    const assignment = await q.create({ policy: "pm" });
    await q.admin.mutation(api.assignments.update, { ...NS, assignment, status: "active" });
    expect(await stuck(q)).toMatchObject([
      { handle: "1", causes: [{ text: expect.stringContaining("insert one, or complete it") }] },
    ]);
  });

  it("names blocked assignments always: each needs somebody", async () => {
    const q = await openQueue();
    await q.startSession();
    await q.insert(await q.create(), {});
    await q.insert(await q.create(), {});
    await block(q, "2");
    expect(await stuck(q)).toMatchObject([
      { handle: "2", causes: [{ reason: "assignment", text: expect.stringContaining("need a key") }] },
    ]);
  });
});

describe("scheduler:queueStatus", () => {
  it("counts by state and says who runs", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    await q.insert(await q.create({ independent: false }), {}, {}, {});
    await q.run(s, "1.1");
    await q.claim(s, "1.2");
    expect(await q.admin.query(api.scheduler.queueStatus, NS)).toMatchObject({
      namespace: "main",
      paused: false,
      assignments: { active: 1, pending: 0, blocked: 0 },
      jobs: { complete: 1, running: 1, pending: 1 },
      running: [{ handle: "1.2" }],
      serialActive: true,
      stuck: [],
    });
  });
});

describe("scheduler:watchQueue", () => {
  it("shows what runs, what is ready or waits, and what ended last", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    await q.insert(
      await q.create(),
      { key: "a" },
      {},
      {},
      { after: ["a"] },
      { notBefore: Date.now() + 1000 },
    );
    await q.claim(s, "1.1");
    await q.run(s, "1.2");
    expect(await q.admin.query(api.scheduler.watchQueue, NS)).toMatchObject({
      paused: false,
      running: [{ handle: "1.1" }],
      ready: 1,
      waiting: 2,
      recent: [{ handle: "1.2" }],
      runners: 1,
      stuck: [],
    });
  });
});

describe("lists", () => {
  it("of jobs are newest first, by state, as many as asked for, without long texts", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), {}, {}, {});
    await q.insert(await q.create(), {});
    await q.admin.mutation(api.jobs.cancel, { ...NS, job: "1.2" });
    const list = async (args: object) =>
      (await q.admin.query(api.jobs.list, { ...NS, ...args })).map(({ handle }) => handle);
    expect(await list({})).toEqual(["2.1", "1.3", "1.2", "1.1"]);
    expect(await list({ status: "pending", limit: 2 })).toEqual(["2.1", "1.3"]);
    expect(await list({ status: "canceled" })).toEqual(["1.2"]);
    expect((await q.admin.query(api.jobs.list, NS))[0]?.context).toBeUndefined();
    expect(await errorOf(list({ limit: 0.5 }))).toMatchObject({ code: "INVALID" });
  });

  it("of assignments are newest first, by state, with the first line of their north star", async () => {
    const q = await openQueue();
    await q.create({ northStar: "one\nmore of it" });
    await q.create({ northStar: "two" });
    const all = await q.admin.query(api.assignments.list, NS);
    expect(all.map(({ handle, northStar }) => `${handle} ${northStar}`)).toEqual(["2 two", "1 one"]);
    expect((await q.assignment("1")).northStar).toBe("one\nmore of it");
    expect(await q.admin.query(api.assignments.list, { ...NS, status: "blocked" })).toEqual([]);
  });

  it("of an assignment's jobs hold the last 200, oldest first", { timeout: 60_000 }, async () => {
    const q = await openQueue();
    await q.insert(await q.create(), ...Array.from({ length: 210 }, () => ({})));
    const { jobs } = await q.admin.query(api.assignments.get, { ...NS, assignment: "1" });
    expect([jobs.length, jobs[0]?.number, jobs[199]?.number]).toEqual([200, 11, 210]);
  });
});
