/** Seam: text → fault. Held against JSON.parse for the yes/no, by examples for the place. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findJsonFault } from "./jsonFault.ts";

const parses = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe("findJsonFault", () => {
  it("agrees with JSON.parse on every JSON text", () => {
    fc.assert(fc.property(fc.json(), (text) => findJsonFault(text) === null));
  });

  it("agrees with JSON.parse on broken texts", () => {
    const broken = fc
      .tuple(fc.json(), fc.nat(), fc.constantFrom("", ",", "}", "]", '"', ":", "tru", "1", "\u0001", " "))
      .map(
        ([text, at, piece]) =>
          text.slice(0, at % (text.length + 1)) + piece + text.slice((at % (text.length + 1)) + 1),
      );
    fc.assert(
      fc.property(broken, (text) => (findJsonFault(text) === null) === parses(text)),
      { numRuns: 2000 },
    );
  });

  it.each([
    ['{\n  "a": tru\n}', 2, 8, 'expected a value, found "tru"'],
    ['{"a": 1,}', 1, 9, 'expected a key, found "}"'],
    ['{"a": 1\n "b": 2}', 2, 2, 'expected , or }, found "\\"b\\": 2}"'],
    ['{"a": [1', 1, 9, "expected , or ], but the text ends here"],
    ["", 1, 1, "expected a value, but the text ends here"],
    ["{} x", 1, 4, 'expected nothing more, found "x"'],
    ["// note\n{}", 1, 1, 'expected a value, found "// note"'],
  ])("names line, column and what was expected in %j", (text, ...[line, column, message]) => {
    expect(findJsonFault(text)).toEqual({ line, column, message });
  });
});
