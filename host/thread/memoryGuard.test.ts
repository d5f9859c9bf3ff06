import { afterEach, expect, it, vi } from "vitest";
import { RunningCall } from "../functions/runningCall.ts";
import { guardMemory } from "./memoryGuard.ts";

const GIB = 2 ** 30;
afterEach(() => vi.useRealTimers());

function guarded() {
  vi.useFakeTimers();
  const running = new RunningCall();
  const state = { bytes: GIB, excesses: 0 };
  const stop = guardMemory(
    running,
    () => state.excesses++,
    () => state.bytes,
  );
  const grow = (bytes: number) => {
    state.bytes += bytes;
    vi.advanceTimersByTime(100);
    return state.excesses;
  };
  return { running, grow, stop };
}

it("calls once for a single call that grows by more than 1.5 GiB", () => {
  const { running, grow } = guarded();
  running.begin("a:grows", "[]");
  expect([grow(0), grow(GIB), grow(GIB), grow(GIB)]).toEqual([0, 0, 1, 1]);
});

it("lets the process grow between calls and over several of them", () => {
  const { running, grow } = guarded();
  expect(grow(2 * GIB)).toBe(0);
  for (let i = 0; i < 3; i++) {
    running.begin("a:grows", "[]");
    expect([grow(0), grow(GIB)]).toEqual([0, 0]);
    running.end();
  }
});

it("looks no more when it was told to stop", () => {
  const { running, grow, stop } = guarded();
  running.begin("a:grows", "[]");
  stop();
  expect([grow(0), grow(4 * GIB)]).toEqual([0, 0]);
});
