import type { Doc, Id } from "../../_generated/dataModel.js";
import { MAX_NAMES } from "../shared/checks.ts";
import { grantsAll } from "../shared/find.ts";
import type { Authorized, Tx } from "../shared/tx.ts";

/** Runners of one name on one host that are looked through: one for each tenant that uses the name. */
const MAX_NAMESAKES = 50;

interface Enlisted {
  runner: string;
  host: string;
  version: string;
  pools: string[];
  namespaces: readonly Doc<"namespaces">[];
}

/**
 * The row of a runner, created or brought up to date. A runner of the same name that serves somebody else is another
 * one: a token must not end sessions in namespaces or pools that it does not grant.
 */
export async function enlist(ctx: Tx & Authorized, args: Enlisted): Promise<Id<"runners">> {
  const names = args.namespaces.map(({ name }) => name);
  const facts = {
    name: args.runner,
    host: args.host,
    version: args.version,
    pools: args.pools,
    namespaces: names,
  };
  const namesakes = await ctx.db
    .query("runners")
    .withIndex("by_name", (q) => q.eq("name", args.runner).eq("host", args.host))
    .take(MAX_NAMESAKES);
  const known = namesakes.find((namesake) => grantsAll(ctx.caller, namesake));
  const id = known?._id ?? (await ctx.db.insert("runners", facts));
  if (known !== undefined) await ctx.db.patch("runners", id, facts);
  await serveOnly(ctx, id, args.namespaces);
  return id;
}

async function serveOnly(
  tx: Tx,
  runner: Id<"runners">,
  namespaces: readonly Doc<"namespaces">[],
): Promise<void> {
  const rows = await tx.db
    .query("serves")
    .withIndex("by_runner", (q) => q.eq("runner", runner))
    .take(MAX_NAMES);
  const wanted = new Set(namespaces.map(({ _id }) => _id));
  for (const row of rows) {
    if (!wanted.delete(row.namespace)) await tx.db.delete("serves", row._id);
  }
  for (const namespace of wanted) await tx.db.insert("serves", { namespace, runner });
}
