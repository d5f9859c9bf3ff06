/** Seam: the watch alone, with a memory that the test sets and a clock that it moves; real threads are in isolation.test.ts. */
import { beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { LIMITS } from "../values/limits.ts";
import { MemoryWatch } from "./memoryWatch.ts";

const MIB = 1024 * 1024;
let memory: number;
let ended: string[];

beforeEach(() => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  memory = 100 * MIB;
  ended = [];
});

function started(watch: MemoryWatch, name: string, busyness: number): Promise<void> {
  let end = (): void => undefined;
  const running = new Promise<void>((resolve) => (end = resolve));
  const stop = async () => {
    ended.push(name);
    end();
    await running;
  };
  return watch.during({ busyness: () => busyness, stop }, () => running);
}

it("lets everything run that stays within its limit", async () => {
  const watch = new MemoryWatch(() => memory);
  void started(watch, "a", 1);
  memory += LIMITS.actionMemoryMib * MIB;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ended).toEqual([]);
});

it("ends the one that computes most, of equal ones the latest, until the memory is back", async () => {
  const watch = new MemoryWatch(() => memory);
  for (const [name, busyness] of [
    ["idle", 0.1],
    ["first", 1],
    ["second", 1],
  ] as const)
    void started(watch, name, busyness);
  memory += 2 * LIMITS.actionMemoryMib * MIB;
  await vi.advanceTimersByTimeAsync(50);
  expect(ended).toEqual(["second"]);
  await vi.advanceTimersByTimeAsync(50);
  expect(ended).toEqual(["second", "first"]);
  memory = 100 * MIB;
  await vi.advanceTimersByTimeAsync(1_000);
  expect(ended).toEqual(["second", "first"]);
});

it("measures from what there was before the first of them, and looks no further when all have ended", async () => {
  const watch = new MemoryWatch(() => memory);
  memory = 3_000 * MIB;
  const one = started(watch, "one", 1);
  memory += 700 * MIB;
  await vi.advanceTimersByTimeAsync(50);
  await one;
  expect(ended).toEqual(["one"]);
  expect(vi.getTimerCount()).toBe(0);
});
