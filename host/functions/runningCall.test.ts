import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { RunningCall } from "./runningCall.ts";

afterEach(() => vi.useRealTimers());

/** The call, as the thread that follows is told of it. */
function noted(path: string, args: string): string {
  const running = new RunningCall();
  running.begin(path, args);
  return running.read().text ?? "";
}

describe("the running call", () => {
  it("is seen from outside while it runs, with a number of its own", () => {
    const inside = new RunningCall();
    const outside = new RunningCall(inside.memory);
    expect(outside.read()).toEqual({ text: null, count: 0 });
    inside.begin("a:b", "[1]");
    expect(outside.read()).toEqual({ text: "a:b [1]", count: 1 });
    inside.end();
    inside.begin("a:c", "[]");
    expect(outside.read()).toEqual({ text: "a:c []", count: 2 });
  });

  it("is refused by the thread that follows, whatever its arguments, and others are not", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 9_000 }), fc.string(), (args, more) => {
        const after = new RunningCall(undefined, noted("a:b", args));
        expect(after.begin("a:b", args)).toBe(false);
        if (more !== "") expect(after.begin("a:b", args + "x".repeat(more.length))).toBe(true);
        expect(after.begin("a:c", args)).toBe(true);
      }),
    );
  });

  it("may be tried again after a minute", () => {
    vi.useFakeTimers();
    const after = new RunningCall(undefined, noted("a:b", "[]"));
    expect(after.begin("a:b", "[]")).toBe(false);
    vi.advanceTimersByTime(60_001);
    expect(after.begin("a:b", "[]")).toBe(true);
  });
});
