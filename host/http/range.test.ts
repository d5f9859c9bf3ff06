/** Seam: the pure reading of a Range header; the cases are those of RFC 9110 §14.1.2 and §14.2. */
import { expect, it } from "vitest";
import { type Wanted, wantedRange } from "./range.ts";

const part = (from: number, to: number): Wanted => ({ kind: "part", from, to });
const whole: Wanted = { kind: "whole" };
const none: Wanted = { kind: "none" };

it.each([
  [undefined, whole],
  ["bytes=0-4", part(0, 5)],
  ["bytes=5-", part(5, 10)],
  ["bytes=-3", part(7, 10)],
  ["bytes=-30", part(0, 10)],
  ["bytes=8-100", part(8, 10)],
  ["bytes=0-0", part(0, 1)],
  ["bytes=10-", none],
  ["bytes=-0", none],
  ["bytes=4-2", whole],
  ["bytes=-", whole],
  ["bytes=0-1,3-4", whole],
  ["lines=0-4", whole],
])("%s of ten bytes asks for %j", (header, wanted) => {
  expect(wantedRange(header, 10)).toEqual(wanted);
});

it("of an empty body nothing can be asked for", () => {
  expect(wantedRange("bytes=0-", 0)).toEqual(none);
});
