/** Seam: the pure arithmetic of token counts; where the numbers come from is the adapters' business. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { addUsage, NO_USAGE, subtractUsage, tokensIn, type Usage } from "./usage.ts";

const count = fc.nat({ max: 1_000_000_000 });
const usage: fc.Arbitrary<Usage> = fc.record({
  input: count,
  cached: count,
  output: count,
  reasoning: count,
});

it("gives back the later run when the earlier total is subtracted from the sum", () => {
  fc.assert(
    fc.property(usage, usage, (earlier, run) => {
      expect(subtractUsage(addUsage(earlier, run), earlier)).toEqual(run);
    }),
  );
});

it("never counts below zero when a CLI starts its total afresh", () => {
  const earlier = { input: 10, cached: 5, output: 7, reasoning: 1 };
  expect(subtractUsage(NO_USAGE, earlier)).toEqual(NO_USAGE);
});

it("adds each field on its own", () => {
  const a = { input: 1, cached: 2, output: 3, reasoning: 4 };
  expect(addUsage(a, { input: 10, cached: 20, output: 30, reasoning: 40 })).toEqual({
    input: 11,
    cached: 22,
    output: 33,
    reasoning: 44,
  });
});

it("counts reasoning once, as the part of the output that it is", () => {
  expect(tokensIn({ input: 100, cached: 20, output: 9, reasoning: 7 })).toBe(129);
});
