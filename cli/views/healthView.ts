import type { FunctionReturnType } from "convex/server";
import type { api } from "../../convex/_generated/api.js";
import { color } from "../output/color.ts";
import { table } from "../output/table.ts";
import { duration } from "../output/time.ts";

export type HealthRow = FunctionReturnType<typeof api.health.list>[number];

/** What the fleet knows of its profiles, one line each. */
export function renderHealth(rows: HealthRow[], now: number): string {
  if (rows.length === 0) return color.dim("every profile is usable, as far as is known");
  const head = ["PROFILE", "STATE", "WHERE", "UNTIL", "HITS", "REASON"].map((text) => color.dim(text));
  return table([
    head,
    ...rows.map((row) => [
      row.profile,
      state(row),
      row.machine ?? "everywhere",
      untilText(row.until, now),
      String(row.hits),
      row.probe === undefined ? row.reason : `${row.probe} tries it alone (was limited: ${row.reason})`,
    ]),
  ]);
}

function state({ kind, probe }: HealthRow): string {
  if (probe !== undefined) return color.yellow("on trial");
  return kind === "limited" ? color.yellow(kind) : color.red(kind);
}

function untilText(until: number | undefined, now: number): string {
  if (until === undefined) return "cleared";
  return until <= now ? "now" : `in ${duration(until - now)}`;
}
