/** Seam: word and list → suggestion. */
import { describe, expect, it } from "vitest";
import { didYouMean, meantHint } from "./didYouMean.ts";

const TYPES = ["plan", "implement", "review", "uat", "document", "pm"];

describe("didYouMean", () => {
  it.each([
    ["implment", "implement"],
    ["reveiw", "review"],
    ["Plan", "plan"],
    ["paln", "plan"],
  ])("takes %s for %s", (typed, meant) => {
    expect(didYouMean(typed, TYPES)).toBe(meant);
  });

  it("stays silent where nothing is near", () => {
    expect(didYouMean("deploy", TYPES)).toBeNull();
    expect(meantHint("deploy", TYPES)).toBe("");
  });

  it("words the hint", () => {
    expect(meantHint("implment", TYPES)).toBe(' (did you mean "implement"?)');
  });
});
