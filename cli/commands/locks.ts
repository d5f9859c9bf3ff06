import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { openBackend } from "../backend/client.ts";
import { commonFlags } from "../commonOptions.ts";
import { DEFAULT_NAMESPACE, loadSettings } from "../config/settings.ts";
import { usageError } from "../output/errors.ts";
import { printData } from "../output/print.ts";
import { ago } from "../output/time.ts";

/** `drover locks list|release`, and `unlock --repo` as it was called. */
export function register(program: Command): void {
  const locks = program.command("locks").description("the locks that jobs hold: one agent per repo");
  locks
    .command("list", { isDefault: true })
    .description("locks with their holders and the next in line")
    .action(async (_options, command) => {
      const { backend, namespace, flags } = place(command);
      const all = await backend.query(api.locks.list, { namespace });
      const line = (lock: (typeof all)[number]) =>
        `${lock.key}  ${lock.handle} (${lock.status}) ${lock.title}  ${ago(lock.since, Date.now())}${lock.next === undefined ? "" : `  next: ${lock.next}`}`;
      printData(all, (rows) => (rows.length === 0 ? "no locks" : rows.map(line).join("\n")), flags);
    });
  release(locks.command("release").argument("[key]", "the lock, like repo:owner/name") as unknown as Command);
  release(
    program.command("unlock").argument("[key]", "the lock, like repo:owner/name") as unknown as Command,
  );
}

function release(command: Command): void {
  command
    .description("Take a lock from a holder that does not run")
    .option("--repo <slug>", "the lock of this repo")
    .option("--repos-dir <dir>", "taken for compatibility; locks lie in the queue, not in the repos")
    .action(async (...words: unknown[]) => {
      const [key, { repo }, self] = words as [string | undefined, { repo?: string }, { opts(): unknown }];
      const wanted = key ?? (repo === undefined ? undefined : `repo:${repo}`);
      if (wanted === undefined) throw usageError("which lock? Give its key, or --repo OWNER/NAME");
      const { backend, namespace, flags } = place(self);
      const done = await backend.mutation(api.locks.release, { namespace, key: wanted });
      printData(done, ({ outcome }) => `${wanted}: ${outcome}`, flags);
    });
}

function place(command: { opts(): unknown }) {
  const flags = commonFlags(command);
  const settings = loadSettings(flags);
  return { flags, backend: openBackend(settings), namespace: settings.namespace ?? DEFAULT_NAMESPACE };
}
