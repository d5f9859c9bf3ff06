/**
 * The PM loop: who is called when, what a decision does, reminders and limits; each in the transaction that settles
 * the job. Not asserted: how a decision is read out of a text (domain/pmDecision.test.ts).
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "./_generated/api.js";
import type { Doc } from "./_generated/dataModel.js";
import { errorOf, openQueue, type Client, type NewJobArg, type Queue } from "./queue.testkit.ts";

afterEach(() => vi.useRealTimers());

const NS = { namespace: "main" };
type Outcome = Parameters<Queue["run"]>[2];

interface Loop {
  q: Queue;
  s: string;
}

/** A pm assignment with its first jobs. */
async function loop(jobs: NewJobArg[] = [{}], more: Record<string, unknown> = {}): Promise<Loop> {
  const q = await openQueue();
  const s = await q.startSession();
  await q.insert(await q.create({ policy: "pm", ...more }), ...jobs);
  return { q, s };
}
const decide = (decision: object | string): Outcome => ({
  kind: "complete",
  result: typeof decision === "string" ? decision : `So:\n\`\`\`json\n${JSON.stringify(decision)}\n\`\`\``,
});
const failed: Outcome = { kind: "failed", error: "boom" };
async function jobs({ q }: Loop): Promise<string[]> {
  const all = (await q.admin.query(api.assignments.get, { ...NS, assignment: "1" })).jobs;
  return all.map(
    ({ number, type, status, reminder }) => `${number} ${reminder ? "reminder" : type} ${status}`,
  );
}
/** Claims a job and gives a client with the token of its agent, and its fence. */
async function agentOf(
  { q, s }: Loop,
  job: string,
): Promise<{ c: Client; fence: { job: string; attempt: number; session: string } }> {
  const claimed = await q.claim(s, job);
  if (claimed === null) throw new Error(`could not claim ${job}`);
  const fence = { job: claimed.job.id, attempt: claimed.job.attempt, session: s };
  const c = q.as({
    role: "agent",
    namespaces: "main",
    assignment: claimed.assignment.id,
    job: fence.job,
    attempt: String(fence.attempt),
    session: s,
  });
  return { c, fence };
}
const insertBy = (c: Client, more: object = {}, extra: object = {}) =>
  c.mutation(api.jobs.insert, {
    ...NS,
    assignment: "1",
    jobs: [{ type: "script" as const, context: "next", ...more }],
    ...extra,
  });

describe("a PM job", () => {
  it("follows every job that completes or fails, and no PM", async () => {
    const l = await loop([{}, {}]);
    await l.q.run(l.s, "1.1");
    await l.q.run(l.s, "1.2", failed);
    expect(await jobs(l)).toEqual(["1 script complete", "2 script failed", "3 pm pending", "4 pm pending"]);
    await l.q.run(l.s, "1.3", decide({ decision: "insert", jobs: [{ type: "script", context: "next" }] }));
    expect(await jobs(l)).toContain("5 script pending");
    expect(await jobs(l)).toHaveLength(5);
  });

  it("follows once, however often the report is sent", async () => {
    const l = await loop();
    const { fence } = await agentOf(l, "1.1");
    for (let i = 0; i < 3; i += 1) await l.q.report(fence, { kind: "complete", result: "x" });
    expect(await jobs(l)).toEqual(["1 script complete", "2 pm pending"]);
  });

  it("follows a job that is quarantined", async () => {
    const l = await loop();
    for (let i = 0; i < 3; i += 1) {
      await l.q.claim(await l.q.startSession({ runner: `r${i}` }), "1.1");
      await l.q.advance(60_000);
    }
    expect(await jobs(l)).toEqual(["1 script failed", "2 pm pending"]);
    expect(await l.q.row("1.1")).toMatchObject({
      lostCount: 3,
      error: expect.stringContaining("quarantined"),
    });
  });

  it("is shown the job under review, the others and what failed", async () => {
    const l = await loop([{ key: "a" }, { after: ["a"], title: "later" }]);
    await l.q.run(l.s, "1.1", failed);
    const claimed = await l.q.claim(l.s, "1.3");
    expect(claimed).toMatchObject({
      job: { type: "pm", title: "PM for 1.1", context: expect.stringContaining("failed: boom") },
      previous: { handle: "1.1", status: "failed", result: "boom" },
      jobs: [
        { handle: "1.1", status: "failed" },
        { handle: "1.2", title: "later", status: "pending" },
      ],
    });
  });

  it("is not called by a cancel; an assignment left with nothing is blocked", async () => {
    const l = await loop();
    await l.q.admin.mutation(api.jobs.cancel, { ...NS, job: "1.1" });
    expect(await jobs(l)).toEqual(["1 script canceled"]);
    expect(await l.q.assignment("1")).toMatchObject({
      status: "blocked",
      blocked: { reason: expect.stringContaining("no job is open") },
    });
  });

  it("runs alone within its assignment", async () => {
    const l = await loop([{}, {}]);
    await l.q.run(l.s, "1.1");
    await l.q.run(l.s, "1.2");
    expect(await l.q.row("1.3")).toMatchObject({ lockKey: "pm:1", ready: true });
    expect(await l.q.row("1.4")).toMatchObject({ waitingFor: ["lock"] });
  });
});

describe("successors of a settled job", () => {
  it("wait for its PM, then for what the PM puts before them", async () => {
    const l = await loop([{ key: "a" }, { key: "b", after: ["a"] }]);
    await l.q.run(l.s, "1.1");
    expect(await l.q.row("1.2")).toMatchObject({ waitingFor: ["dependencies"], unmetDeps: 1 });
    await l.q.run(
      l.s,
      "1.3",
      decide({
        decision: "insert",
        jobs: [
          { type: "script", context: "x" },
          { type: "script", context: "y" },
        ],
      }),
    );
    expect(await l.q.row("1.4")).toMatchObject({ ready: true });
    expect(await l.q.row("1.5")).toMatchObject({ unmetDeps: 1 });
    expect(await l.q.row("1.2")).toMatchObject({ unmetDeps: 1 });
    await l.q.run(l.s, "1.4");
    await l.q.run(l.s, "1.6", decide({ decision: "insert", jobs: [] }));
    await l.q.run(l.s, "1.5");
    await l.q.run(l.s, "1.7", decide({ decision: "insert", jobs: [] }));
    expect(await l.q.row("1.2")).toMatchObject({ ready: true });
  });

  it("go on after the PM when it inserts nothing and the plan goes on", async () => {
    const l = await loop([{ key: "a" }, { after: ["a"] }]);
    await l.q.run(l.s, "1.1");
    await l.q.run(l.s, "1.3", decide({ decision: "insert", jobs: [], decisions: "go on" }));
    expect(await l.q.row("1.2")).toMatchObject({ ready: true });
    expect(await l.q.assignment("1")).toMatchObject({ decisions: "go on" });
  });

  it("wait for the repair in place of the job that failed", async () => {
    const l = await loop([{ key: "a" }, { after: ["a"] }]);
    await l.q.run(l.s, "1.1", failed);
    expect(await l.q.row("1.2")).toMatchObject({ status: "pending", unmetDeps: 1 });
    await l.q.run(l.s, "1.3", decide({ decision: "insert", jobs: [{ type: "script", context: "fix" }] }));
    await l.q.run(l.s, "1.4");
    await l.q.run(l.s, "1.5", decide({ decision: "insert", jobs: [] }));
    expect(await l.q.row("1.2")).toMatchObject({ ready: true });
  });

  it("wait for the reminder as well", async () => {
    const l = await loop([{ key: "a" }, { after: ["a"] }]);
    await l.q.run(l.s, "1.1");
    await l.q.run(l.s, "1.3", decide("nothing to say"));
    expect(await l.q.row("1.2")).toMatchObject({ waitingFor: ["dependencies"] });
    await l.q.run(l.s, "1.4", decide({ decision: "insert", jobs: [] }));
    expect(await l.q.row("1.2")).toMatchObject({ ready: true });
  });
});

describe("a decision", () => {
  it("to complete ends the assignment and cancels what is open", async () => {
    const l = await loop([{}, {}]);
    await l.q.run(l.s, "1.1");
    await l.q.run(l.s, "1.3", decide({ decision: "complete", artifacts: "A", decisions: "D" }));
    expect(await l.q.assignment("1")).toMatchObject({ status: "complete", artifacts: "A", decisions: "D" });
    expect(await jobs(l)).toEqual(["1 script complete", "2 script canceled", "3 pm complete"]);
  });

  it("to block stops it with reason and owner, until somebody sets it active", async () => {
    const l = await loop([{}, {}]);
    await l.q.run(l.s, "1.1");
    await l.q.run(l.s, "1.3", decide({ decision: "block", reason: "need a key", owner: "human" }));
    expect(await l.q.assignment("1")).toMatchObject({
      status: "blocked",
      blocked: { reason: "need a key", owner: "human" },
    });
    expect(await l.q.row("1.2")).toMatchObject({ waitingFor: ["assignment"] });
    await l.q.admin.mutation(api.assignments.update, { ...NS, assignment: "1", status: "active" });
    await l.q.settle();
    expect(await l.q.row("1.2")).toMatchObject({ ready: true });
  });

  it("from a PM that acted through the CLI is not read from its text", async () => {
    const l = await loop();
    await l.q.run(l.s, "1.1");
    const { c, fence } = await agentOf(l, "1.2");
    await insertBy(c);
    await l.q.report(fence, decide({ decision: "insert", jobs: [{ type: "script", context: "twice" }] })!);
    expect(await jobs(l)).toEqual(["1 script complete", "2 pm complete", "3 script pending"]);
  });

  it.each([
    ["nothing", "I think we are done.", "neither used the CLI nor ended with a JSON decision"],
    ["an invalid one", { decision: "dance" }, "its decision is not valid"],
    [
      "an empty insert with nothing left to do",
      { decision: "insert", jobs: [] },
      "it inserted no job although none is left",
    ],
    [
      "the same work again",
      { decision: "insert", jobs: [{ type: "script", context: "true" }] },
      "could not be carried out",
    ],
    [
      "an unknown harness",
      { decision: "insert", jobs: [{ type: "script", context: "x", harness: "nope" }] },
      "could not be carried out",
    ],
  ])("of %s is reminded of once, then the assignment is blocked", async (_, answer, why) => {
    const l = await loop();
    await l.q.admin.mutation(api.namespaces.ensure, { namespace: "main", profiles: ["claude", "script"] });
    await l.q.run(l.s, "1.1");
    await l.q.run(l.s, "1.2", decide(answer));
    expect(await jobs(l)).toEqual(["1 script complete", "2 pm complete", "3 reminder pending"]);
    const claimed = await l.q.claim(l.s, "1.3");
    expect(claimed).toMatchObject({
      reminder: true,
      previous: { handle: "1.1" },
      job: { context: expect.stringContaining(why) },
    });
    await l.q.report({ job: claimed?.job.id ?? "", attempt: 1, session: l.s }, decide(answer)!);
    expect(await jobs(l)).toHaveLength(3);
    expect(await l.q.assignment("1")).toMatchObject({
      status: "blocked",
      blocked: { owner: "human", reason: expect.stringMatching(/^the PM gave no decision: /) },
    });
  });

  it("is asked for again when the PM's job fails", async () => {
    const l = await loop();
    await l.q.run(l.s, "1.1");
    await l.q.run(l.s, "1.2", failed);
    expect(await jobs(l)).toEqual(["1 script complete", "2 pm failed", "3 reminder pending"]);
    await l.q.run(l.s, "1.3", failed);
    expect((await l.q.assignment("1")).blocked?.reason).toContain("its job failed (boom)");
  });

  it("of a PM whose assignment was blocked meanwhile brings no reminder", async () => {
    const l = await loop();
    await l.q.run(l.s, "1.1");
    const { fence } = await agentOf(l, "1.2");
    await l.q.admin.mutation(api.assignments.update, {
      ...NS,
      assignment: "1",
      status: "blocked",
      reason: "stop",
    });
    await l.q.report(fence, decide("hm")!);
    expect(await jobs(l)).toHaveLength(2);
    expect((await l.q.assignment("1")).blocked?.reason).toBe("stop");
  });

  it("of a PM whose assignment has ended meanwhile changes nothing", async () => {
    const l = await loop();
    await l.q.run(l.s, "1.1");
    const { fence } = await agentOf(l, "1.2");
    await l.q.admin.mutation(api.assignments.update, { ...NS, assignment: "1", status: "canceled" });
    await l.q.settle();
    await l.q.report(fence, decide({ decision: "insert", jobs: [{ type: "script", context: "x" }] })!);
    expect(await jobs(l)).toEqual(["1 script complete", "2 pm complete"]);
    expect(await l.q.assignment("1")).toMatchObject({ status: "canceled" });
  });
});

describe("a PM at the CLI", () => {
  it("inserts behind the job it reviewed, before what was planned, in any number of calls", async () => {
    const l = await loop([{ key: "a" }, { after: ["a"] }]);
    await l.q.run(l.s, "1.1");
    const { c, fence } = await agentOf(l, "1.3");
    await insertBy(c, { context: "x" });
    await insertBy(c, { context: "y" });
    await l.q.report(fence, decide("done, see the queue")!);
    for (const job of ["1.4", "1.5"])
      expect(await l.q.row(job)).toMatchObject({ ready: true, insertedBy: fence.job });
    expect(await l.q.row("1.2")).toMatchObject({ unmetDeps: 2 });
  });

  it("inserts beside the plan when it says so", async () => {
    const l = await loop([{ key: "a" }, { after: ["a"] }]);
    await l.q.run(l.s, "1.1");
    const { c, fence } = await agentOf(l, "1.3");
    await insertBy(c, {}, { parallel: true });
    await l.q.report(fence, decide("done")!);
    expect(await l.q.row("1.2")).toMatchObject({ ready: true });
  });

  it("completes its assignment and goes on to its own end", async () => {
    const l = await loop();
    await l.q.run(l.s, "1.1");
    const { c, fence } = await agentOf(l, "1.2");
    await c.mutation(api.assignments.update, { ...NS, assignment: "1", status: "complete" });
    await l.q.settle();
    expect((await l.q.admin.query(api.sessions.orders, { session: l.s })).cancel).toEqual([]);
    await l.q.report(fence, decide("done")!);
    expect(await jobs(l)).toEqual(["1 script complete", "2 pm complete"]);
  });

  it("that only writes texts has decided when a plan goes on by itself, and not otherwise", async () => {
    for (const [plan, count] of [
      [[{ key: "a" }, { after: ["a"] }], 3],
      [[{}], 3],
    ] as const) {
      const l = await loop([...plan]);
      await l.q.run(l.s, "1.1");
      const { c, fence } = await agentOf(l, `1.${plan.length + 1}`);
      await c.mutation(api.assignments.update, { ...NS, assignment: "1", decisions: "noted" });
      await l.q.report(fence, decide("noted")!);
      expect(await jobs(l)).toHaveLength(count);
    }
  });

  it("may insert neither a PM, nor into another pool, nor the same work twice in a row", async () => {
    const l = await loop([{ context: "work" }]);
    await l.q.run(l.s, "1.1");
    const { c } = await agentOf(l, "1.2");
    expect(await errorOf(insertBy(c, { type: "pm" }))).toMatchObject({ code: "INVALID" });
    expect(await errorOf(insertBy(c, { pool: "gpu" }))).toMatchObject({ code: "NOT_ALLOWED" });
    expect(await errorOf(insertBy(c, { context: "work" }))).toMatchObject({ code: "DUPLICATE_JOB" });
    await insertBy(c, { context: "other" });
    expect(await errorOf(insertBy(c, { context: "other" }))).toMatchObject({ code: "DUPLICATE_JOB" });
    await insertBy(c, { context: "work" });
    expect(await jobs(l)).toHaveLength(4);
  });

  it("resends an insert with its key and gets the first job", async () => {
    const l = await loop();
    await l.q.run(l.s, "1.1");
    const { c } = await agentOf(l, "1.2");
    for (const created of [true, false]) {
      expect(await insertBy(c, { key: "k" })).toMatchObject({ jobs: [{ handle: "1.3", created }] });
    }
  });

  it("may not insert into an assignment that is over", async () => {
    const l = await loop([{}], { policy: "static" });
    const { c } = await agentOf(l, "1.1");
    await c.mutation(api.assignments.update, { ...NS, assignment: "1", status: "complete" });
    expect(await errorOf(insertBy(c))).toMatchObject({ code: "WRONG_STATE" });
  });
});

describe("limits", () => {
  it("stop a PM that would insert for ever, after 50 jobs", async () => {
    const l = await loop([{}], { limits: { maxConsecutiveFailures: 100 } });
    await l.q.run(l.s, "1.1");
    for (let n = 2; (await l.q.assignment("1")).status === "active"; n += 1) {
      const pm = n % 2 === 0;
      await l.q.run(
        l.s,
        `1.${n}`,
        pm ? decide({ decision: "insert", jobs: [{ type: "script", context: `${n}` }] }) : undefined,
      );
    }
    expect(await jobs(l)).toHaveLength(50);
    expect((await l.q.assignment("1")).blocked?.reason).toContain("limit of 50 jobs");
  });

  it("block the assignment of an agent that inserts beyond them, and tell it", async () => {
    const l = await loop([{}], { limits: { maxJobs: 2 } });
    await l.q.run(l.s, "1.1");
    const { c, fence } = await agentOf(l, "1.2");
    expect(await insertBy(c)).toMatchObject({
      kind: "limit",
      reason: expect.stringContaining("limit of 2 jobs"),
    });
    expect(await l.q.assignment("1")).toMatchObject({ status: "blocked" });
    await l.q.report(fence, decide("blocked, I see")!);
    expect(await jobs(l)).toHaveLength(2);
  });

  it("block the assignment when a decision would go beyond them", async () => {
    const l = await loop([{}], { limits: { maxJobs: 2 } });
    await l.q.run(l.s, "1.1");
    await l.q.run(l.s, "1.2", decide({ decision: "insert", jobs: [{ type: "script", context: "x" }] }));
    expect((await l.q.assignment("1")).blocked?.reason).toContain("limit of 2 jobs");
    expect(await jobs(l)).toHaveLength(2);
  });

  it("block after three failures in a row; set active, the count starts anew and the PM is asked", async () => {
    const l = await loop([{}, {}, {}, {}]);
    await l.q.run(l.s, "1.1", failed);
    await l.q.run(l.s, "1.2");
    await l.q.advance(1);
    for (const job of ["1.3", "1.4"]) await l.q.run(l.s, job, failed);
    expect(await l.q.assignment("1")).toMatchObject({ status: "active" });
    await l.q.advance(1);
    await l.q.insert("1", {});
    const { number } = (await l.q.admin.query(api.jobs.list, { ...NS, status: "pending" })).find(
      ({ type }) => type === "script",
    )!;
    await l.q.run(l.s, `1.${number}`, failed);
    expect((await l.q.assignment("1")).blocked?.reason).toContain("3 jobs failed in a row");
    await l.q.advance(1);
    await l.q.admin.mutation(api.assignments.update, { ...NS, assignment: "1", status: "active" });
    await l.q.settle();
    expect(await l.q.assignment("1")).toMatchObject({ status: "active" });
  });

  it("block when cost or tokens are used up", async () => {
    for (const limits of [{ maxCostUsd: 1 }, { maxTokens: 10 }]) {
      const l = await loop([{}], { limits });
      const { fence } = await agentOf(l, "1.1");
      const usage = { input: 5, cached: 3, output: 2, reasoning: 1 };
      await l.q.admin.mutation(api.work.report, {
        ...NS,
        fence,
        ended: {
          profile: "script",
          harness: "script",
          verdict: "success",
          startedAt: 1,
          endedAt: 2,
          usage,
          costUsd: 1,
        },
        outcome: { kind: "complete", result: "" },
      });
      expect((await l.q.assignment("1")).blocked?.reason).toMatch(/US dollars|tokens/);
      await l.q.admin.mutation(api.assignments.update, {
        ...NS,
        assignment: "1",
        status: "active",
        limits: { maxCostUsd: 9, maxTokens: 99 },
      });
      await l.q.settle();
      expect(await jobs(l)).toEqual(["1 script complete", "2 pm pending"]);
    }
  });
});

describe("policy pipeline", () => {
  it("completes with its last job, and is blocked by one that fails", async () => {
    const l = await loop([{ key: "a" }, { after: ["a"] }], { policy: "pipeline" });
    await l.q.run(l.s, "1.1");
    await l.q.run(l.s, "1.2");
    expect(await l.q.assignment("1")).toMatchObject({ status: "complete" });
    const m = await loop([{ key: "a" }, { after: ["a"] }], { policy: "pipeline" });
    await m.q.run(m.s, "1.1", failed);
    expect(await m.q.assignment("1")).toMatchObject({
      status: "blocked",
      blocked: { reason: expect.stringContaining("1.1 failed") },
    });
    expect(await m.q.row("1.2")).toMatchObject({ status: "pending" });
  });

  it("is blocked when a dependency outside of it fails, or its last open job is canceled", async () => {
    const l = await loop([{}], { policy: "static" });
    await l.q.insert(await l.q.create({ policy: "pipeline" }), { after: ["1.1"] });
    await l.q.run(l.s, "1.1", failed);
    expect((await l.q.assignment("2")).blocked?.reason).toContain("which it waits for, is failed");
    const m = await loop([{}], { policy: "pipeline" });
    await m.q.admin.mutation(api.jobs.cancel, { ...NS, job: "1.1" });
    expect((await m.q.assignment("1")).blocked?.reason).toContain("no job is open");
  });
});

describe("texts of a PM job", () => {
  it("come from its namespace's defaults for the type", async () => {
    const l = await loop([{ repo: "o/r", priority: 3 }]);
    await l.q.admin.mutation(api.namespaces.ensure, {
      namespace: "main",
      harnessDefaults: { pm: "opus", default: "x" },
    });
    await l.q.run(l.s, "1.1");
    const pm: Doc<"jobs"> = await l.q.row("1.2");
    expect(pm).toMatchObject({ cascade: ["opus"], repo: "o/r", priority: 13, pool: "default" });
  });
});
