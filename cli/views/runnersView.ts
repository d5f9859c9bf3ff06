import type { Runner } from "../backend/wire.ts";
import { color } from "../output/color.ts";
import { table } from "../output/table.ts";
import { duration } from "../output/time.ts";

/** A table of runners, one line each. */
export function renderRunners(runners: Runner[], now: number): string {
  if (runners.length === 0)
    return color.dim("no runner has served this namespace: start one with `drover up` or `drover runner`");
  const head = ["RUNNER", "HOST", "STATE", "SLOTS", "SINCE", "OFFERS"].map((text) => color.dim(text));
  return table([head, ...runners.map((runner) => row(runner, now))]);
}

function row({ name, host, session }: Runner, now: number): string[] {
  if (session === null) return [name, host, color.dim("away"), "", "", ""];
  const since = duration(now - session.startedAt);
  return [name, host, stateOf(session), String(session.slots), since, session.profiles.join(", ")];
}

function stateOf({ draining, busy }: NonNullable<Runner["session"]>): string {
  if (draining) return color.yellow("draining");
  return busy ? color.green("busy") : "idle";
}
