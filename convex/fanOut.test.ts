/** The driver of fan-out: what it does when it would not end. What it unblocks is asserted in dag.test.ts. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { internal } from "./_generated/api.js";
import { openQueue } from "./queue.testkit.ts";

afterEach(() => vi.useRealTimers());

describe("fanOut:run", () => {
  it("passes over rows that are gone", async () => {
    const q = await openQueue();
    await q.insert(await q.create(), {});
    const { _id: job, assignment } = await q.row("1.1");
    await q.t.run(async (ctx) => {
      await ctx.db.delete("jobs", job);
      await ctx.db.delete("assignments", assignment);
    });
    const tasks = [
      { kind: "jobSettled" as const, job },
      { kind: "assignmentEnded" as const, assignment },
      { kind: "revive" as const, job },
      { kind: "gates" as const, assignment },
      { kind: "cancelOpen" as const, assignment },
      { kind: "priorities" as const, assignment, from: 1 },
    ];
    expect(await q.t.mutation(internal.fanOut.run, { tasks, round: 1 })).toBeNull();
  });

  it("raises an alarm instead of going on for ever", async () => {
    const q = await openQueue();
    await expect(q.t.mutation(internal.fanOut.run, { tasks: [], round: 100_001 })).rejects.toThrow(
      "does not end",
    );
  });
});
