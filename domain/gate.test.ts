/** The rules of readiness that need no rows: stages, gates and the order of the queue. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareRank, firstStage, gateOf, type Rank } from "./gate.ts";
import { conditionMet } from "./waiting.ts";

const rank = fc.record({ priority: fc.integer(), assignmentNumber: fc.nat(9), number: fc.nat(9) });

describe("firstStage", () => {
  it("names open edges and a start time to come, and nothing else", () => {
    expect(firstStage({ unmetDeps: 0 }, 10)).toEqual([]);
    expect(firstStage({ unmetDeps: 2, notBefore: 11 }, 10)).toEqual(["dependencies", "time"]);
    expect(firstStage({ unmetDeps: 0, notBefore: 11 }, 10)).toEqual(["time"]);
  });

  it("takes a start time that has come for past", () => {
    expect(firstStage({ unmetDeps: 0, notBefore: 10 }, 10)).toEqual([]);
  });
});

describe("gateOf", () => {
  it("is the first reason, or ready", () => {
    expect(gateOf(["dependencies", "time"])).toBe("dependencies");
    expect(gateOf([])).toBe("ready");
  });
});

describe("compareRank", () => {
  it("puts priority before age and age before the job's number", () => {
    const ranks: Rank[] = [
      { priority: 2, assignmentNumber: 1, number: 1 },
      { priority: 1, assignmentNumber: 2, number: 1 },
      { priority: 1, assignmentNumber: 1, number: 2 },
      { priority: 1, assignmentNumber: 1, number: 1 },
    ];
    expect([...ranks].sort(compareRank)).toEqual([...ranks].reverse());
  });

  it("is a total order", () => {
    fc.assert(
      fc.property(rank, rank, rank, (a, b, c) => {
        expect(Math.sign(compareRank(a, b))).toBe(-Math.sign(compareRank(b, a)) + 0);
        if (compareRank(a, b) <= 0 && compareRank(b, c) <= 0)
          expect(compareRank(a, c)).toBeLessThanOrEqual(0);
      }),
    );
  });
});

describe("conditionMet", () => {
  it.each([
    ["complete", "complete", true],
    ["complete", "failed", false],
    ["settled", "skipped", true],
    ["approved", "complete", false],
    ["prMerged", "complete", false],
  ] as const)("an edge on %s lets go on after %s: %s", (condition, status, met) => {
    expect(conditionMet(condition, status)).toBe(met);
  });
});
