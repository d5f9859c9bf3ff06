/**
 * Seam: Drover's own functions on a host that makes concurrent mutations conflict as Convex Cloud does, where a
 * mutation is retried four times and then fails. Sixteen claimers over one backlog must hardly get in each other's way.
 */
import { expect, it } from "vitest";
import { runConflicts } from "../support/conflictRun.ts";

const CLAIMERS = 16;
/** Jobs that are ready; DROVER_CONFLICT_JOBS=10000 for the figure of the benchmarks. */
const JOBS = Number(process.env["DROVER_CONFLICT_JOBS"] ?? 640);

it.each([1, 8])(
  "needs fewer than 1.2 tries for an exchange of %d jobs",
  async (slots) => {
    const { jobs, ran, exchange } = await runConflicts(JOBS, CLAIMERS, slots);
    const { calls, tries, failed } = exchange;
    expect(ran.sort()).toEqual([...jobs].sort());
    console.log(`${slots} jobs: ${calls} calls, ${(tries / calls).toFixed(3)} tries each, ${failed} failed`);
    expect(failed).toBe(0);
    expect(tries / calls).toBeLessThan(1.2);
  },
  Math.max(600_000, JOBS * 200),
);
