import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { collectGarbage } from "./collectGarbage.ts";

const MIB = 2 ** 20;

it("gives back what nobody refers to, buffers too", () => {
  let kept: Uint8Array[] | null = Array.from({ length: 64 }, () => new Uint8Array(MIB).fill(1));
  const full = process.memoryUsage().arrayBuffers;
  expect(kept).toHaveLength(64);
  kept = null;
  collectGarbage();
  expect(full - process.memoryUsage().arrayBuffers).toBeGreaterThan(32 * MIB);
});

it("leaves no global gc to contexts that are made later", () => {
  collectGarbage();
  expect(runInNewContext("typeof gc")).toBe("undefined");
});
