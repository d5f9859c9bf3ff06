/** Activity of a job: bounded, unique by (job, attempt, seq), and only from who holds the fence. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "./_generated/api.js";
import { ended, errorOf, openQueue, type Queue } from "./queue.testkit.ts";

afterEach(() => vi.useRealTimers());

const NS = { namespace: "main" };
type Event = { seq: number; at: number; kind: string; text: string };
const event = (seq: number, text = `e${seq}`): Event => ({ seq, at: seq, kind: "text", text });
const many = (from: number, count: number) => Array.from({ length: count }, (_, i) => event(from + i));

async function running() {
  const q = await openQueue();
  await q.insert(await q.create(), { cascade: ["claude", "script"] });
  const session = await q.startSession();
  const claimed = await q.claim(session, "1.1");
  return { q, fence: { job: claimed?.job.id ?? "", attempt: 1, session } };
}
const send = (q: Queue, fence: { job: string; attempt: number; session: string }, events: Event[]) =>
  q.admin.mutation(api.work.events, { ...NS, fence, events });
const list = (q: Queue, more: object = {}) => q.admin.query(api.events.list, { ...NS, job: "1.1", ...more });

describe("work:events", () => {
  it("writes an event once, however often and in whatever order it is sent", async () => {
    const { q, fence } = await running();
    await send(q, fence, [event(2), event(1), event(2)]);
    await send(q, fence, [event(1, "again"), event(3)]);
    expect((await list(q)).map(({ seq, text }) => `${seq} ${text}`)).toEqual(["1 e1", "2 e2", "3 e3"]);
  });

  it("cuts a long text", async () => {
    const { q, fence } = await running();
    await send(q, fence, [event(1, "x".repeat(5000))]);
    expect((await list(q))[0]?.text).toHaveLength(2000);
  });

  it.each([
    ["more than 100 in one call", many(0, 101), "LIMIT"],
    ["a negative number", [event(-1)], "INVALID"],
  ])("refuses %s", async (_, events, code) => {
    const { q, fence } = await running();
    expect(await errorOf(send(q, fence, events))).toMatchObject({ code });
  });

  it("keeps the last 2,000 of a job", { timeout: 120_000 }, async () => {
    const { q, fence } = await running();
    for (let at = 0; at < 2150; at += 50) await send(q, fence, many(at, 50));
    const left = await q.t.run((ctx) => ctx.db.query("events").collect());
    expect(left).toHaveLength(2000);
    expect(Math.min(...left.map(({ seq }) => seq))).toBe(150);
  });
});

describe("events:list", () => {
  it("gives the last attempt's, or another's, from a number on, as many as asked for", async () => {
    const { q, fence } = await running();
    await send(q, fence, many(1, 3));
    await q.admin.mutation(api.work.advance, {
      ...NS,
      fence,
      ended: { profile: "claude", harness: "claude", verdict: "usage_limit", startedAt: 1, endedAt: 2 },
      profile: "script",
      harness: "script",
    });
    await send(q, { ...fence, attempt: 2 }, many(1, 2));
    expect(await list(q)).toMatchObject([
      { attempt: 2, seq: 1 },
      { attempt: 2, seq: 2 },
    ]);
    expect(await list(q, { attempt: 1, afterSeq: 1, limit: 1 })).toMatchObject([
      { attempt: 1, seq: 2, kind: "text" },
    ]);
    expect(await errorOf(list(q, { limit: 0 }))).toMatchObject({ code: "INVALID" });
  });
});

describe("events:latest", () => {
  const latest = (q: Queue, jobs: string[]) => q.admin.query(api.events.latest, { ...NS, jobs });

  it("says what an agent did last, in one short line, and when it last gave a sign", async () => {
    const { q, fence } = await running();
    expect(await latest(q, ["1.1"])).toEqual([]);
    await send(q, fence, [
      { seq: 1, at: 10, kind: "text", text: "I look" },
      { seq: 2, at: 20, kind: "tool_start", text: `npm test\n${"x".repeat(500)}` },
      { seq: 3, at: 30, kind: "tool_end", text: "ok" },
    ]);
    expect(await latest(q, ["1.1"])).toEqual([{ job: "1.1", at: 30, kind: "tool_start", text: "npm test" }]);
    await send(q, fence, [{ seq: 4, at: 40, kind: "text", text: "y".repeat(500) }]);
    expect((await latest(q, ["1.1"]))[0]?.text).toHaveLength(160);
  });

  it("says nothing of an earlier attempt, and takes at most 50 jobs in one call", async () => {
    const { q, fence } = await running();
    await send(q, fence, [event(1)]);
    await q.admin.mutation(api.work.advance, {
      ...NS,
      fence,
      ended: ended(),
      profile: "script",
      harness: "script",
    });
    expect(await latest(q, ["1.1"])).toEqual([]);
    expect(await errorOf(latest(q, Array<string>(51).fill("1.1")))).toMatchObject({ code: "LIMIT" });
    expect(await errorOf(latest(q, ["1.9"]))).toMatchObject({ code: "NOT_FOUND" });
  });
});
