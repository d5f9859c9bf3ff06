/** What the tests of the functions share: a queue with a fake clock, callers by role, and short words for its calls. */
import { convexTest, type TestConvex } from "convex-test";
import { ConvexError } from "convex/values";
import { vi } from "vitest";
import { TOKEN_ISSUER, type TokenClaims } from "../domain/roles.ts";
import type { ErrorData } from "../domain/errors.ts";
import { api } from "./_generated/api.js";
import type { Doc, Id } from "./_generated/dataModel.js";
import schema from "./schema.ts";

export const modules = import.meta.glob("./**/*.*s");
export const START = Date.UTC(2026, 0, 1);
/** More than any test lets pass. */
const YEARS_MS = 10 * 365 * 86_400_000;
/** Rounds of scheduled functions that one advance may take: more is a loop that does not end. */
const MAX_ROUNDS = 20_000;

type Schema = typeof schema;
export type Queue = Awaited<ReturnType<typeof openQueue>>;
export type Client = ReturnType<TestConvex<Schema>["withIdentity"]>;
export type NewJobArg = {
  type?: "implement" | "script" | "plan" | "review" | "chat" | "pm";
  context?: string;
} & Record<string, unknown>;

/** A fresh backend with the namespace `main`; limits of Convex are enforced unless told otherwise. */
export async function openQueue({ limits = true }: { limits?: boolean } = {}) {
  vi.useFakeTimers();
  vi.setSystemTime(START + YEARS_MS);
  const t = convexTest({ schema, modules, transactionLimits: limits });
  // Of two commits under a clock that stands still the second is a nanosecond later, and the host's `convexTest()` shows
  // the next call the next millisecond. Far behind a commit it shows the clock as the test sets it.
  await t.mutation(() => Promise.resolve(null));
  vi.setSystemTime(START);
  const as = (claims: Partial<TokenClaims>, jti = "test") =>
    t.withIdentity({ issuer: TOKEN_ISSUER, subject: "tester", tokenIdentifier: "tester", jti, ...claims });
  const admin = as({ role: "admin", namespaces: "*" });
  await admin.mutation(api.namespaces.ensure, { namespace: "main" });
  const time = clock(t);
  const queue = { t, as, admin, ...time, ...words(t, admin, time.settle) };
  return queue;
}

function clock(t: TestConvex<Schema>) {
  /** Runs everything that is scheduled up to now, in order, however often it schedules more. */
  async function settle(): Promise<void> {
    await advance(0);
  }
  /** Lets time pass; what falls due on the way runs at its time. */
  async function advance(ms: number): Promise<void> {
    const end = Date.now() + ms;
    for (let round = 0; ; round += 1) {
      const next = await t.run(async (ctx) => {
        const all = await ctx.db.system.query("_scheduled_functions").collect();
        const times = all.filter((f) => f.state.kind === "pending").map((f) => f.scheduledTime);
        return times.length === 0 ? null : Math.min(...times);
      });
      if (next === null || next > end) break;
      if (round === MAX_ROUNDS) throw new Error(`scheduled functions go on after ${MAX_ROUNDS} rounds`);
      const waiting = vi.getTimerCount();
      vi.advanceTimersByTime(Math.max(0, Math.ceil(next - Date.now())));
      // A test that sets the clock leaves the timers behind: what is due then still stands in the future for them.
      if (vi.getTimerCount() === waiting) vi.advanceTimersToNextTimer();
      await t.finishInProgressScheduledFunctions();
    }
    if (Date.now() < end) vi.advanceTimersByTime(end - Date.now());
    const failed = await t.run(async (ctx) => {
      const all = await ctx.db.system.query("_scheduled_functions").collect();
      return all.flatMap((f) => (f.state.kind === "failed" ? [`${f.name}: ${f.state.error}`] : []));
    });
    if (failed.length > 0) throw new Error(`scheduled functions failed: ${failed.join("; ")}`);
  }
  return { settle, advance };
}

function words(t: TestConvex<Schema>, admin: Client, settle: () => Promise<void>) {
  const namespace = "main";
  async function create(args: Record<string, unknown> = {}): Promise<string> {
    const { number } = await admin.mutation(api.assignments.create, {
      namespace,
      northStar: "make it good",
      policy: "static",
      independent: true,
      ...args,
    });
    return String(number);
  }
  async function insert(assignment: string, ...jobs: NewJobArg[]): Promise<string[]> {
    const result = await admin.mutation(api.jobs.insert, {
      namespace,
      assignment,
      jobs: jobs.map((job) => ({ type: "script" as const, context: "true", ...job })),
    });
    if (result.kind !== "inserted") throw new Error(`not inserted: ${result.reason}`);
    await settle();
    return result.jobs.map(({ handle }) => handle);
  }
  /** The row of a job. */
  async function row(handle: string): Promise<Doc<"jobs">> {
    const { job } = await admin.query(api.jobs.get, { namespace, job: handle });
    const found = await t.run((ctx) => ctx.db.get("jobs", job.id as Id<"jobs">));
    if (found === null) throw new Error(`no job ${handle}`);
    return found;
  }
  async function assignment(handle: string) {
    return (await admin.query(api.assignments.get, { namespace, assignment: handle })).assignment;
  }
  async function startSession(args: Record<string, unknown> = {}): Promise<string> {
    const started = await admin.mutation(api.sessions.start, {
      runner: "r1",
      host: "h1",
      version: "1",
      namespaces: ["main"],
      pools: ["default"],
      slots: 8,
      profiles: ["claude", "script"],
      ...args,
    });
    return started.session;
  }
  const claim = (session: string, job: string) => admin.mutation(api.work.claim, { namespace, session, job });
  type Outcome = (typeof api.work.report)["_args"]["outcome"];
  async function report(fence: { job: string; attempt: number; session: string }, outcome: Outcome) {
    const answer = await admin.mutation(api.work.report, { namespace, fence, ended: ended(), outcome });
    await settle();
    return answer;
  }
  /** Claims a job and reports how it ended. */
  async function run(session: string, job: string, outcome: Outcome = { kind: "complete", result: "ok" }) {
    const claimed = await claim(session, job);
    if (claimed === null) throw new Error(`job ${job} could not be claimed`);
    return report({ job: claimed.job.id, attempt: claimed.job.attempt, session }, outcome);
  }
  return { create, insert, row, assignment, startSession, claim, report, run };
}

/** What a runner says of an attempt that ended. */
export function ended(more: Record<string, unknown> = {}) {
  return {
    profile: "claude",
    harness: "claude",
    verdict: "success",
    startedAt: Date.now(),
    endedAt: Date.now(),
    ...more,
  };
}

/** The data of the ConvexError with which a call ends. */
export async function errorOf(call: Promise<unknown>): Promise<ErrorData> {
  try {
    await call;
  } catch (error) {
    if (error instanceof ConvexError) {
      const data: unknown = error.data;
      return (typeof data === "string" ? JSON.parse(data) : data) as ErrorData;
    }
    throw error;
  }
  throw new Error("expected an error, but the call went well");
}
