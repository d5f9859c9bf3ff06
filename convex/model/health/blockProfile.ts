import { headAndTail } from "../../../domain/text.ts";
import { checkName } from "../shared/checks.ts";
import { fail } from "../shared/fail.ts";
import { expire, MAX_REASON_BYTES } from "./health.ts";
import { accountRow, machineRow } from "./healthRows.ts";
import type { ScopedTx } from "../shared/tx.ts";
import { defined } from "../../../domain/defined.ts";

type Args = { profile: string; machine?: string; until?: number; reason: string };

/** See `health:block`: a person's word counts as it is, until the time that was given or until it is cleared. */
export async function blockProfile(ctx: ScopedTx, { profile, machine, until, reason }: Args): Promise<null> {
  checkName(profile, "profile");
  checkName(machine, "machine");
  if (until !== undefined && until <= ctx.now)
    fail("INVALID", `until: expected a time to come, got ${new Date(until).toISOString()}`);
  const which = { namespace: ctx.namespace._id, profile };
  const [scope, kind, old] =
    machine === undefined
      ? (["account", "limited", await accountRow(ctx, which)] as const)
      : (["machine", "offline", await machineRow(ctx, { ...which, machine })] as const);
  const fields = {
    kind,
    reason: headAndTail(reason, MAX_REASON_BYTES),
    hits: old?.hits ?? 1,
    active: true,
    at: ctx.now,
  };
  if (old !== null) await ctx.db.patch("harnessHealth", old._id, { ...fields, until, probe: undefined });
  const id =
    old?._id ??
    (await ctx.db.insert("harnessHealth", { ...which, scope, ...fields, ...defined({ machine, until }) }));
  if (until !== undefined) await ctx.scheduler.runAt(until, expire, { health: id, at: until });
  return null;
}
