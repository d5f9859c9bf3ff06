/**
 * Seam: real functions on the embedded host and real runner processes, one after the other, with a job that kills the
 * runner that runs it. Observed is what the queue says of that job and of the one behind it.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { insertScripts, queueHost, runnerProcess, untilJob } from "../support/queueHost.ts";

const RUNNERS = ["one", "two", "three"];

it("a job that kills its runner each time ends failed after the third, and the others get on", async () => {
  const host = await queueHost();
  const pids = join(host.checkout, "pids");
  // The shell that notes the exit code is the runner's child.
  const poison = `echo $$ >> ${pids}; kill -KILL $(cut -d' ' -f4 /proc/$PPID/stat); sleep 600`;
  const [bad = ""] = await insertScripts(host, [{ context: poison }]);
  for (const name of RUNNERS) {
    const runner = await runnerProcess(host, { name, slots: 1 });
    expect(await runner.exited).toBe("SIGKILL");
  }
  const view = await untilJob(host, bad, ({ job }) => job.status === "failed");
  expect(view.job).toMatchObject({ attempt: 3, lostCount: 3 });
  expect(view.job.error).toContain("lost");
  expect(view.attempts.map(({ outcome }) => outcome)).toEqual(["lost", "lost", "lost"]);
  for (const pid of (await readFile(pids, "utf8")).trim().split("\n"))
    await until(() => !existsSync(`/proc/${pid}`));

  const [good = ""] = await insertScripts(host, [{ context: "echo well" }]);
  await runnerProcess(host, { name: "four" });
  const other = await untilJob(host, good, ({ job }) => job.status === "complete");
  expect(other.job).toMatchObject({ attempt: 1, result: "well\n" });
}, 120_000);

async function until(fact: () => boolean): Promise<void> {
  while (!fact()) await new Promise((resolve) => setTimeout(resolve, 20));
}
