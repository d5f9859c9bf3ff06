/** Seam: this machine's disk and memory against the floors of a configuration. */
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkRoom } from "./room.ts";

const home = join(tmpdir(), "drover-nowhere", "home");

it("doctor names the disk or the memory that keeps runners here from claiming", () => {
  expect(checkRoom({ runnerLimits: { freeDiskMb: 0, freeMemoryMb: 0 } }, home).level).toBe("ok");
  expect(checkRoom({ runnerLimits: { freeDiskMb: 1e9 } }, home)).toMatchObject({
    level: "warn",
    detail: expect.stringMatching(/MiB of disk are free, needs 1000000000: runners here claim nothing/),
  });
});
