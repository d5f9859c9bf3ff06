/** Seam: the watch over stand-in measurements; that a runner without room claims nothing is shown with a real daemon. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryBackend } from "../../test/support/memoryBackend.ts";
import { startTestRunner, testPlace, type TestPlace } from "../../test/support/startTestRunner.ts";
import type { LogEntry } from "../options.ts";
import { watchRoom } from "./room.ts";

const LIMITS = { freeDiskBytes: 100, freeMemoryBytes: 10 };

describe("room for a job", () => {
  it("is missing below a floor, and is told once when it is there again", async () => {
    const found = { disk: 99, memory: 50 };
    const log: LogEntry[] = [];
    const again = new Promise<void>((resolve) => {
      void watchRoom({
        ...{ folder: "/", limits: LIMITS, log: (entry) => void log.push(entry), everyMs: 5 },
        measure: () => Promise.resolve(found),
        onRoom: resolve,
      }).then((room) => {
        expect(room.lacks()).toContain("of disk");
        found.disk = 100;
        void again.then(room.close);
      });
    });
    await again;
    expect(log.map((entry) => entry.event)).toEqual(["runner:noRoom", "runner:room"]);
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
    await runner.drain();
    expect(backend.claimCalls).toBe(0);
    expect(backend.job("1.1").status).toBe("pending");
  });
});
