import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openSession } from "../backend/session.ts";
import { defined } from "../../domain/defined.ts";
import { parseDuration } from "../input.ts";
import { printData, say } from "../output/print.ts";
import { renderHealth } from "../views/healthView.ts";

export function register(program: Command): void {
  const health = program
    .command("health")
    .alias("blacklist")
    .description("What the fleet knows of its harness profiles: limits, missing programs, failed logins.");
  health
    .command("list", { isDefault: true })
    .description("List the profiles that are held back, until when and why.")
    .action(async (_options, command) => {
      const { backend, namespace, flags } = openSession(command);
      const rows = await backend.query(api.health.list, { namespace });
      printData(rows, (value) => renderHealth(value, Date.now()), flags);
    });
  health
    .command("block <profile>")
    .description("Take a profile out of use, until a time or until it is cleared.")
    .option("--for <time>", "for this long, like 2h (default: until it is cleared)")
    .option("--machine <name>", "on this machine only (default: everywhere)")
    .option("--reason <text>", "why, for everybody who wonders", "blocked by hand")
    .action(async (profile, options, command) => {
      const { backend, namespace, flags } = openSession(command);
      const until = options.for === undefined ? undefined : Date.now() + parseDuration(options.for, "--for");
      const { machine, reason } = options;
      await backend.mutation(api.health.block, {
        namespace,
        profile,
        reason,
        ...defined({ machine, until }),
      });
      printData({ profile, ...defined({ machine, until }), reason }, () => `blocked ${profile}`, flags);
      say(`free it with: drover health clear ${profile}`);
    });
  health
    .command("clear [profile]")
    .description("Forget what is known of a profile (of all without one); parked jobs are tried again.")
    .option("--machine <name>", "what is known of this machine only")
    .action(async (profile, { machine }, command) => {
      const { backend, namespace, flags } = openSession(command);
      const answer = await backend.mutation(api.health.clear, {
        namespace,
        ...defined({ profile, machine }),
      });
      printData(answer, ({ cleared }) => `cleared ${cleared}`, flags);
    });
}
