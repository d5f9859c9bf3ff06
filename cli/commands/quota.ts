import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openSession } from "../backend/session.ts";
import { profilesOf, wantedProfiles } from "../harnesses/profiles.ts";
import { color } from "../output/color.ts";
import { printData } from "../output/print.ts";
import { table } from "../output/table.ts";
import { clock, duration } from "../output/time.ts";
import type { HealthRow } from "../views/healthView.ts";

interface Quota {
  profile: string;
  state: "free" | "limited" | "on trial" | "offline";
  until: number | null;
  reason: string | null;
}

export function register(program: Command): void {
  program
    .command("quota")
    .description("Which profiles may be used now, and when the limited ones are free again.")
    .action(async (_options, command) => {
      const { backend, namespace, settings, flags } = openSession(command);
      const rows = await backend.query(api.health.list, { namespace });
      const wanted = wantedProfiles(settings.config);
      const known = profilesOf(settings.config).map(({ name }) => name);
      const names = [
        ...new Set([...known.filter((name) => wanted.has(name)), ...rows.map(({ profile }) => profile)]),
      ];
      const quotas = (names.length === 0 ? known : names).map((name) => quotaOf(name, rows));
      printData(quotas, (value) => render(value, Date.now()), flags);
    });
}

/** The account's row counts before a machine's: it holds for everybody. */
function quotaOf(profile: string, rows: HealthRow[]): Quota {
  const own = rows.filter((row) => row.profile === profile);
  const row = own.find(({ scope }) => scope === "account") ?? own[0];
  if (row === undefined) return { profile, state: "free", until: null, reason: null };
  if (row.probe !== undefined)
    return { profile, state: "on trial", until: null, reason: `${row.probe} tries it alone after its limit` };
  const where = row.machine === undefined ? "" : ` (on ${row.machine})`;
  return { profile, state: row.kind, until: row.until ?? null, reason: row.reason + where };
}

function render(quotas: Quota[], now: number): string {
  const head = ["PROFILE", "STATE", "FREE AGAIN", "REASON"].map((text) => color.dim(text));
  const state = (quota: Quota) =>
    quota.state === "free" ? color.green(quota.state) : color.yellow(quota.state);
  return table([
    head,
    ...quotas.map((quota) => [
      quota.profile,
      state(quota),
      quota.state === "free"
        ? ""
        : quota.state === "on trial"
          ? "at its first sign of work"
          : freeAgain(quota.until, now),
      quota.reason ?? "",
    ]),
  ]);
}

function freeAgain(until: number | null, now: number): string {
  return until === null ? "when it is cleared" : `${clock(until)} (in ${duration(Math.max(0, until - now))})`;
}
