/** Seam: pure waits. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jitteredBackoff } from "./backoff.ts";

describe("a jittered wait", () => {
  it("stays below the doubled base and the cap", () => {
    const range = { baseMs: 500, capMs: 30_000 };
    fc.assert(
      fc.property(
        fc.integer({ min: -5, max: 2000 }),
        fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        (attempt, random) => {
          const wait = jitteredBackoff(attempt, range, random);
          expect(wait).toBeGreaterThanOrEqual(0);
          expect(wait).toBeLessThan(range.capMs);
          expect(wait).toBeLessThanOrEqual(500 * 2 ** Math.max(Math.min(attempt, 30), 0));
        },
      ),
    );
  });
});
