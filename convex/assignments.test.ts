/** Assignments and namespaces: creating, updating, and what their values may be. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "./_generated/api.js";
import { errorOf, openQueue, type Queue } from "./queue.testkit.ts";

afterEach(() => vi.useRealTimers());

const NS = { namespace: "main" };
const create = (q: Queue, args: object = {}) =>
  q.admin.mutation(api.assignments.create, { ...NS, northStar: "shine", ...args });
const update = (q: Queue, args: object) =>
  q.admin.mutation(api.assignments.update, { ...NS, assignment: "1", ...args });

describe("assignments:create", () => {
  it("numbers them within the namespace and takes the defaults of a north star", async () => {
    const q = await openQueue();
    await q.admin.mutation(api.namespaces.ensure, { namespace: "other" });
    await q.admin.mutation(api.assignments.create, { namespace: "other", northStar: "x" });
    expect(await create(q)).toMatchObject({ number: 1, created: true });
    expect(await create(q)).toMatchObject({ number: 2, created: true });
    expect(await q.assignment("1")).toMatchObject({
      status: "pending",
      policy: "pm",
      kind: "north_star",
      priority: 10,
      independent: false,
      artifacts: "",
      decisions: "",
      limits: {},
    });
  });

  it.each([
    ["task_batch", "static"],
    ["issue", "pipeline"],
    ["plan", "pipeline"],
    ["chat", "pm"],
  ])("takes the policy of the kind %s, which is independent", async (kind, policy) => {
    const q = await openQueue();
    await create(q, { kind, sourceRef: "tasks.json" });
    expect(await q.assignment("1")).toMatchObject({
      kind,
      policy,
      independent: true,
      sourceRef: "tasks.json",
    });
  });

  it("gives the first one for a key that is known", async () => {
    const q = await openQueue();
    const first = await create(q, { key: "k" });
    expect(await create(q, { key: "k", northStar: "other" })).toEqual({ ...first, created: false });
  });

  it.each([
    ["an empty north star", { northStar: "  " }],
    ["a north star too long", { northStar: "ä".repeat(140_000) }],
    ["a name over two lines", { kind: "a\nb" }],
    ["a priority beyond all bounds", { priority: 1e9 }],
    ["a limit of nothing", { limits: { maxJobs: 0 } }],
    ["a cost that is no number", { limits: { maxCostUsd: Number.NaN } }],
  ])("refuses %s", async (_, args) => {
    const q = await openQueue();
    expect(await errorOf(create(q, args))).toMatchObject({
      code: "INVALID",
      message: expect.stringMatching(/expected .* got /s),
    });
  });
});

describe("assignments:update", () => {
  it("writes texts and limits, each only where it is given", async () => {
    const q = await openQueue();
    await create(q, { limits: { maxJobs: 5 } });
    await update(q, { artifacts: "a", limits: { maxTokens: 9 } });
    expect(await update(q, { decisions: "d" })).toMatchObject({
      artifacts: "a",
      decisions: "d",
      limits: { maxJobs: 5, maxTokens: 9 },
    });
  });

  it("gives its jobs the new priority, in batches", { timeout: 60_000 }, async () => {
    const q = await openQueue();
    await q.create();
    await q.insert("1", ...Array.from({ length: 450 }, (_, i) => ({ priority: i % 2 })));
    await q.admin.mutation(api.jobs.cancel, { ...NS, job: "1.1" });
    await update(q, { priority: 3 });
    await update(q, { priority: 3 });
    await q.settle();
    expect(await q.row("1.1")).toMatchObject({ priority: 10 });
    expect([(await q.row("1.2")).priority, (await q.row("1.449")).priority]).toEqual([4, 3]);
  });

  it.each([
    ["pending again", { status: "pending" }, "INVALID"],
    ["blocked without a reason", { status: "blocked" }, "INVALID"],
    ["artifacts too long", { artifacts: "x".repeat(262_145) }, "INVALID"],
  ])("refuses %s", async (_, args, code) => {
    const q = await openQueue();
    await create(q);
    expect(await errorOf(update(q, args))).toMatchObject({ code });
  });

  it("follows the table of states and says what would be legal", async () => {
    const q = await openQueue();
    await create(q);
    await update(q, { status: "complete" });
    expect(await errorOf(update(q, { status: "blocked", reason: "r" }))).toMatchObject({
      code: "WRONG_STATE",
      message: expect.stringContaining("is complete: expected one of active"),
    });
    expect(await update(q, { status: "complete" })).toMatchObject({ status: "complete" });
    const reopened = await update(q, { status: "active" });
    expect(reopened).toMatchObject({ status: "active" });
    expect(reopened.endedAt).toBeUndefined();
  });

  it("changes the reason of one that is blocked already", async () => {
    const q = await openQueue();
    await create(q);
    await update(q, { status: "blocked", reason: "one" });
    expect(await update(q, { status: "blocked", reason: "two", owner: "runner" })).toMatchObject({
      blocked: { reason: "two", owner: "runner" },
    });
  });

  it("asks the PM again when an idle assignment is set active, and a static one nobody", async () => {
    const q = await openQueue();
    const s = await q.startSession();
    for (const policy of ["pm", "static"]) {
      const assignment = await q.create({ policy });
      await q.insert(assignment, {});
      await q.admin.mutation(api.assignments.update, { ...NS, assignment, status: "blocked", reason: "r" });
      await q.settle();
      await q.admin.mutation(api.jobs.cancel, { ...NS, job: `${assignment}.1` });
    }
    await update(q, { status: "active" });
    await q.settle();
    expect(await q.row("1.2")).toMatchObject({ type: "pm", ready: true });
    expect(await q.claim(s, "1.2")).toMatchObject({ previous: { handle: "1.1", status: "canceled" } });
  });

  it("asks nobody when there was never a job", async () => {
    const q = await openQueue();
    await create(q);
    await update(q, { status: "blocked", reason: "r" });
    expect(await update(q, { status: "active" })).toMatchObject({ status: "active" });
    expect(await q.admin.query(api.jobs.list, NS)).toEqual([]);
  });

  it("stops canceling when it is set active before all are canceled", { timeout: 60_000 }, async () => {
    const q = await openQueue();
    await q.create();
    for (let i = 0; i < 2; i += 1) await q.insert("1", ...Array.from({ length: 300 }, () => ({})));
    await update(q, { status: "canceled" });
    await update(q, { status: "active" });
    await q.settle();
    const left = await q.t.run(
      async (ctx) => (await ctx.db.query("jobs").collect()).filter(({ open }) => open).length,
    );
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(600);
  });
});

describe("namespaces:ensure", () => {
  const ensure = (q: Queue, args: object) =>
    q.admin.mutation(api.namespaces.ensure, { namespace: "main", ...args });

  it("changes only what is given, and is idempotent", async () => {
    const q = await openQueue();
    await ensure(q, { repo: "o/r", profiles: ["claude"], limits: { maxJobs: 7 } });
    await ensure(q, { repo: "o/r" });
    expect(await ensure(q, { cascade: ["codex"], harnessDefaults: { pm: "claude" } })).toMatchObject({
      name: "main",
      repo: "o/r",
      profiles: ["claude"],
      cascade: ["codex"],
      harnessDefaults: { pm: "claude" },
      limits: { maxJobs: 7 },
      paused: false,
    });
    expect(await q.t.run((ctx) => ctx.db.query("repos").collect())).toMatchObject([{ slug: "o/r" }]);
  });

  it.each([["*"], ["a,b"], [""], [" a"]])("refuses the name %j", async (namespace) => {
    const q = await openQueue();
    expect(await errorOf(ensure(q, { namespace }))).toMatchObject({ code: "INVALID" });
  });

  it("creates none that the token does not grant", async () => {
    const q = await openQueue();
    const bound = q.as({ role: "admin", namespaces: "mine" });
    expect(await errorOf(bound.mutation(api.namespaces.ensure, { namespace: "theirs" }))).toMatchObject({
      code: "NOT_FOUND",
    });
    expect(await bound.mutation(api.namespaces.ensure, { namespace: "mine" })).toMatchObject({
      name: "mine",
    });
  });

  it("gives its repo and its limits to new work", async () => {
    const q = await openQueue();
    await ensure(q, { repo: "o/r", limits: { maxJobs: 1 } });
    await q.insert(await q.create(), { type: "implement" });
    expect(await q.row("1.1")).toMatchObject({ repo: "o/r", lockKey: "repo:o/r" });
    expect(await errorOf(q.insert("1", {}))).toMatchObject({ code: "LIMIT" });
  });
});

describe("assignments:byKeys", () => {
  it("gives the assignments that were created under these keys, and nothing for the others", async () => {
    const q = await openQueue();
    await q.create({ key: "task-001" });
    await q.create();
    const found = await q.admin.query(api.assignments.byKeys, {
      namespace: "main",
      keys: ["none", "task-001"],
    });
    expect(found.map(({ number, key }) => [number, key])).toEqual([[1, "task-001"]]);
  });
});
