/** Seam: the runner's own view of its lease, on given monotonic times. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lease } from "./lease.ts";

describe("the runner's lease", () => {
  it("ends before the backend's, by a fifth and at most five seconds", () => {
    expect(lease(0, 1000).leftMs(0)).toBe(800);
    expect(lease(0, 60_000).leftMs(0)).toBe(55_000);
  });

  it("counts from the moment a renewal was sent", () => {
    const held = lease(0, 1000);
    held.renewed(500, 1000);
    expect(held.leftMs(1200)).toBe(100);
  });

  it("is shortened by a claim, and not lengthened again by a late answer to an earlier renewal", () => {
    const held = lease(0, 300_000);
    held.shortened(100, 1500);
    held.renewed(50, 300_000);
    expect(held.leftMs(100)).toBe(1200);
  });

  it("is not renewed by claims", () => {
    const held = lease(0, 1000);
    held.shortened(700, 1000);
    expect(held.leftMs(700)).toBe(100);
  });

  it("never outlasts what the backend granted, whatever order the answers come in", () => {
    const call = fc.record({ sent: fc.nat(10_000), length: fc.integer({ min: 1, max: 300_000 }) });
    fc.assert(
      fc.property(fc.array(call), (calls) => {
        const held = lease(0, 1000);
        calls.forEach(({ sent, length }) => held.renewed(sent, length));
        const granted = [{ sent: 0, length: 1000 }, ...calls].map(({ sent, length }) => sent + length);
        expect(held.leftMs(0)).toBeLessThanOrEqual(Math.max(...granted));
      }),
    );
  });
});
