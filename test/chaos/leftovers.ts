/** What a run must not leave on the machine: processes and unsent reports. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { openOutbox } from "../../runner/report/outbox.ts";
import { RUNNERS } from "./plan.ts";
import type { World } from "./world.ts";

/** Processes of the run that live although no runner does; zombies have no environment and do not count. */
export async function processesLeft(world: World): Promise<string[]> {
  const mark = `CHAOS_JOURNAL=${world.journal}\0`;
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const environ = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
      if (!environ.includes(mark)) return [];
      const line = await readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "");
      return [`process ${pid} is left: ${line.replaceAll("\0", " ").slice(0, 120)}`];
    }),
  );
  return found.flat();
}

/** Guards have an environment of their own, so that they are found by what each runner has noted of its own. */
export async function guardsLeft(world: World): Promise<string[]> {
  const found = await Promise.all(
    RUNNERS.map(async (name) => {
      const file = join(world.homeOf(name), "runners", name, "guard.json");
      return readFile(file, "utf8").then(
        (text) => [`${name}: drained, but its guards are noted: ${text}`],
        () => [],
      );
    }),
  );
  return found.flat();
}

/** Reports that no backend has answered. */
export async function reportsLeft(world: World): Promise<string[]> {
  const found: string[] = [];
  for (const name of RUNNERS) {
    const outbox = await openOutbox(join(world.homeOf(name), "runners", name, "outbox.jsonl"));
    for (const { id } of outbox.pending()) found.push(`${name}: report ${id} is still in the outbox`);
    await outbox.close();
  }
  return found;
}
