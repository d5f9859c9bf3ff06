/** Seam: the watch over stand-in measurements; that a runner without room claims nothing is shown with a real daemon. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryBackend } from "../../test/support/memoryBackend.ts";
import { startTestRunner, testPlace, type TestPlace } from "../../test/support/startTestRunner.ts";
import { systemClock } from "../clock.ts";
import type { LogEntry } from "../options.ts";
import { availableMemory, watchRoom } from "./room.ts";

const deps = (log: LogEntry[]) => ({
  folder: "/",
  limits: { freeDiskBytes: 100, freeMemoryBytes: 10 },
  clock: systemClock,
  log: (entry: LogEntry) => void log.push(entry),
  onChange: () => undefined,
});

describe("room for a job", () => {
  it("is missing below a floor, and is told once when it is there again", async () => {
    const found = { disk: 99, memory: 50 };
    const log: LogEntry[] = [];
    let told: () => void = () => undefined;
    const again = new Promise<void>((resolve) => (told = resolve));
    const onChange = () => log.at(-1)?.event === "runner:room" && told();
    const room = watchRoom({ ...deps(log), everyMs: 5, measure: () => found, onChange });
    expect(room.lacks()).toContain("of disk");
    found.disk = 100;
    await again;
    room.close();
    expect(log.map((entry) => entry.event)).toEqual(["runner:noRoom", "runner:room"]);
  });

  it("is not judged by the free pages of a Mac, of which there are next to none", () => {
    expect(availableMemory("darwin")).toBe(Infinity);
    expect(availableMemory("linux")).toBeGreaterThan(0);
    expect(availableMemory("linux")).toBeLessThan(Infinity);
  });

  it("is looked for again when a claim asks after a while", () => {
    let now = 0;
    const found = { disk: 100, memory: 50 };
    const clock = { ...systemClock, monotonic: () => now };
    const room = watchRoom({ ...deps([]), clock, measure: () => found });
    found.disk = 0;
    expect(room.lacks()).toBeUndefined();
    now = 1000;
    expect(room.lacks()).toContain("of disk");
    room.close();
  });

  it("is waited for before a process starts, a minute long", async () => {
    const found = { disk: 0, memory: 9 };
    let slept = 0;
    const sleep = (ms: number) => {
      slept += ms;
      if (slept === 3000) found.memory = 10;
      return Promise.resolve();
    };
    const room = watchRoom({ ...deps([]), clock: { ...systemClock, sleep }, measure: () => found });
    expect(await room.forSpawn(new AbortController().signal)).toBeUndefined();
    expect(slept).toBe(3000);
    found.memory = 0;
    expect(await room.forSpawn(new AbortController().signal)).toContain("of memory");
    expect(slept).toBe(63_000);
    room.close();
  });
});

describe("a runner without room", () => {
  let place: TestPlace;
  beforeEach(async () => void (place = await testPlace()));
  afterEach(() => place.remove());

  it("claims nothing, and says why", async () => {
    const backend = new MemoryBackend();
    backend.add("1.1");
    const runner = await startTestRunner(backend, place, {
      limits: { freeDiskBytes: Number.MAX_SAFE_INTEGER },
    });
    await vi.waitFor(() => expect(runner.log.map((entry) => entry.event)).toContain("runner:noRoom"));
    await backend.until(() => backend.refusals.length > 0);
    expect(backend.refusals).toEqual([{ draining: false, why: expect.stringContaining("of disk are free") }]);
    await runner.drain();
    expect(backend.job("1.1").status).toBe("pending");
  });

  it("gives a job back whose process would find no memory, and does not count the attempt", async () => {
    const backend = new MemoryBackend();
    const job = backend.add("1.1");
    const waits: number[] = [];
    const runner = await startTestRunner(backend, place, {
      clock: { ...systemClock, sleep: async (ms) => void waits.push(ms) },
      // The claim looks as well: it must find memory, the process must not.
      measureRoom: () => ({ disk: Infinity, memory: job.status === "running" ? 0 : Infinity }),
    });
    await backend.until(() => job.outcome !== undefined);
    expect(job.outcome).toMatchObject({ kind: "interrupted", reason: expect.stringContaining("of memory") });
    await runner.kill();
  });
});
