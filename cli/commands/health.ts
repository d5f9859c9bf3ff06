import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openSession, type Session } from "../backend/session.ts";
import { defined } from "../../domain/defined.ts";
import { meantHint } from "../../domain/didYouMean.ts";
import { profilesOf } from "../harnesses/profiles.ts";
import { parseDuration } from "../input.ts";
import { usageError } from "../output/errors.ts";
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
      const session = openSession(command);
      const { backend, namespace, flags } = session;
      const until = options.for === undefined ? undefined : Date.now() + parseDuration(options.for, "--for");
      const { machine, reason } = options;
      await checkTarget(session, { profile, machine });
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
      const session = openSession(command);
      const { backend, namespace, flags } = session;
      await checkTarget(session, { profile, machine });
      const answer = await backend.mutation(api.health.clear, {
        namespace,
        ...defined({ profile, machine }),
      });
      printData(answer, ({ cleared }) => `cleared ${cleared}`, flags);
    });
}

/** A block of a profile or a machine that nobody has would hold nothing back. @throws CliError (exit 2) */
async function checkTarget(
  { backend, namespace, settings }: Session,
  { profile, machine }: { profile?: string | undefined; machine?: string | undefined },
): Promise<void> {
  if (profile === undefined && machine === undefined) return;
  const runners = await backend.query(api.runners.list, { namespace });
  const rows = await backend.query(api.health.list, { namespace });
  const profiles = new Set([
    ...profilesOf(settings.config).map(({ name }) => name),
    ...runners.flatMap(({ session }) => session?.profiles ?? []),
    ...rows.map((row) => row.profile),
  ]);
  if (profile !== undefined && !profiles.has(profile))
    throw usageError(
      `unknown profile "${profile}"${meantHint(profile, [...profiles])}: expected one of ${[...profiles].join(", ")}`,
    );
  const machines = new Set([...runners.map(({ host }) => host), ...rows.map((row) => row.machine)]);
  if (machine !== undefined && !machines.has(machine))
    throw usageError(`no runner of this namespace is on "${machine}": \`drover runners\` names their hosts`);
}
