/** Seam: named fault points in this process; the action `kill` is tested with runner processes (test/e2e). */
import { afterEach, describe, expect, it } from "vitest";
import { armFaults, faultPoint, isArmed, onFault } from "./fault.ts";

const removes: (() => void)[] = [];
afterEach(() => removes.splice(0).forEach((remove) => remove()));

describe("a fault point", () => {
  it("does nothing unless somebody waits at it", async () => {
    expect(isArmed("claimed")).toBe(false);
    await expect(faultPoint("claimed")).resolves.toBeUndefined();
  });

  it("hands the detail to its handler, and fails with what the handler throws", async () => {
    removes.push(
      onFault("claimed", (detail) => {
        throw new Error(`at ${detail}`);
      }),
    );
    await expect(faultPoint("claimed", "1.1")).rejects.toThrow("at 1.1");
    removes.splice(0).forEach((remove) => remove());
    await expect(faultPoint("claimed", "1.1")).resolves.toBeUndefined();
  });

  it("refuses an unknown point or action with the legal words", () => {
    expect(() => armFaults("claimd:kill")).toThrow(/beforeClaim, claimed.*"claimd:kill"/s);
    expect(() => armFaults("claimed:explode")).toThrow(/kill, throw, hang/);
    expect(() => armFaults(undefined)).not.toThrow();
  });
});
