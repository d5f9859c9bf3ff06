/**
 * Stored readiness against a naive model: after every step of a random history, and once what was scheduled has run,
 * each pending job's stored reasons must be what recomputing them from all rows gives. The invariants of locks,
 * turns, attempts and PM jobs are checked on the same rows. Not asserted: which job a runner gets first.
 */
import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ConvexError } from "convex/values";
import { compareRank } from "../domain/gate.ts";
import { isTerminalAssignment } from "../domain/assignmentState.ts";
import { isTerminalJob } from "../domain/jobState.ts";
import { conditionMet, type WaitReason } from "../domain/waiting.ts";
import { api } from "./_generated/api.js";
import type { Doc } from "./_generated/dataModel.js";
import { ended, openQueue, type Queue } from "./queue.testkit.ts";

afterEach(() => vi.useRealTimers());

/** Some of what this test is for comes up once in hundreds of histories: after a change of readiness, try 700. */
const HISTORIES = 20;

const pick = fc.nat(1000);
const command = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("create" as const),
      policy: fc.constantFrom("static", "pm", "pipeline"),
      independent: fc.boolean(),
      priority: fc.nat(3),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("insert" as const),
      at: pick,
      jobs: fc.array(
        fc.record({
          after: fc.array(pick, { maxLength: 3 }),
          lock: fc.constantFrom("a", "b", null, null),
          delay: fc.constantFrom(0, 0, 0, 60_000),
          priority: fc.nat(2),
        }),
        { minLength: 1, maxLength: 4 },
      ),
      afterAssignment: fc.oneof(
        { weight: 9, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: pick },
      ),
      parallel: fc.boolean(),
    }),
  },
  { weight: 12, arbitrary: fc.record({ do: fc.constant("claim" as const), at: pick, session: fc.nat(1) }) },
  {
    weight: 11,
    arbitrary: fc.record({
      do: fc.constant("report" as const),
      at: pick,
      how: fc.constantFrom(
        "complete",
        "complete",
        "complete",
        "failed",
        "limited",
        "interrupted",
        "canceled",
        "insert",
        "finish",
        "block",
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("advance" as const), at: pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const), session: fc.nat(1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("end" as const), session: fc.nat(1) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("update" as const),
      at: pick,
      to: fc.constantFrom("blocked", "active", "active", "complete", "canceled"),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant("priority" as const), at: pick, priority: fc.nat(5) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("cancel" as const), at: pick }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("retry" as const), at: pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("byHand" as const), at: pick }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("limit" as const), clear: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("pause" as const), paused: fc.boolean() }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant("time" as const), ms: fc.constantFrom(1_000, 70_000, 400_000) }),
  },
);
type Command = typeof command extends fc.Arbitrary<infer C> ? C : never;

interface World {
  q: Queue;
  sessions: string[];
  /** Of each job ever seen: its last attempt number and status. */
  seen: Map<string, { attempt: number; status: string }>;
  /** Jobs that the present command may bring back from a terminal state. */
  retried: boolean;
  /** Creation time of the youngest job that was checked. */
  checkedAt: number;
}

const NS = { namespace: "main" };

async function rows(q: Queue) {
  return q.t.run(async (ctx) => ({
    jobs: await ctx.db.query("jobs").collect(),
    assignments: await ctx.db.query("assignments").collect(),
    edges: await ctx.db.query("edges").collect(),
    locks: await ctx.db.query("locks").collect(),
    sessions: await ctx.db.query("sessions").collect(),
    attempts: await ctx.db.query("attempts").collect(),
  }));
}
type Rows = Awaited<ReturnType<typeof rows>>;

async function live(world: World, index: number): Promise<string> {
  const { q, sessions } = world;
  const known = sessions[index];
  const all = await q.t.run((ctx) => ctx.db.query("sessions").collect());
  if (
    known !== undefined &&
    all.some((s) => s._id === known && s.status === "live" && s.leaseUntil > Date.now())
  )
    return known;
  return (sessions[index] = await q.startSession({ runner: `r${index}` }));
}

const outcomes = (how: string) => {
  switch (how) {
    case "complete":
      return { kind: "complete" as const, result: "done" };
    case "insert":
      return {
        kind: "complete" as const,
        result:
          '{"decision":"insert","jobs":[{"type":"script","context":"true"},{"type":"script","context":"false"}]}',
      };
    case "finish":
      return { kind: "complete" as const, result: '{"decision":"complete"}' };
    case "block":
      return { kind: "complete" as const, result: '{"decision":"block","reason":"help"}' };
    case "failed":
      return { kind: "failed" as const, error: "no" };
    case "limited":
      return { kind: "limited" as const, reason: "quota" };
    case "interrupted":
      return { kind: "interrupted" as const, reason: "drain" };
    default:
      return { kind: "canceled" as const };
  }
};

async function execute(world: World, c: Command): Promise<void> {
  const { q } = world;
  const { admin } = q;
  const { jobs, assignments } = await rows(q);
  const from = <T>(list: readonly T[], at: number): T | undefined => list[at % Math.max(1, list.length)];
  const running = jobs.filter((j) => j.status === "running" && !j.manual);
  switch (c.do) {
    case "create":
      await q.create({ policy: c.policy, independent: c.independent, priority: c.priority });
      return;
    case "insert": {
      const target = from(assignments, c.at);
      if (target === undefined) return;
      const inserted = c.jobs.map(({ after, lock, delay, priority }, i) => ({
        type: "script" as const,
        context: `step ${i}`,
        key: `k${Date.now()}-${jobs.length}-${i}`,
        priority,
        lock,
        after: [
          ...after.flatMap((n) => (jobs.length === 0 ? [] : [from(jobs, n)?._id ?? ""])),
          ...(i > 0 && after.length > 0 ? [`k${Date.now()}-${jobs.length}-${i - 1}`] : []),
          ...(c.afterAssignment === undefined ? [] : [from(assignments, c.afterAssignment)?._id ?? ""]),
        ],
        ...(delay > 0 ? { notBefore: Date.now() + delay } : {}),
      }));
      await admin.mutation(api.jobs.insert, {
        ...NS,
        assignment: target._id,
        jobs: inserted,
        parallel: c.parallel,
      });
      return;
    }
    case "claim": {
      const ready = jobs.filter((j) => j.ready);
      const job = from(ready, c.at) ?? from(jobs, c.at);
      if (job === undefined) return;
      const session = await live(world, c.session);
      await admin.mutation(api.work.claim, { ...NS, session, job: job._id });
      return;
    }
    case "report": {
      const job = from(running, c.at);
      if (job?.session === undefined) return;
      const fence = { job: job._id, attempt: job.attempt, session: job.session };
      await admin.mutation(api.work.report, { ...NS, fence, ended: ended(), outcome: outcomes(c.how) });
      return;
    }
    case "advance": {
      const job = from(running, c.at);
      if (job?.session === undefined) return;
      const fence = { job: job._id, attempt: job.attempt, session: job.session };
      await admin.mutation(api.work.advance, {
        ...NS,
        fence,
        ended: ended(),
        profile: "script",
        harness: "script",
      });
      return;
    }
    case "restart":
      world.sessions[c.session] = await q.startSession({ runner: `r${c.session}` });
      return;
    case "end": {
      const session = world.sessions[c.session];
      if (session !== undefined) await admin.mutation(api.sessions.end, { session });
      return;
    }
    case "update": {
      const target = from(assignments, c.at);
      if (target === undefined) return;
      await admin.mutation(api.assignments.update, {
        ...NS,
        assignment: target._id,
        status: c.to,
        reason: "because",
      });
      return;
    }
    case "priority": {
      const target = from(assignments, c.at);
      if (target === undefined) return;
      await admin.mutation(api.assignments.update, { ...NS, assignment: target._id, priority: c.priority });
      return;
    }
    case "cancel": {
      const job = from(
        jobs.filter((j) => j.open),
        c.at,
      );
      if (job !== undefined) await admin.mutation(api.jobs.cancel, { ...NS, job: job._id });
      return;
    }
    case "retry": {
      world.retried = true;
      const job = from(
        jobs.filter((j) => isTerminalJob(j.status)),
        c.at,
      );
      if (job !== undefined) await admin.mutation(api.jobs.retry, { ...NS, job: job._id });
      return;
    }
    case "byHand": {
      const manual = from(
        jobs.filter((j) => j.manual && j.open),
        c.at,
      );
      if (manual !== undefined) {
        await admin.mutation(api.jobs.finish, {
          ...NS,
          job: manual._id,
          outcome: c.at % 2 === 0 ? "complete" : "failed",
        });
        return;
      }
      const job = from(
        jobs.filter((j) => j.ready),
        c.at,
      );
      if (job !== undefined) await admin.mutation(api.jobs.start, { ...NS, job: job._id });
      return;
    }
    case "limit": {
      if (c.clear) {
        await admin.mutation(api.health.clear, NS);
        return;
      }
      const session = await live(world, 0);
      for (const profile of ["script", "claude"]) {
        await admin.mutation(api.health.report, {
          ...NS,
          session,
          profile,
          scope: "account",
          kind: "limited",
          reason: "quota",
        });
      }
      return;
    }
    case "pause":
      await admin.mutation(api.namespaces.setPaused, { ...NS, paused: c.paused });
      return;
    case "time":
      await q.advance(c.ms);
      return;
    default:
      c satisfies never;
  }
}

function statusOfSource(all: Rows, edge: Doc<"edges">): string {
  const job = all.jobs.find((j) => j._id === edge.fromJob);
  if (job !== undefined) return job.status;
  return all.assignments.find((a) => a._id === edge.fromAssignment)?.status ?? "gone";
}

const over = (status: string) =>
  isTerminalJob(status as "failed") || isTerminalAssignment(status as "failed");

/** What each pending job waits for, from scratch. */
function naive(all: Rows, now: number): Map<string, WaitReason[]> {
  const result = new Map<string, WaitReason[]>();
  const eligible: Doc<"jobs">[] = [];
  for (const job of all.jobs.filter((j) => j.status === "pending")) {
    const reasons: WaitReason[] = [];
    if (all.edges.some((e) => e.to === job._id && !e.satisfied)) reasons.push("dependencies");
    if (job.notBefore !== undefined && job.notBefore > now) reasons.push("time");
    const a = all.assignments.find((x) => x._id === job.assignment);
    const open = a?.status === "pending" || a?.status === "active";
    if (reasons.length === 0 && !(open && (a.independent || a.hasTurn))) reasons.push("assignment");
    if (reasons.length === 0) eligible.push(job);
    result.set(job._id, reasons);
  }
  for (const job of eligible) {
    if (job.lockKey === undefined) continue;
    const held = all.jobs.some((j) => j.status === "running" && j.lockKey === job.lockKey);
    const before = eligible.some((j) => j.lockKey === job.lockKey && compareRank(j, job) < 0);
    if (held || before) result.set(job._id, ["lock"]);
  }
  return result;
}

function check(world: World, all: Rows, trail: string): void {
  const now = Date.now();
  const expected = naive(all, now);
  for (const job of all.jobs) {
    const name = `${trail} job ${job.assignmentNumber}.${job.number}`;
    if (job.status === "pending") {
      expect(job.waitingFor, name).toEqual(expected.get(job._id));
      expect(job.gate, name).toBe(job.waitingFor[0] ?? "ready");
    } else {
      expect(job.gate, name).toBe(job.status === "awaiting_retry" ? "harness" : "none");
    }
    expect(job.ready, name).toBe(job.gate === "ready");
    expect(job.open, name).toBe(!isTerminalJob(job.status));
    const unmet = all.edges.filter((e) => e.to === job._id && !e.satisfied).length;
    expect(job.hasSources, `${name} hasSources`).toBe(all.edges.some((e) => e.to === job._id));
    if (job.open) expect(job.unmetDeps, `${name} unmetDeps`).toBe(unmet);
    const before = world.seen.get(job._id);
    if (before !== undefined) {
      expect(job.attempt, name).toBeGreaterThanOrEqual(before.attempt);
      if (over(before.status) && !world.retried)
        expect(job.status, `${name} left ${before.status}`).toBe(before.status);
    }
    world.seen.set(job._id, { attempt: job.attempt, status: job.status });
    const numbers = all.attempts.filter((x) => x.job === job._id).map((x) => x.number);
    expect(new Set(numbers).size, `${name} attempts`).toBe(numbers.length);
    expect(Math.max(0, ...numbers), `${name} attempts`).toBe(job.attempt);
    const present = all.attempts.find((x) => x._id === job.attemptRow);
    expect([present?.job, present?.number], `${name} attemptRow`).toEqual(
      job.attempt === 0 ? [undefined, undefined] : [job._id, job.attempt],
    );
  }
  const called = all.jobs
    .filter((j) => j.type === "pm" && j._creationTime > world.checkedAt)
    .map((j) => j.reviews);
  expect(new Set(called).size, `${trail} PM jobs called in one step`).toBe(called.length);
  world.checkedAt = Math.max(world.checkedAt, ...all.jobs.map((j) => j._creationTime));
  for (const edge of all.edges) {
    const status = statusOfSource(all, edge);
    const to = all.jobs.find((j) => j._id === edge.to);
    if (!over(status))
      expect(edge.satisfied, `${trail} edge from an open source to ${to?.number}`).toBe(
        edge.satisfied && to !== undefined && edge.told,
      );
    else if (conditionMet(edge.condition, status))
      expect(edge.satisfied, `${trail} edge of a ${status} source to ${to?.number}`).toBe(true);
  }
  checkLocks(all, trail);
  checkTurn(all, expected, trail);
  checkAssignments(all, trail);
}

function checkLocks(all: Rows, trail: string): void {
  const keys = new Set(
    all.jobs.flatMap((j) =>
      j.lockKey !== undefined && (j.status === "running" || j.gate === "ready" || j.gate === "lock")
        ? [j.lockKey]
        : [],
    ),
  );
  expect(new Set(all.locks.map((l) => l.key)), `${trail} lock rows`).toEqual(keys);
  expect(all.locks.length, `${trail} lock rows`).toBe(keys.size);
  for (const key of keys) {
    const holders = all.jobs.filter(
      (j) => j.lockKey === key && (j.status === "running" || j.gate === "ready"),
    );
    expect(holders.length, `${trail} holders of ${key}`).toBe(1);
    expect(all.locks.find((l) => l.key === key)?.job, trail).toBe(holders[0]?._id);
  }
}

function checkTurn(all: Rows, expected: Map<string, WaitReason[]>, trail: string): void {
  const holders = all.assignments.filter((a) => a.hasTurn);
  expect(holders.length, `${trail} turns`).toBeLessThanOrEqual(1);
  for (const a of holders) expect(["pending", "active"], `${trail} turn of ${a.number}`).toContain(a.status);
  if (holders.length > 0) return;
  const starving = all.assignments.filter(
    (a) =>
      !a.independent &&
      (a.status === "pending" || a.status === "active") &&
      all.jobs.some((j) => j.assignment === a._id && expected.get(j._id)?.[0] === "assignment"),
  );
  expect(
    starving.map((a) => a.number),
    `${trail} nobody has the turn`,
  ).toEqual([]);
}

function checkAssignments(all: Rows, trail: string): void {
  for (const a of all.assignments) {
    const jobs = all.jobs.filter((j) => j.assignment === a._id);
    const open = jobs.filter((j) => j.open);
    if (isTerminalAssignment(a.status)) {
      const left = open.filter((j) => !(j.status === "running" && (j.cancelRequested || j.type === "pm")));
      expect(
        left.map((j) => j.number),
        `${trail} open jobs of ended assignment ${a.number}`,
      ).toEqual([]);
    }
    const sources = all.edges.map((e) => e.fromJob);
    expect(a.hasDependents, `${trail} hasDependents of ${a.number}`).toBe(
      jobs.some((j) => sources.includes(j._id)),
    );
    if (a.status === "blocked") expect(a.blocked?.reason, trail).toBeTruthy();
    // A PM follows each end of a job once: by the count of ended attempts of its reviewed job.
    for (const job of jobs.filter((j) => j.type !== "pm")) {
      const calls = jobs.filter((j) => j.type === "pm" && j.reviews === job._id && !j.reminder);
      const reminders = jobs.filter((j) => j.type === "pm" && j.reviews === job._id && j.reminder);
      // A call that a person retries may end without an act once more, and is reminded once more.
      const ends = calls.reduce((sum, call) => sum + call.attempt, 0);
      expect(reminders.length, `${trail} reminders for ${a.number}.${job.number}`).toBeLessThanOrEqual(ends);
    }
    const followed = jobs.filter((j) => j.type === "pm" && j.reviews === undefined);
    expect(followed.length, `${trail} PM jobs that review nothing`).toBe(0);
  }
}

describe("stored readiness", () => {
  it(
    "is what recomputing it from scratch gives, after every step of any history",
    { timeout: 300_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(command, { minLength: 30, maxLength: 60 }), async (commands) => {
          const q = await openQueue();
          await q.admin.mutation(api.namespaces.ensure, {
            namespace: "main",
            profiles: ["claude", "script"],
            harnessDefaults: { pm: "claude" },
          });
          // From the start there is something for each policy to do, and two that want the turn.
          for (const [policy, independent] of [
            ["pm", false],
            ["static", false],
            ["pm", true],
          ] as const) {
            const assignment = await q.create({ policy, independent, limits: { maxConsecutiveFailures: 5 } });
            await q.insert(
              assignment,
              { key: "a", lock: "a" },
              { key: "b", after: ["a"] },
              { key: "c", after: ["a"], lock: "b" },
            );
          }
          const world: World = { q, sessions: [], seen: new Map(), retried: false, checkedAt: 0 };
          for (const [i, c] of commands.entries()) {
            world.retried = false;
            vi.setSystemTime(Date.now() + 1);
            try {
              await execute(world, c);
            } catch (error) {
              // A refusal is an answer like any other: it must leave the rows as they were.
              if (!(error instanceof ConvexError)) throw error;
            }
            await q.settle();
            check(world, await rows(q), `step ${i} (${JSON.stringify(c)}):`);
          }
        }),
        // Ends with the first failure: looking for a smaller one takes longer than the time there is, and hides it.
        { numRuns: HISTORIES, endOnFailure: true },
      );
    },
  );
});
