/** Seam: one session over a backend whose answers the test gives; time is vitest's, both clocks with it. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryBackend } from "../../test/support/memoryBackend.ts";
import type { Beat, Orders } from "../connect/types.ts";
import type { Clock } from "../options.ts";
import { openSession } from "./session.ts";

const LEASE_MS = 15_000;
let wallJump = 0;
const clock: Clock = {
  now: () => Date.now() + wallJump,
  monotonic: () => performance.now(),
  sleep: () => Promise.resolve(),
};

beforeEach(() => {
  wallJump = 0;
  vi.useFakeTimers();
});
afterEach(() => void vi.useRealTimers());

const noOrders: Orders = { alive: true, drain: false, cancel: [] };
const renewed = (renewInMs = LEASE_MS / 3): Beat => ({ kind: "renewed", renewInMs, orders: noOrders });

const open = async (answer: () => Promise<Beat>) => {
  const memory = new MemoryBackend();
  memory.leaseMs = LEASE_MS;
  const beats: number[] = [];
  const left: number[] = [];
  let unwatched = 0;
  const backend = {
    ...memory.connect(),
    watchOrders: () => () => (unwatched += 1),
    heartbeat: () => {
      beats.push(Math.round(performance.now()));
      return answer();
    },
  };
  const { session } = await openSession({
    backend,
    clock,
    log: () => undefined,
    start: {
      runner: "one",
      host: "here",
      version: "0",
      namespaces: ["app"],
      pools: [],
      slots: 1,
      profiles: [],
      collecting: [],
      repos: {},
    },
    running: () => [],
    onOrders: () => undefined,
    onLease: (ms) => left.push(ms),
  });
  const began = performance.now();
  return {
    session,
    beats: () => beats.map((at) => at - Math.round(began)),
    left,
    unwatched: () => unwatched,
  };
};

describe("a session", () => {
  it("renews at a third of its lease, again and again", async () => {
    const { session, beats } = await open(() => Promise.resolve(renewed()));
    await vi.advanceTimersByTimeAsync(LEASE_MS);
    expect(beats()).toEqual([5000, 10_000, 15_000]);
    await session.end();
  });

  it("renews sooner once a claim has shortened the long lease of an idle session", async () => {
    const { session, beats } = await open(() => Promise.resolve(renewed()));
    session.claimed(performance.now(), 500);
    await vi.advanceTimersByTimeAsync(600);
    expect(beats()).toEqual([500]);
    await session.end();
  });

  it("is lost before its lease ends when no renewal gets through, with one call on its way and no more", async () => {
    const { session, beats } = await open(() => new Promise(() => undefined));
    await vi.advanceTimersByTimeAsync(11_900);
    expect(session.lost.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect(session.lost.aborted).toBe(true);
    expect(beats()).toHaveLength(1);
  });

  it("is lost as soon as somebody asks after its lease has ended, before any timer says so", async () => {
    const { session } = await open(() => new Promise(() => undefined));
    // A stopped process: the time passes, and no timer runs.
    const before = performance.now();
    const now = vi.spyOn(performance, "now").mockReturnValue(before + LEASE_MS);
    session.check();
    expect(session.lost.aborted).toBe(true);
    now.mockRestore();
  });

  it("is lost when the backend says so", async () => {
    const { session } = await open(() => Promise.resolve({ kind: "lost" }));
    await vi.advanceTimersByTimeAsync(5000);
    expect(session.lost.aborted).toBe(true);
  });

  it("ends its subscription once, when it is lost and when it is ended after that", async () => {
    const { session, unwatched } = await open(() => Promise.resolve({ kind: "lost" }));
    await vi.advanceTimersByTimeAsync(5000);
    expect(unwatched()).toBe(1);
    await session.end();
    expect(unwatched()).toBe(1);
  });

  it("tries a refused renewal again", async () => {
    let refuse = true;
    const { session, beats } = await open(() => {
      const answer = refuse ? Promise.reject(new Error("busy")) : Promise.resolve(renewed());
      refuse = false;
      return answer;
    });
    await vi.advanceTimersByTimeAsync(6000);
    expect(beats()).toEqual([5000, 5750]);
    expect(session.lost.aborted).toBe(false);
    await session.end();
  });

  it("renews at once when the machine has slept", async () => {
    const { session, beats } = await open(() => Promise.resolve(renewed()));
    await vi.advanceTimersByTimeAsync(1000);
    wallJump = 60_000;
    await vi.advanceTimersByTimeAsync(250);
    expect(beats()).toEqual([1250]);
    await session.end();
  });

  it("says how long its lease still holds", async () => {
    const { session, left } = await open(() => Promise.resolve(renewed()));
    await vi.advanceTimersByTimeAsync(1000);
    expect(left).toEqual([11_750, 11_500, 11_250, 11_000]);
    await session.end();
  });
});
