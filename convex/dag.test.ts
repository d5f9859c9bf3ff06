/**
 * Graphs, locks and turns: what becomes ready after what. The drains run every job through claim and report, under
 * the limits that Convex puts on a transaction. Not asserted: readiness in all histories (readiness.test.ts).
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { api, internal } from "./_generated/api.js";
import { errorOf, openQueue, type NewJobArg, type Queue } from "./queue.testkit.ts";

afterEach(() => vi.useRealTimers());

const NS = { namespace: "main" };
const failed = { kind: "failed" as const, error: "no" };

const ready = async (q: Queue) =>
  (await q.admin.query(api.scheduler.ready, { ...NS, pool: "default" })).map(({ handle }) => handle);
const statusOf = async (q: Queue, handle: string) => (await q.row(handle)).status;

/** Runs whatever is ready until nothing is; gives the order, and fails when a job ran before what it waits for. */
async function drain(q: Queue): Promise<string[]> {
  const order: string[] = [];
  const s = await q.startSession({ slots: 1000 });
  for (let window = await ready(q); window.length > 0; window = await ready(q)) {
    for (const job of window) {
      if ((await q.row(job)).ready) {
        await q.run(s, job);
        order.push(job);
      }
    }
  }
  return order;
}
const count = (q: Queue, status: string) =>
  q.t.run(
    async (ctx) => (await ctx.db.query("jobs").collect()).filter((job) => job.status === status).length,
  );

describe("a graph", () => {
  it("fans out and in, and runs a diamond in order", async () => {
    const q = await openQueue();
    await q.insert(
      await q.create(),
      { key: "a" },
      { key: "b", after: ["a"] },
      { key: "c", after: ["a"] },
      { after: ["b", "c"] },
    );
    expect(await ready(q)).toEqual(["1.1"]);
    expect(await drain(q)).toEqual(["1.1", "1.2", "1.3", "1.4"]);
    expect(await q.assignment("1")).toMatchObject({ status: "complete" });
  });

  it("runs a chain of 200 one after the other", { timeout: 120_000 }, async () => {
    const q = await openQueue();
    const chain: NewJobArg[] = Array.from({ length: 200 }, (_, i) => ({
      key: `k${i}`,
      after: i === 0 ? [] : [`k${i - 1}`],
    }));
    await q.insert(await q.create(), ...chain);
    expect(await drain(q)).toEqual(chain.map((_, i) => `1.${i + 1}`));
  });

  it("skips the whole chain behind a failed job, and nothing beside it", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    const chain: NewJobArg[] = Array.from({ length: 60 }, (_, i) => ({
      key: `k${i}`,
      after: i === 0 ? [] : [`k${i - 1}`],
    }));
    await q.insert(await q.create(), ...chain, { key: "beside" });
    await q.run(s, "1.1", failed);
    expect(await count(q, "skipped")).toBe(59);
    expect((await q.row("1.60")).error).toContain("1.59, which it waits for, is skipped");
    expect(await q.assignment("1")).toMatchObject({ status: "active" });
    await q.run(s, "1.61");
    expect(await q.assignment("1")).toMatchObject({ status: "failed" });
  });

  it("runs layers, each after all of the one before", { timeout: 60_000 }, async () => {
    const q = await openQueue();
    const layer = (n: number): NewJobArg[] =>
      Array.from({ length: 8 }, (_, i) => ({
        key: `l${n}-${i}`,
        after: n === 0 ? [] : Array.from({ length: 8 }, (__, j) => `l${n - 1}-${j}`),
      }));
    await q.insert(await q.create(), ...[0, 1, 2, 3, 4].flatMap(layer));
    const order = (await drain(q)).map((handle) => Math.floor((Number(handle.slice(2)) - 1) / 8));
    expect(order).toEqual([...order].sort((a, b) => a - b));
    expect(order).toHaveLength(40);
  });

  it(
    "unblocks 1,500 dependents in batches, each within the limits of a transaction",
    { timeout: 120_000 },
    async () => {
      const q = await openQueue();
      const s = await q.startSession();
      const assignment = await q.create();
      await q.insert(assignment, { key: "root" });
      for (let call = 0; call < 3; call += 1) {
        await q.insert(assignment, ...Array.from({ length: 500 }, () => ({ after: ["root"] })));
      }
      const claimed = await q.claim(s, "1.1");
      const fence = { job: claimed?.job.id ?? "", attempt: 1, session: s };
      await q.admin.mutation(api.work.report, {
        ...NS,
        fence,
        ended: { profile: "script", harness: "script", verdict: "success", startedAt: 1, endedAt: 2 },
        outcome: { kind: "complete", result: "" },
      });
      const first = await q.t.run(
        async (ctx) => (await ctx.db.query("jobs").collect()).filter((job) => job.ready).length,
      );
      expect(first).toBeGreaterThan(300);
      expect(first).toBeLessThan(1500);
      await q.settle();
      expect(
        await q.t.run(
          async (ctx) => (await ctx.db.query("jobs").collect()).filter((job) => job.ready).length,
        ),
      ).toBe(1500);
    },
  );

  it("skips and cancels by the thousand in batches", { timeout: 120_000 }, async () => {
    const q = await openQueue();
    const s = await q.startSession();
    const wide = async () => {
      const assignment = await q.create();
      await q.insert(assignment, { key: "root" });
      for (let call = 0; call < 1; call += 1)
        await q.insert(assignment, ...Array.from({ length: 450 }, () => ({ after: ["root"], lock: "one" })));
    };
    await wide();
    await q.run(s, "1.1", failed);
    expect(await count(q, "skipped")).toBe(450);
    expect(await q.assignment("1")).toMatchObject({ status: "failed" });
    await wide();
    await q.run(s, "2.1");
    expect(
      await q.t.run(
        async (ctx) => (await ctx.db.query("jobs").collect()).filter((job) => job.gate === "lock").length,
      ),
    ).toBe(449);
    await q.admin.mutation(api.assignments.update, {
      ...NS,
      assignment: "2",
      status: "blocked",
      reason: "hold",
    });
    await q.settle();
    expect(
      await q.t.run(
        async (ctx) =>
          (await ctx.db.query("jobs").collect()).filter((job) => job.gate === "assignment").length,
      ),
    ).toBe(450);
    expect(await q.t.run((ctx) => ctx.db.query("locks").collect())).toEqual([]);
    await q.admin.mutation(api.assignments.update, { ...NS, assignment: "2", status: "canceled" });
    await q.settle();
    expect(await count(q, "canceled")).toBe(450);
  });

  it("lets a job wait for an assignment, and skips it when that fails", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    for (let i = 0; i < 2; i += 1) await q.insert(await q.create(), {});
    await q.insert(await q.create(), { after: ["1"] }, { after: ["2"] });
    await q.run(s, "1.1");
    await q.run(s, "2.1", failed);
    expect(await q.row("3.1")).toMatchObject({ ready: true });
    expect(await q.row("3.2")).toMatchObject({
      status: "skipped",
      error: expect.stringContaining("assignment 2"),
    });
  });

  it("treats what is inserted behind a job that has ended by the policy", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    for (const policy of ["static", "pm"]) {
      const assignment = await q.create({ policy });
      await q.insert(assignment, {}, {});
      await q.run(s, `${assignment}.1`, failed);
      await q.insert(assignment, { after: [`${assignment}.1`] }, { after: [`${assignment}.2`] });
    }
    expect(await statusOf(q, "1.3")).toBe("skipped");
    expect(await q.row("2.4")).toMatchObject({ ready: true });
    await q.run(s, "1.2");
    await q.insert("1", { after: ["1.2"] }, { after: ["2"] });
    expect(await q.row("1.5")).toMatchObject({ ready: true });
    expect(await q.row("1.6")).toMatchObject({ unmetDeps: 1 });
  });

  it("treats what is inserted behind an assignment that has ended by the policy", async () => {
    const q = await openQueue();
    for (const status of ["complete", "canceled"] as const) {
      const assignment = await q.create();
      await q.admin.mutation(api.assignments.update, { ...NS, assignment, status });
    }
    await q.insert(await q.create(), { after: ["1"] }, { after: ["2"] });
    expect(await q.row("3.1")).toMatchObject({ ready: true });
    expect(await q.row("3.2")).toMatchObject({ status: "skipped" });
    await q.insert(await q.create({ policy: "pm" }), { after: ["2"] });
    expect(await q.row("4.1")).toMatchObject({ ready: true });
  });

  it("tells nobody of a job that was retried before the news got around", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    await q.insert(await q.create(), { key: "root" });
    await q.insert("1", ...Array.from({ length: 450 }, () => ({ after: ["root"] })));
    await q.claim(s, "1.1");
    const { _id } = await q.row("1.1");
    await q.admin.mutation(api.work.report, {
      ...NS,
      fence: { job: _id, attempt: 1, session: s },
      ended: { profile: "script", harness: "script", verdict: "failed", startedAt: 1, endedAt: 2 },
      outcome: failed,
    });
    await q.admin.mutation(api.jobs.retry, { ...NS, job: "1.1" });
    await q.settle();
    expect(await count(q, "pending")).toBe(451);
    await q.run(s, "1.1");
    expect(
      await q.t.run(async (ctx) => (await ctx.db.query("jobs").collect()).filter((job) => job.ready).length),
    ).toBe(450);
  });
});

describe("a circle", () => {
  const insert = (q: Queue, assignment: string, jobs: object[]) =>
    errorOf(
      q.admin.mutation(api.jobs.insert, {
        ...NS,
        assignment,
        jobs: jobs.map((job) => ({ type: "script" as const, context: "x", ...job })),
      }),
    );

  it("within a call is refused with its path", async () => {
    const q = await openQueue();
    await q.create();
    const error = await insert(q, "1", [
      { key: "a", after: ["c"] },
      { key: "b", after: ["a"] },
      { key: "c", after: ["b"] },
    ]);
    expect(error).toMatchObject({ code: "CYCLE" });
    for (const key of ["a", "b", "c"]) expect(error.message).toContain(`job "${key}"`);
    expect(await insert(q, "1", [{ key: "a", after: ["a"] }])).toMatchObject({ code: "CYCLE" });
    expect(await insert(q, "1", [{}, { after: ["b"], key: "a" }, { after: ["a"], key: "b" }])).toMatchObject({
      code: "CYCLE",
    });
  });

  it("through the job's own assignment is refused", async () => {
    const q = await openQueue();
    await q.create();
    expect(await insert(q, "1", [{ after: ["1"] }])).toMatchObject({
      code: "CYCLE",
      message: expect.stringContaining("1 → the new job → 1"),
    });
  });

  it("through another assignment is refused with its path", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), {});
    await q.insert(await q.create(), { after: ["1"] });
    expect(await insert(q, "1", [{ after: ["2"] }])).toMatchObject({
      code: "CYCLE",
      message: expect.stringContaining("1 → 2.1 → 2"),
    });
  });

  it("through the successors that a splice would put behind is refused", async () => {
    const q = await openQueue();
    await q.insert(await q.create({ policy: "pm" }), { key: "a" }, { key: "b", after: ["a"] });
    expect(await insert(q, "1", [{ after: ["1.1", "1.2"] }])).toMatchObject({ code: "CYCLE" });
    await q.insert("1", { after: ["1.1"] });
    expect(await q.row("1.2")).toMatchObject({ unmetDeps: 2 });
    const beside = q.admin.mutation(api.jobs.insert, {
      ...NS,
      assignment: "1",
      parallel: true,
      jobs: [{ type: "script", context: "x", after: ["1.1", "1.2"] }],
    });
    expect(await beside).toMatchObject({ kind: "inserted" });
  });

  it("is not seen where assignments only pass work to and fro", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), {});
    await q.insert(await q.create(), { after: ["1.1"] });
    await q.insert("1", { after: ["2.1"] });
    await q.insert("2", { after: ["1.2", "1.1"] });
    expect(await drain(q)).toEqual(["1.1", "2.1", "1.2", "2.2"]);
  });

  it("is not looked for among what has ended", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    await q.insert(await q.create(), {});
    await q.insert(await q.create(), { after: ["1"] });
    await q.run(s, "1.1");
    await q.run(s, "2.1");
    await q.insert("1", { after: ["2"] });
    expect(await q.row("1.2")).toMatchObject({ ready: true });
  });

  it("is looked for among 1,000 jobs and no more", { timeout: 60_000 }, async () => {
    const q = await openQueue();
    const wide = await q.create();
    for (let call = 0; call < 3; call += 1) await q.insert(wide, ...Array.from({ length: 400 }, () => ({})));
    await q.create();
    expect(await insert(q, "2", [{ after: ["1"] }])).toMatchObject({ code: "LIMIT" });
  });

  it("aside, a splice between too many successors is refused", { timeout: 60_000 }, async () => {
    const q = await openQueue();
    await q.insert(
      await q.create({ policy: "pm", limits: { maxJobs: 1000 } }),
      { key: "a" },
      ...Array.from({ length: 401 }, () => ({ after: ["a"] })),
    );
    expect(await insert(q, "1", [{ after: ["a"] }])).toMatchObject({
      code: "LIMIT",
      message: expect.stringContaining("--parallel"),
    });
  });
});

describe("a splice", () => {
  it("puts the last of the new jobs before the old successors", async () => {
    const q = await openQueue();
    await q.insert(await q.create({ policy: "pm" }), { key: "x" }, { key: "old", after: ["x"] });
    await q.insert(
      "1",
      { key: "n1", after: ["x"] },
      { key: "n2", after: ["n1"] },
      { key: "n3", after: ["n1"] },
    );
    const { edges } = await q.admin.query(api.jobs.get, { ...NS, job: "1.2" });
    expect(edges.waitsFor.map(({ handle }) => handle).sort()).toEqual(["1.1", "1.4", "1.5"]);
    expect(
      (await q.admin.query(api.jobs.get, { ...NS, job: "1.1" })).edges.blocks.map(({ handle }) => handle),
    ).toEqual(["1.2", "1.3"]);
  });

  it("leaves alone successors that run, successors of other assignments, and other policies", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    await q.insert(await q.create({ policy: "pm" }), {});
    await q.insert(await q.create(), { after: ["1.1"], key: "a" }, { after: ["a"] });
    await q.insert("1", { after: ["1.1"] });
    await q.insert("2", { after: ["2.1"] });
    expect(await q.row("2.1")).toMatchObject({ unmetDeps: 1 });
    expect(await q.row("2.2")).toMatchObject({ unmetDeps: 1 });
    await q.run(s, "1.1");
    await q.run(s, "1.3", { kind: "complete", result: '{"decision":"insert","jobs":[]}' });
    await q.claim(s, "1.2");
    await q.insert("1", { after: ["1.1"] });
    expect(await q.row("1.2")).toMatchObject({ unmetDeps: 0 });
  });
});

describe("a lock", () => {
  it("is held by the most urgent job that could run, and taken from one that has not started", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    await q.insert(await q.create({ priority: 5 }), { lock: "k" }, { lock: "k" });
    expect(await ready(q)).toEqual(["1.1"]);
    await q.insert(await q.create({ priority: 1 }), { lock: "k" });
    expect(await ready(q)).toEqual(["2.1"]);
    await q.claim(s, "2.1");
    await q.insert(await q.create({ priority: 0 }), { lock: "k" });
    expect(await ready(q)).toEqual([]);
    await q.report(
      { job: (await q.row("2.1"))._id, attempt: 1, session: s },
      { kind: "complete", result: "" },
    );
    expect(await ready(q)).toEqual(["3.1"]);
    expect(await drain(q)).toEqual(["3.1", "1.1", "1.2"]);
    expect(await q.t.run((ctx) => ctx.db.query("locks").collect())).toEqual([]);
  });

  it("goes past a ready job that no live runner can take, to the first waiter that one can take", async () => {
    const q = await openQueue();
    await q.startSession({ profiles: ["claude"] });
    const as = (harness: string) => ({ type: "implement" as const, harness, lock: "k" });
    await q.insert(await q.create(), as("absent"), as("absent"), as("claude"));
    const passOn = () => q.t.mutation(internal.locks.passOn, { cursor: null });
    expect(await ready(q)).toEqual(["1.1"]);
    await passOn();
    expect(await ready(q)).toEqual(["1.3"]);
    expect(await q.row("1.1")).toMatchObject({ gate: "lock", waitingFor: ["lock"] });
    await passOn();
    expect(await ready(q)).toEqual(["1.3"]);
  });

  it("stays with its holder while nobody else could use it", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), { lock: "k" }, { lock: "k" });
    await q.t.mutation(internal.locks.passOn, { cursor: null });
    expect(await ready(q)).toEqual(["1.1"]);
  });

  it("goes to the most urgent when its holder and waiters become less urgent together", async () => {
    const q = await openQueue();
    await q.insert(await q.create({ priority: 0 }), { lock: "k" }, { lock: "k", priority: 1 }, { lock: "k" });
    await q.insert(await q.create({ priority: 3 }), { lock: "k" });
    expect(await ready(q)).toEqual(["1.1"]);
    await q.admin.mutation(api.assignments.update, { ...NS, assignment: "1", priority: 9 });
    await q.settle();
    expect(await ready(q)).toEqual(["2.1"]);
    await q.admin.mutation(api.jobs.cancel, { ...NS, job: "2.1" });
    await q.settle();
    expect(await ready(q)).toEqual(["1.1"]);
  });

  it("of another namespace is another lock", async () => {
    const q = await openQueue();
    await q.admin.mutation(api.namespaces.ensure, { namespace: "other" });
    await q.insert(await q.create(), { lock: "k" });
    const other = { namespace: "other" };
    const { id } = await q.admin.mutation(api.assignments.create, {
      ...other,
      northStar: "x",
      policy: "static",
    });
    await q.admin.mutation(api.jobs.insert, {
      ...other,
      assignment: id,
      jobs: [{ type: "script", context: "x", lock: "k" }],
    });
    expect(await q.admin.query(api.scheduler.ready, { ...other, pool: "default" })).toHaveLength(1);
  });

  it("goes to who is the most urgent after priorities have changed", async () => {
    const q = await openQueue();
    await q.insert(await q.create({ priority: 1 }), { lock: "k" });
    await q.insert(await q.create({ priority: 2 }), { lock: "k" });
    for (const [assignment, priority, first] of [
      ["2", 0, "2.1"],
      ["2", 3, "1.1"],
      ["1", 9, "2.1"],
    ] as const) {
      await q.admin.mutation(api.assignments.update, { ...NS, assignment, priority });
      await q.settle();
      expect(await ready(q)).toEqual([first]);
    }
  });

  it("heals when its holder is gone from the queue", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), { lock: "k" });
    const { _id } = await q.row("1.1");
    await q.t.run((ctx) =>
      ctx.db.patch("jobs", _id, {
        status: "canceled",
        open: false,
        ready: false,
        gate: "none",
      }),
    );
    await q.insert("1", { lock: "k" });
    expect(await ready(q)).toEqual(["1.2"]);
  });
});

describe("the turn", () => {
  const serial = { independent: false };

  it("is taken by the first assignment that could run and passes on when it ends", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    await q.insert(await q.create(serial), {}, {});
    await q.insert(await q.create({ ...serial, priority: 3 }), {});
    await q.insert(await q.create({ ...serial, priority: 2 }), {});
    await q.insert(await q.create(), {});
    expect(await ready(q)).toEqual(["1.1", "1.2", "4.1"]);
    expect(await q.row("2.1")).toMatchObject({ waitingFor: ["assignment"] });
    for (const job of ["1.1", "1.2"]) await q.run(s, job);
    expect(await ready(q)).toEqual(["3.1", "4.1"]);
    expect(await drain(q)).toEqual(["3.1", "4.1", "2.1"]);
  });

  it("wakes all jobs of an assignment that takes it by itself, as one that waited for its holder does", async () => {
    const q = await openQueue();
    const serial = { independent: false };
    await q.insert(await q.create(serial), {});
    await q.insert(await q.create(serial), {}, { after: ["1"] });
    expect(await q.row("2.1")).toMatchObject({ waitingFor: ["assignment"] });
    await q.admin.mutation(api.assignments.update, { ...NS, assignment: "1", status: "complete" });
    await q.settle();
    for (const job of ["2.1", "2.2"]) expect(await q.row(job)).toMatchObject({ ready: true });
  });

  it.each(["blocked", "canceled"] as const)("passes on when its assignment is %s", async (status) => {
    const q = await openQueue();
    await q.insert(await q.create(serial), {});
    await q.insert(await q.create(serial), {});
    await q.admin.mutation(api.assignments.update, { ...NS, assignment: "1", status, reason: "r" });
    await q.settle();
    expect(await ready(q)).toEqual(["2.1"]);
    if (status === "canceled") return;
    await q.admin.mutation(api.assignments.update, { ...NS, assignment: "1", status: "active" });
    await q.settle();
    expect(await q.row("1.1")).toMatchObject({ waitingFor: ["assignment"] });
  });

  it("is not given to one whose jobs no longer want it", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    // The second job keeps the assignment open when the one that wanted the turn is canceled.
    const later = { notBefore: Date.now() + 3_600_000 };
    for (let i = 0; i < 60; i += 1)
      await q.insert(await q.create(serial), {}, i === 0 ? { key: "x" } : later);
    for (let i = 2; i < 60; i += 1) await q.admin.mutation(api.jobs.cancel, { ...NS, job: `${i}.1` });
    await q.settle();
    for (const job of ["1.1", "1.2"]) await q.run(s, job);
    expect(await ready(q)).toEqual(["60.1"]);
  });

  it("is not taken by an assignment whose jobs wait for something else", async () => {
    const q = await openQueue();
    await q.insert(await q.create(serial), { notBefore: Date.now() + 60_000 });
    await q.insert(await q.create(serial), {});
    expect(await ready(q)).toEqual(["2.1"]);
    await q.advance(60_000);
    expect(await q.row("1.1")).toMatchObject({ waitingFor: ["assignment"] });
  });
});

describe("the ready window", () => {
  it("goes by priority, then age, then number, and pages on", { timeout: 60_000 }, async () => {
    const q = await openQueue();
    for (const priority of [2, 1])
      await q.insert(
        await q.create({ priority }),
        ...Array.from({ length: 50 }, (_, i) => ({ priority: i === 49 ? -1 : 0 })),
      );
    const page = (after?: { priority: number; assignmentNumber: number; number: number }) =>
      q.admin.query(api.scheduler.ready, {
        ...NS,
        pool: "default",
        ...(after === undefined ? {} : { after }),
      });
    const first = await page();
    expect(first).toHaveLength(64);
    expect(first.slice(0, 2).map(({ handle }) => handle)).toEqual(["2.50", "1.50"]);
    const last = first[63]!;
    const { priority, assignmentNumber, number } = last;
    const rest = await page({ priority, assignmentNumber, number });
    expect(new Set([...first, ...rest].map(({ handle }) => handle)).size).toBe(100);
    const end = rest[rest.length - 1]!;
    expect(
      await page({ priority: end.priority, assignmentNumber: end.assignmentNumber, number: end.number }),
    ).toEqual([]);
  });

  it("is empty while the namespace is paused", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), {});
    await q.admin.mutation(api.namespaces.setPaused, { ...NS, paused: true });
    expect(await ready(q)).toEqual([]);
  });
});
