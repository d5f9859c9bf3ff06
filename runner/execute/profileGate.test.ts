/** Seam: the gate alone; who waits, in which order, and what an abort leaves. */
import { describe, expect, it } from "vitest";
import { profileGate } from "./profileGate.ts";

const profile = (maxConcurrent?: number) => ({
  name: "one",
  type: "script" as const,
  ...(maxConcurrent === undefined ? {} : { maxConcurrent }),
});
const open = new AbortController().signal;

describe("the gate of a profile", () => {
  it("lets the next one in when one leaves, in the order of their coming", async () => {
    const gate = profileGate();
    const order: string[] = [];
    const leave = await gate.enter(profile(1), open);
    const second = gate.enter(profile(1), open).then((left) => (order.push("second"), left));
    const third = gate.enter(profile(1), open).then((left) => (order.push("third"), left));
    leave();
    (await second)();
    (await third)();
    expect(order).toEqual(["second", "third"]);
  });

  it("gives a place back once, however often it is asked to", async () => {
    const gate = profileGate();
    const leave = await gate.enter(profile(1), open);
    leave();
    leave();
    await gate.enter(profile(1), open);
    const aborting = new AbortController();
    const waiting = gate.enter(profile(1), aborting.signal);
    let came = false;
    void waiting.then(() => (came = true));
    await Promise.resolve();
    expect(came).toBe(false);
    aborting.abort();
    await waiting;
  });

  it("forgets who stopped waiting, and counts nothing for it", async () => {
    const gate = profileGate();
    const leave = await gate.enter(profile(1), open);
    const aborting = new AbortController();
    const waiting = gate.enter(profile(1), aborting.signal);
    aborting.abort();
    (await waiting)();
    leave();
    (await gate.enter(profile(1), open))();
  });

  it("stops nobody without a limit", async () => {
    const gate = profileGate();
    await Promise.all(Array.from({ length: 50 }, () => gate.enter(profile(), open)));
  });
});
