import { hash53 } from "../../../domain/hash.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { onceRow } from "../shared/rowMemory.ts";
import type { Reading, Tx } from "../shared/tx.ts";

/**
 * Rows per assignment that there may be; only those of its sessions exist. Reports that arrive together must hardly
 * ever write the same one: with 16 rows, 16 sessions needed 1.21 tries per report under conflict simulation.
 */
const SHARDS = 256;

type Usage = NonNullable<Doc<"jobs">["usage"]>;
export interface Spending {
  usage?: Usage | undefined;
  costUsd?: number | undefined;
}

export const NO_USAGE: Usage = { input: 0, cached: 0, output: 0, reasoning: 0 };

/** Adds what one attempt used to its assignment's totals. */
export async function addToTotals(
  tx: Tx,
  { assignment, session }: { assignment: Id<"assignments">; session: string },
  spending: Spending,
): Promise<void> {
  const shard = hash53(session) % SHARDS;
  const row = await onceRow(tx, { table: "totals", key: [assignment, shard] }, () =>
    tx.db
      .query("totals")
      .withIndex("by_assignment", (q) => q.eq("assignment", assignment).eq("shard", shard))
      .unique(),
  );
  if (row === null) {
    await tx.db.insert("totals", { assignment, shard, attempts: 1, ...withDefaults(spending) });
    return;
  }
  await tx.db.patch("totals", row._id, { attempts: row.attempts + 1, ...plus(row, spending) });
}

/** Usage and cost of an assignment over all shards. */
export async function sumTotals(
  ctx: Reading,
  assignment: Id<"assignments">,
): Promise<{ usage: Usage; costUsd: number; attempts: number }> {
  const rows = await ctx.db
    .query("totals")
    .withIndex("by_assignment", (q) => q.eq("assignment", assignment))
    .take(SHARDS);
  const attempts = rows.reduce((sum, row) => sum + row.attempts, 0);
  return { attempts, ...rows.reduce(plus, { usage: NO_USAGE, costUsd: 0 }) };
}

/** The sum of two spendings; what is not known counts as nothing. */
export function plus(a: Spending, b: Spending): { usage: Usage; costUsd: number } {
  const [x, y] = [withDefaults(a), withDefaults(b)];
  return {
    costUsd: x.costUsd + y.costUsd,
    usage: {
      input: x.usage.input + y.usage.input,
      cached: x.usage.cached + y.usage.cached,
      output: x.usage.output + y.usage.output,
      reasoning: x.usage.reasoning + y.usage.reasoning,
    },
  };
}

function withDefaults({ usage, costUsd }: Spending): { usage: Usage; costUsd: number } {
  return { usage: usage ?? NO_USAGE, costUsd: costUsd ?? 0 };
}
