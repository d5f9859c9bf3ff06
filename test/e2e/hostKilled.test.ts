/**
 * Seam: `drover host` and `drover runner` as processes, the host killed with SIGKILL three times while two runners work
 * a batch off and a client inserts more. Observed are the lines that jobs append and the states in the end.
 */
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { drover, firstJson, start, writeConfig } from "./support/drover.ts";

const KILLS = 3;
const JOBS = 40;

let folder: string;
let repo: string;
let env: Record<string, string>;
const running = new Set<ReturnType<typeof start>>();

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "drover-host-killed-"));
  repo = join(folder, "repo");
  env = { DROVER_HOME: join(folder, "home") };
});
afterEach(async () => {
  for (const child of running) await end(child, "SIGTERM");
  rmSync(folder, { recursive: true, force: true });
});

function launch(...args: string[]) {
  const child = start(args, { cwd: existsSync(repo) ? repo : folder, env });
  running.add(child);
  child.stderr.resume();
  return child;
}

async function end(child: ReturnType<typeof start>, signal: NodeJS.Signals): Promise<void> {
  running.delete(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

const type = (...args: string[]) => drover(args, { cwd: repo, env });
const lines = () =>
  existsSync(join(repo, "done")) ? readFileSync(join(repo, "done"), "utf8").trim().split("\n") : [];

it("a host that is killed three times loses no acknowledged job and lets none run twice", async () => {
  let host = launch("host", "--port", "0", "--json");
  const url = String((await firstJson(host)).url);
  writeConfig(repo, { convexUrl: url, namespace: "shop" });
  expect(await type("init")).toMatchObject({ code: 0 });
  launch("runner", "--name", "one", "--slots", "2");
  launch("runner", "--name", "two", "--slots", "2");
  const assignment = String((await type("create", "Append every id", "--policy", "static")).json().id);

  // A batch is complete when none of its jobs is open; this one stays open until the last job is in.
  const gate = ["--type", "script", "--context", "until [ -e open ]; do sleep 0.1; done"];
  expect(await type("insert-job", assignment, ...gate)).toMatchObject({ code: 0 });

  const acknowledged: string[] = [];
  const insert = async (key: number) => {
    const context = `sleep 0.2; echo ${key} >> done`;
    // The same key makes the retry after a lost answer safe: it never makes a second job.
    for (let done = false; !done;) {
      const job = ["--type", "script", "--key", `k${key}`, "--context", context];
      done = (await type("insert-job", assignment, ...job, "--parallel")).code === 0;
    }
    acknowledged.push(String(key));
  };
  const inserting = (async () => {
    for (let key = 0; key < JOBS; key += 1) await insert(key);
  })();
  for (let kill = 1; kill <= KILLS; kill += 1) {
    while (lines().length < kill * 5) await new Promise((resolve) => setTimeout(resolve, 20));
    await end(host, "SIGKILL");
    host = launch("host", "--port", new URL(url).port, "--json");
    await firstJson(host);
  }
  await inserting;
  writeFileSync(join(repo, "open"), "");
  while (lines().length < JOBS) await new Promise((resolve) => setTimeout(resolve, 50));
  // Long enough for a second execution to show: every job is settled before the lines are counted.
  for (let open = 1; open > 0;) {
    const { jobs } = (await type("queue")).json();
    open = (jobs.pending ?? 0) + (jobs.running ?? 0);
  }
  expect(lines().sort()).toEqual(acknowledged.sort());
  const settled = (await type("jobs", "--status", "complete")).json();
  expect(settled.filter((job: { type: string }) => job.type === "script")).toHaveLength(JOBS + 1);
}, 180_000);
