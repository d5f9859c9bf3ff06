/** What the fleet knows of its profiles: limits are shared, only extended, and end by time, success or a person. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "./_generated/api.js";
import { errorOf, openQueue, type Queue } from "./queue.testkit.ts";

afterEach(() => vi.useRealTimers());

const NS = { namespace: "main" };
const MINUTE = 60_000;

const list = (q: Queue) => q.admin.query(api.health.list, NS);
const limit = (q: Queue, session: string, more: object = {}) =>
  q.admin.mutation(api.health.report, {
    ...NS,
    session,
    profile: "script",
    scope: "account" as const,
    kind: "limited" as const,
    reason: "quota",
    ...more,
  });

describe("health:report", () => {
  it("stops other runners from claiming for an account, and the same machine only for a machine", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), {}, {});
    const [a, b] = [await q.startSession(), await q.startSession({ runner: "r2", host: "h2" })];
    await limit(q, a, { scope: "machine", kind: "offline" });
    expect(await q.claim(a, "1.1")).toBeNull();
    expect(await q.claim(b, "1.1")).not.toBeNull();
    await limit(q, a);
    expect(await q.claim(b, "1.2")).toBeNull();
    expect(await q.row("1.2")).toMatchObject({ status: "awaiting_retry" });
  });

  it("lets a claim go on with the next healthy profile of the cascade", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), { cascade: ["script", "claude"] });
    const session = await q.startSession();
    await limit(q, session);
    expect(await q.claim(session, "1.1")).not.toBeNull();
    expect(await q.row("1.1")).toMatchObject({ profileUsed: "claude" });
  });

  it("counts one hit while the limit lasts and the next one after it, which is longer", async () => {
    const q = await openQueue();
    const session = await q.startSession();
    await limit(q, session);
    await limit(q, session);
    expect(await list(q)).toMatchObject([{ hits: 1, until: Date.now() + 15 * MINUTE }]);
    await q.advance(15 * MINUTE);
    expect(await list(q)).toEqual([]);
    await limit(q, await q.startSession());
    expect(await list(q)).toMatchObject([{ hits: 2, until: Date.now() + 60 * MINUTE }]);
  });

  it("only extends what is known", async () => {
    const q = await openQueue();
    const session = await q.startSession();
    const until = Date.now() + 30 * MINUTE;
    await limit(q, session, { until });
    await limit(q, session, { until: Date.now() + 5 * MINUTE });
    expect(await list(q)).toMatchObject([{ until: until + 30_000 }]);
    await limit(q, session, { kind: "offline" });
    expect((await list(q))[0]?.until).toBeUndefined();
    await limit(q, session, { kind: "offline", until });
    expect((await list(q))[0]?.until).toBe(until);
  });

  it("is refused to a session that does not serve the namespace", async () => {
    const q = await openQueue();
    await q.admin.mutation(api.namespaces.ensure, { namespace: "other" });
    expect(await errorOf(limit(q, await q.startSession({ namespaces: ["other"] })))).toMatchObject({
      code: "NOT_ALLOWED",
    });
  });
});

describe("a success of a limited profile", () => {
  it("that began after the limit was seen takes it back and wakes what waits for it", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), {}, {}, { cascade: ["claude"] });
    const session = await q.startSession();
    await limit(q, session);
    await q.claim(session, "1.1");
    await q.admin.mutation(api.health.clear, { ...NS, profile: "script" });
    await q.settle();
    const claimed = await q.claim(session, "1.1");
    await limit(q, session);
    const fence = { job: claimed?.job.id ?? "", attempt: 1, session };
    const ended = { profile: "script", harness: "script", verdict: "success", startedAt: 1, endedAt: 2 };
    await q.admin.mutation(api.work.report, {
      ...NS,
      fence,
      ended,
      outcome: { kind: "complete", result: "" },
    });
    expect(await list(q)).toHaveLength(1);
  });

  it("after the limit has ended resets the count of hits", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), {});
    await limit(q, await q.startSession());
    await q.advance(15 * MINUTE);
    const session = await q.startSession();
    const claimed = await q.claim(session, "1.1");
    const ended = { profile: "script", harness: "script", verdict: "success", startedAt: 1, endedAt: 2 };
    await q.admin.mutation(api.work.report, {
      ...NS,
      fence: { job: claimed?.job.id ?? "", attempt: 1, session },
      ended,
      outcome: { kind: "complete", result: "" },
    });
    await limit(q, session);
    expect(await list(q)).toMatchObject([{ hits: 1 }]);
  });
});

describe("health:clear", () => {
  it.each([
    { what: "everything", args: {}, cleared: 3, left: [] },
    { what: "a profile", args: { profile: "script" }, cleared: 2, left: ["claude"] },
    { what: "a machine", args: { machine: "h1" }, cleared: 1, left: ["claude", "script"] },
    {
      what: "a profile on a machine",
      args: { profile: "script", machine: "h1" },
      cleared: 1,
      left: ["claude", "script"],
    },
    {
      what: "a profile that is well",
      args: { profile: "codex" },
      cleared: 0,
      left: ["claude", "script", "script"],
    },
  ])("forgets $what", async ({ args, cleared, left }) => {
    const q = await openQueue();
    const session = await q.startSession();
    await limit(q, session);
    await limit(q, session, { profile: "claude" });
    await limit(q, session, { scope: "machine", kind: "offline" });
    expect(await q.admin.mutation(api.health.clear, { ...NS, ...args })).toEqual({ cleared });
    expect((await list(q)).map(({ profile }) => profile).sort()).toEqual(left);
  });

  it("wakes the parked jobs whose cascade names the profile, in batches", { timeout: 60_000 }, async () => {
    const q = await openQueue();
    const session = await q.startSession();
    await q.insert(await q.create(), ...Array.from({ length: 5 }, () => ({})), { cascade: ["claude"] });
    await q.insert(await q.create(), {});
    await limit(q, session);
    await limit(q, session, { profile: "claude" });
    const parked = ["1.1", "1.2", "1.3", "1.4", "1.5", "1.6", "2.1"];
    for (const job of parked) await q.claim(session, job);
    await q.admin.mutation(api.health.clear, { ...NS, profile: "script" });
    await q.settle();
    const states = await Promise.all(parked.map(async (job) => (await q.row(job)).status));
    expect(states).toEqual([
      "pending",
      "pending",
      "pending",
      "pending",
      "pending",
      "awaiting_retry",
      "pending",
    ]);
  });
});
