import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jobHandle, parseHandle } from "./handle.ts";

describe("parseHandle", () => {
  it("reads what jobHandle writes", () => {
    const number = fc.integer({ min: 1, max: 1e9 });
    fc.assert(
      fc.property(number, number, (assignmentNumber, n) => {
        expect(parseHandle(jobHandle({ assignmentNumber, number: n }))).toEqual({
          assignment: assignmentNumber,
          job: n,
        });
        expect(parseHandle(` ${assignmentNumber} `)).toEqual({ assignment: assignmentNumber });
      }),
    );
  });

  it.each(["", "a", "0", "1.0", "1.", ".1", "1.2.3", "-1", "1e3", "01", "1 2"])("refuses %j", (text) => {
    expect(parseHandle(text)).toBeUndefined();
  });
});
