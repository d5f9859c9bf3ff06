/** Bounded texts: never longer than asked for, never a character cut in two. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byteLength, firstLine, headAndTail } from "./text.ts";

describe("headAndTail", () => {
  it("leaves a text that fits as it is", () => {
    expect(headAndTail("short", 5)).toBe("short");
  });

  it("keeps both ends and says what is missing", () => {
    const cut = headAndTail(`HEAD${"x".repeat(5000)}TAIL`, 200);
    expect(cut).toMatch(/^HEADx+\n\[\.\.\. \d+ bytes or more left out \.\.\.\]\nx+TAIL$/);
  });

  it("stays within its bytes and cuts no character", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme", maxLength: 300 }),
        fc.integer({ min: 100, max: 300 }),
        (text, max) => {
          const cut = headAndTail(text, max);
          expect(byteLength(cut)).toBeLessThanOrEqual(max);
          expect(cut).not.toContain("\uFFFD");
        },
      ),
    );
  });
});

describe("firstLine", () => {
  it("gives the first line that is not empty, without blanks", () => {
    expect(firstLine("\n\n  a title \nmore", 20)).toBe("a title");
    expect(firstLine("   ", 20)).toBe("");
  });

  it("cuts by characters and ends in an ellipsis", () => {
    expect(firstLine("😀😀😀😀", 3)).toBe("😀😀…");
    expect(firstLine("😀😀😀", 3)).toBe("😀😀😀");
  });
});
