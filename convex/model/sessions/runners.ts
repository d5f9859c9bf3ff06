import { MAX_PAGE } from "../../../domain/limits.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { grantsNamespace, type Caller } from "../access/caller.ts";
import { fail } from "../shared/fail.ts";
import { present } from "../shared/find.ts";
import type { Reading, ScopedReading, ScopedTx } from "../shared/tx.ts";

/** A runner with its live session, or null while it is away. */
export interface Serving {
  runner: Doc<"runners">;
  session: Doc<"sessions"> | null;
}

/** See `runners:list`. Names of namespaces that the caller may not see are left out. */
export async function listRunners(ctx: ScopedReading) {
  return (await servingRunners(ctx, ctx.namespace._id)).map(({ runner, session }) =>
    toRunner(ctx.caller, { runner, session }),
  );
}

/** See `runners:drain`: tells every session of the runner that lives. */
export async function drainRunner(ctx: ScopedTx, args: { runner: string }): Promise<null> {
  const serving = await servingRunners(ctx, ctx.namespace._id);
  const meant = serving.filter(({ runner }) => runner._id === args.runner || runner.name === args.runner);
  if (meant.length === 0) {
    fail(
      "NOT_FOUND",
      `runner ${JSON.stringify(args.runner)} is unknown in namespace ${JSON.stringify(ctx.namespace.name)}: \`drover runners\` lists them`,
    );
  }
  for (const { runner, session } of meant) {
    if (!runner.namespaces.every((name) => grantsNamespace(ctx.caller, name))) {
      fail(
        "NOT_ALLOWED",
        `runner ${JSON.stringify(args.runner)} serves other namespaces too: expected a token that grants all of them`,
      );
    }
    if (session !== null) await ctx.db.patch("sessions", session._id, { draining: true });
  }
  return null;
}

/** The runners that serve a namespace. */
export async function servingRunners(ctx: Reading, namespace: Id<"namespaces">): Promise<Serving[]> {
  const rows = await ctx.db
    .query("serves")
    .withIndex("by_namespace", (q) => q.eq("namespace", namespace))
    .take(MAX_PAGE);
  return Promise.all(
    rows.map(async (row) => {
      const runner = present(await ctx.db.get("runners", row.runner), "a runner that serves");
      const session = await ctx.db
        .query("sessions")
        .withIndex("by_runner", (q) => q.eq("runner", runner._id).eq("status", "live"))
        .order("desc")
        .first();
      return { runner, session };
    }),
  );
}

function toRunner(caller: Caller, { runner, session }: Serving) {
  const { _id, name, host, version, pools, namespaces } = runner;
  return {
    id: _id,
    name,
    host,
    version,
    pools,
    namespaces: namespaces.filter((known) => grantsNamespace(caller, known)),
    session:
      session === null
        ? null
        : {
            id: session._id,
            leaseUntil: session.leaseUntil,
            startedAt: session._creationTime,
            slots: session.slots,
            profiles: session.profiles,
            draining: session.draining,
            busy: session.busy,
          },
  };
}
