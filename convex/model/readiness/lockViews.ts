import { v, type Infer } from "convex/values";
import type { Doc } from "../../_generated/dataModel.js";
import { jobHandle } from "../../../domain/handle.ts";
import { MAX_PAGE } from "../../../domain/limits.ts";
import { checkName, pageSize } from "../shared/checks.ts";
import { fail } from "../shared/fail.ts";
import { findJob, present } from "../shared/find.ts";
import { lockRow, nextWaiter } from "./locks.ts";
import { setGate } from "./setGate.ts";
import { vJobStatus } from "../shared/shapes.ts";
import type { ScopedReading, ScopedTx } from "../shared/tx.ts";

export const vLock = v.object({
  key: v.string(),
  handle: v.string(),
  title: v.string(),
  status: vJobStatus,
  since: v.number(),
  /** The next in line. */
  next: v.optional(v.string()),
});

/** See `locks:list`. */
export async function listLocks(
  ctx: ScopedReading,
  { limit }: { limit?: number },
): Promise<Infer<typeof vLock>[]> {
  const rows = await ctx.db
    .query("locks")
    .withIndex("by_key", (q) => q.eq("namespace", ctx.namespace._id))
    .take(pageSize(limit, MAX_PAGE));
  return Promise.all(
    rows.map(async (row) => {
      const holder = present(await ctx.db.get("jobs", row.job), "the holder of a lock");
      const next = await nextWaiter(ctx, ctx.namespace._id, row.key);
      return {
        key: row.key,
        handle: jobHandle(holder),
        title: holder.title,
        status: holder.status,
        since: holder.startedAt ?? row._creationTime,
        ...(next === null ? {} : { next: jobHandle(next) }),
      };
    }),
  );
}

/** See `locks:release`: to the named waiter, else to the most urgent. A running holder keeps it: two agents in one checkout are what the lock is there against. */
export async function releaseByHand(
  ctx: ScopedTx,
  args: { key: string; to?: string },
): Promise<{ outcome: "released" | "free" }> {
  checkName(args.key, "key");
  const row = await lockRow(ctx, ctx.namespace._id, args.key);
  if (row === null) return { outcome: "free" };
  const holder = present(await ctx.db.get("jobs", row.job), "the holder of a lock");
  if (holder.status === "running") {
    return fail(
      "WRONG_STATE",
      `${jobHandle(holder)} runs under the lock ${JSON.stringify(args.key)}: cancel it first (\`drover cancel ${jobHandle(holder)}\`), the lock goes with it`,
    );
  }
  const next =
    args.to === undefined
      ? await nextWaiter(ctx, ctx.namespace._id, args.key)
      : await namedWaiter(ctx, args.key, args.to);
  if (next === null) {
    // A ready holder would find its lock gone at the claim: it stays first in line instead.
    if (holder.ready) return { outcome: "free" };
    await ctx.db.delete("locks", row._id);
    return { outcome: "released" };
  }
  await ctx.db.patch("locks", row._id, { job: next._id });
  if (holder.ready) await setGate(ctx, holder, ["lock"]);
  await setGate(ctx, next, []);
  return { outcome: "released" };
}

async function namedWaiter(ctx: ScopedTx, key: string, to: string): Promise<Doc<"jobs">> {
  const job = await findJob(ctx, to);
  if (job.lockKey === key && job.gate === "lock") return job;
  return fail("WRONG_STATE", `${jobHandle(job)} does not wait for the lock ${JSON.stringify(key)}`);
}
