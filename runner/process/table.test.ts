/** Seam: the process table of this machine, with real children. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { identityOf } from "./identity.ts";
import { leastPidAfter, processRow, snapshot } from "./table.ts";

// Without /proc every reading is one call of `ps`, which leaves nothing out.
describe.skipIf(!existsSync("/proc/self/stat"))("a reading from a pid on", () => {
  it("begins with a leader that has just started, and holds all that follow it", async () => {
    const leader = spawn("sh", ["-c", "sleep 100 & wait"], { detached: true });
    const identity = await identityOf(leader.pid ?? 0);
    const row = (pid: number) => processRow(pid);
    const child = async () => {
      for (;;) {
        const { table } = await snapshot(leastPidAfter(identity));
        const found = [...table.values()].find(({ ppid }) => ppid === leader.pid);
        if (found !== undefined) return { found, table };
      }
    };
    try {
      const { found, table } = await child();
      expect(await row(found.pid)).toMatchObject({ group: leader.pid });
      expect(table.has(leader.pid ?? 0)).toBe(true);
    } finally {
      process.kill(-(leader.pid ?? 0), "SIGKILL");
      await once(leader, "exit");
    }
  });

  it("leaves nothing out for a leader that is unknown, or that may be older than the circle of pids", async () => {
    expect(leastPidAfter(undefined)).toBe(0);
    expect(leastPidAfter({ pid: 7, startTime: "ended" })).toBe(0);
    const init = await processRow(1);
    expect(leastPidAfter({ pid: 1, startTime: init?.startTime ?? "" })).toBe(0);
  });

  it("leaves nothing out when pids have begun anew since the leader started", async () => {
    const child = spawn("sleep", ["100"]);
    const identity = await identityOf(child.pid ?? 0);
    child.kill("SIGKILL");
    await once(child, "exit");
    const beyond = { pid: 2 ** 30, startTime: identity?.startTime ?? "" };
    expect(leastPidAfter(beyond)).toBe(0);
  });

  it("serves two who ask at once with what either may need", async () => {
    const [one, two] = [snapshot(2 ** 30), snapshot()];
    expect((await one).table.has(process.pid)).toBe(true);
    expect((await two).table.has(process.pid)).toBe(true);
  });
});
