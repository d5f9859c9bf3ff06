/** Seam: `sharedTimer` by a clock that the test moves. */
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { sharedTimer } from "./sharedTimer.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("looks for all by one timer, in the order in which they began, until the last one has ended", () => {
  const every = sharedTimer(250);
  const seen: string[] = [];
  const endFirst = every(() => seen.push("first"));
  vi.advanceTimersByTime(100);
  const endSecond = every(() => seen.push("second"));
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(150);
  expect(seen).toEqual(["first", "second"]);
  endFirst();
  vi.advanceTimersByTime(250);
  expect(seen).toEqual(["first", "second", "second"]);
  endSecond();
  expect(vi.getTimerCount()).toBe(0);
});

it("goes on for the others when one ends by what it saw, and begins again after the last", () => {
  const every = sharedTimer(250);
  const seen: string[] = [];
  const end = every(() => {
    seen.push("once");
    end();
  });
  const endOther = every(() => seen.push("other"));
  vi.advanceTimersByTime(500);
  endOther();
  endOther();
  const endThird = every(() => seen.push("third"));
  vi.advanceTimersByTime(250);
  endThird();
  expect(seen).toEqual(["once", "other", "other", "third"]);
});
