/**
 * Seats of a profile: the bound, the order, and a stop while waiting. Seam: `openSeats`. Not asserted: attempts
 * (runCascade.test.ts), nor a whole run (test/e2e/tasksLimits.test.ts).
 */
import { describe, expect, it } from "vitest";
import { openSeats } from "./seats.ts";

const never = new AbortController().signal;

describe("seats", () => {
  it("are as many as the profile bounds them to, and go on in the order of arrival", async () => {
    const seats = openSeats([{ name: "a", maxConcurrent: 2 }, { name: "b" }]);
    const leave = await Promise.all([seats.take("a", never), seats.take("a", never)]);
    const order: string[] = [];
    const third = seats.take("a", never).then((out) => (order.push("third"), out));
    const fourth = seats.take("a", never).then((out) => (order.push("fourth"), out));
    await Promise.all([seats.take("b", never), seats.take("b", never), seats.take("b", never)]);
    expect(order).toEqual([]);
    leave[0]?.();
    await third;
    expect(order).toEqual(["third"]);
    (await third)();
    await fourth;
    expect(order).toEqual(["third", "fourth"]);
  });

  it("are not waited for by what was stopped, which calls nobody in its place", async () => {
    const seats = openSeats([{ name: "a", maxConcurrent: 1 }]);
    const stop = new AbortController();
    const first = await seats.take("a", never);
    const stopped = seats.take("a", stop.signal);
    let in3 = false;
    const third = seats.take("a", never).then((out) => ((in3 = true), out));
    stop.abort();
    (await stopped)();
    await Promise.resolve();
    expect(in3).toBe(false);
    first();
    await third;
    expect(in3).toBe(true);
  });
});
