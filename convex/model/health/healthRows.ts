import type { Doc, Id } from "../../_generated/dataModel.js";
import { once } from "../shared/rowMemory.ts";
import type { Reading } from "../shared/tx.ts";

interface Which {
  namespace: Id<"namespaces">;
  profile: string;
  machine: string;
}

/** What is known of a profile, for its account and for one machine: at most two rows, one of each scope. */
export async function healthOf(ctx: Reading, { machine, ...which }: Which): Promise<Doc<"harnessHealth">[]> {
  const rows = [await accountRow(ctx, which), await machineRow(ctx, { machine, ...which })];
  return rows.filter((row) => row !== null);
}

/** What is known of a profile's account, whatever the machine. */
export function accountRow(
  ctx: Reading,
  { namespace, profile }: Omit<Which, "machine">,
): Promise<Doc<"harnessHealth"> | null> {
  return once(ctx, { table: "harnessHealth", key: [namespace, profile] }, () =>
    ctx.db
      .query("harnessHealth")
      .withIndex("by_profile", (q) =>
        q.eq("namespace", namespace).eq("profile", profile).eq("scope", "account"),
      )
      .unique(),
  );
}

/** What is known of a profile on one machine. */
export function machineRow(
  ctx: Reading,
  { namespace, profile, machine }: Which,
): Promise<Doc<"harnessHealth"> | null> {
  return once(ctx, { table: "harnessHealth", key: [namespace, profile, machine] }, () =>
    ctx.db
      .query("harnessHealth")
      .withIndex("by_profile", (q) =>
        q.eq("namespace", namespace).eq("profile", profile).eq("scope", "machine").eq("machine", machine),
      )
      .unique(),
  );
}
