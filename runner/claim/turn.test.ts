/** Seam: the pure ranking of runners for a job, and the choice from a window. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rankFor } from "../../domain/rendezvous.ts";
import { rankDelayMs } from "./turn.ts";

const fleet = (size: number) => Array.from({ length: size }, (_, i) => `runner-${i}`);

describe("the ranking of runners", () => {
  it("gives every runner of a fleet its own place, the same from everybody's view", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string(), { minLength: 1, maxLength: 40 }),
        fc.string(),
        (runners, job) => {
          const ranks = runners.map((me) => rankFor(job, me, runners));
          expect([...ranks].sort((a, b) => a - b)).toEqual(runners.map((_, i) => i));
        },
      ),
    );
  });

  it("keeps the order of the others when a runner leaves", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.string(), { minLength: 2, maxLength: 20 }),
        fc.string(),
        (runners, job) => {
          const rest = runners.slice(1);
          const by = (all: string[]) => [...rest].sort((a, b) => rankFor(job, a, all) - rankFor(job, b, all));
          expect(by(rest)).toEqual(by(runners));
        },
      ),
    );
  });

  it("spreads the first places over the fleet", () => {
    const runners = fleet(10);
    const firsts = new Map(runners.map((runner) => [runner, 0]));
    for (let job = 0; job < 2000; job += 1) {
      const first = runners.find((runner) => rankFor(`job-${job}`, runner, runners) === 0);
      firsts.set(first ?? "", (firsts.get(first ?? "") ?? 0) + 1);
    }
    for (const count of firsts.values()) expect(count).toBeGreaterThan(100);
  });

  it("lets the first claim at once and makes the others wait longer by rank, a third of a second for the fiftieth", () => {
    const delays = fleet(50).map((_, rank) => rankDelayMs(rank));
    expect(delays[0]).toBe(0);
    expect(delays.every((delay, i) => i === 0 || delay >= (delays[i - 1] ?? 0))).toBe(true);
    expect(delays[1]).toBeGreaterThan(0);
    expect(delays[49]).toBeLessThan(400);
  });
});
