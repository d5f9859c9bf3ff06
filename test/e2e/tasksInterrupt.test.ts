/**
 * Ctrl+C in every phase of a run: no process, a whole report, free locks. Seam: SIGINT to the binary with real processes,
 * then the machine's processes, the files of the run, and the queue as a host finds it afterwards. Not asserted: how
 * long an end takes.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pidsWithVariable } from "../support/processes.ts";
import { firstJson, openWorkplace, type start } from "./support/drover.ts";
import { openFailingProxy } from "./support/failingProxy.ts";
import { ended, openTaskPlace, statesOf, task, type TaskPlace } from "./support/taskPlace.ts";

/** How long something may take to be seen, ms: the machine may be busy. */
const SEEN = { timeout: 60_000, interval: 50 };

let place: TaskPlace;
beforeEach(() => (place = openTaskPlace()));
afterEach(() => place.close());

const at = (name: string) => join(place.folder, name);
const isThere = (name: string) => expect.poll(() => existsSync(at(name)), SEEN).toBe(true);
const run = (...args: string[]) =>
  place.start("run", "--tasks", "tasks.json", "--repos-dir", "repos", ...args);
const wait = (name: string) => `touch ${at(name)}; sleep 300`;

/** What a run that was interrupted must leave: nothing alive, a whole report or no run at all, nothing held. */
async function leavesNothing(): Promise<Record<string, number> | null> {
  // A killed process needs a moment to be gone, an agent that was left has minutes to live.
  await expect.poll(() => commandsOf(at("home")), { timeout: 2000, interval: 50 }).toEqual([]);
  const runs = existsSync(at(".runforge")) ? readdirSync(at(".runforge")) : [];
  const reports = runs.map((name) => JSON.parse(readFileSync(at(`.runforge/${name}/report.json`), "utf8")));
  if (existsSync(at("home"))) await expectFreeQueue();
  const [report] = reports;
  if (report === undefined) return null;
  const states = statesOf(report);
  expect(Object.keys(states)).toHaveLength(report.total_tasks);
  for (const state of Object.values(states)) expect([3, 4, 5, 6]).toContain(state);
  return states;
}

/** What still runs of this test, as command lines. */
async function commandsOf(home: string): Promise<string[]> {
  const pids = await pidsWithVariable("DROVER_HOME", home);
  return pids.map((pid) => {
    const file = `/proc/${pid}/cmdline`;
    return existsSync(file) ? readFileSync(file, "utf8").replaceAll("\0", " ") : "";
  });
}

/** Asks a host that is started on the same data. */
async function expectFreeQueue(): Promise<void> {
  const host = place.start("host", "--port", "0", "--json");
  const ask = async (...args: string[]) => (await place.call(...args, "--json", "--url", url)).json();
  const { url } = await firstJson(host);
  try {
    expect(await ask("locks", "list")).toEqual([]);
    const jobs: Record<string, number> = (await ask("queue").catch(() => ({ jobs: {} }))).jobs;
    for (const state of ["pending", "running", "awaiting_retry"]) expect(jobs[state] ?? 0, state).toBe(0);
  } finally {
    const gone = ended(host);
    host.kill("SIGTERM");
    await gone;
  }
}

async function interrupt(child: ReturnType<typeof start>): Promise<number | null> {
  const gone = ended(child);
  child.kill("SIGINT");
  return gone;
}

const limited = {
  type: "command",
  output: "claude",
  command: [
    "sh",
    "-c",
    `cat > /dev/null; cat ${fileURLToPath(new URL("../transcripts/claude/07-usage-limit-oauth.jsonl", import.meta.url))}; exit 1`,
  ],
};

describe("Ctrl+C", () => {
  it.each([0, 150, 300, 450, 600, 800, 1000, 1300])(
    "%i ms after the start, whatever happens then, leaves nothing",
    async (ms) => {
      place.tasks([task("one", "sleep 300"), task("two", "sleep 300", { repo: "o/b" })]);
      const child = run();
      await new Promise((resolve) => setTimeout(resolve, ms));
      // Before the first line of the program the signal itself ends the process.
      expect([130, null]).toContain(await interrupt(child));
      await leavesNothing();
    },
  );

  it("right after the host is up leaves a report in which nothing has run", async () => {
    place.tasks([task("one", wait("one")), task("two", "true", { depends_on: "one" })]);
    const child = run();
    await new Promise<void>((resolve) =>
      child.stderr
        .setEncoding("utf8")
        .on("data", (text: string) => (text.includes("2 tasks") ? resolve() : undefined)),
    );
    expect(await interrupt(child)).toBe(130);
    expect(await leavesNothing()).toEqual({ one: 5, two: 5 });
    expect(existsSync(at("one"))).toBe(false);
  });

  it("twice, with agents that ignore polite signals, still ends them and writes the report", async () => {
    place.tasks([task("deaf", `trap '' TERM INT HUP; ${wait("deaf")}`), task("next", "true")]);
    const child = run();
    await isThere("deaf");
    child.kill("SIGINT");
    expect(await interrupt(child)).toBe(130);
    expect(await leavesNothing()).toEqual({ deaf: 4, next: 5 });
  });

  it("during a review keeps what is done and ends the reviewer", async () => {
    const runners = {
      worker: { type: "command", command: ["sh", "-c", "cat > /dev/null; echo done"] },
      judge: { type: "command", command: ["sh", "-c", `cat > /dev/null; ${wait("judging")}`] },
    };
    place.tasks([task("one", "do it")], {
      runners,
      default_runner: "worker",
      review: { enabled: true, runner: "judge" },
    });
    const child = run();
    await isThere("judging");
    expect(await interrupt(child)).toBe(130);
    expect(await leavesNothing()).toEqual({ one: 3 });
  });

  it("while everything waits for a quota ends the wait", async () => {
    place.tasks([task("asks", "do it"), task("after", "do it", { depends_on: ["asks"] })], {
      default_runner: "poor",
      runners: { poor: limited },
    });
    const child = run("--on-limit", "wait");
    let talk = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (talk += text));
    await expect.poll(() => talk, SEEN).toContain("RUNNING");
    const folder = () => readdirSync(at("home/runners/run-1")).join();
    await expect.poll(folder, SEEN).toContain("runner.log");
    const log = () => readFileSync(at("home/runners/run-1/runner.log"), "utf8");
    await expect.poll(log, SEEN).toContain('"event":"job:limited"');
    expect(await interrupt(child)).toBe(130);
    expect(await leavesNothing()).toEqual({ asks: 4, after: 5 });
  });

  it("during the verification ends its commands; the report was written before", async () => {
    place.write("repos/a/Makefile", `test:\n\t${wait("testing")}\nlint:\n\ttouch ${at("linted")}\n`);
    place.tasks([task("one", "true")]);
    const child = run("--verify");
    await isThere("testing");
    expect(await interrupt(child)).toBe(130);
    expect(await leavesNothing()).toEqual({ one: 3 });
    expect(existsSync(at("linted"))).toBe(false);
    const again = place.start("verify");
    await expect.poll(() => pidsWithVariable("DROVER_HOME", at("home")), SEEN).not.toHaveLength(1);
    expect(await interrupt(again)).toBe(130);
    expect(await leavesNothing()).toEqual({ one: 3 });
  });

  it("during the hook ends the hook, skips the verification, and keeps the report", async () => {
    place.write(".runforge.yml", `post_run: ${wait("hooked")}\nverify: true\n`);
    place.write("repos/a/Makefile", `test:\n\ttouch ${at("tested")}\n`);
    place.tasks([task("one", "true")]);
    const child = run();
    await isThere("hooked");
    expect(await interrupt(child)).toBe(130);
    expect(await leavesNothing()).toEqual({ one: 3 });
    expect(existsSync(at("tested"))).toBe(false);
  });

  it("again, during the hook that the first one left to run, ends the hook", async () => {
    place.write(".runforge.yml", `post_run: ${wait("hooked")}\n`);
    place.tasks([task("one", wait("working"))]);
    const child = run();
    await isThere("working");
    child.kill("SIGINT");
    await isThere("hooked");
    expect(await interrupt(child)).toBe(130);
    expect(await leavesNothing()).toEqual({ one: 4 });
  });
});

describe("a reader that hangs up (`drover run 2>&1 | head`)", () => {
  it("ends the run as Ctrl+C does, with its report", async () => {
    place.tasks([
      task("first", `touch ${at("began")}; until test -e ${at("go")}; do sleep 0.1; done`),
      task("other", wait("other"), { repo: "o/b" }),
    ]);
    const child = run();
    let talk = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (talk += text));
    await isThere("began");
    await isThere("other");
    await expect.poll(() => talk.split("RUNNING").length, SEEN).toBe(3);
    child.stderr.destroy();
    child.stdout.destroy();
    place.write("go", "");
    expect(await ended(child)).toBe(130);
    expect(await leavesNothing()).toEqual({ first: 3, other: 4 });
  });
});

describe("Ctrl+C of a run that others serve", () => {
  it("while it waits for a runner that is busy cancels it, and leaves the others' work alone", async () => {
    const host = await openWorkplace();
    Object.assign(place.env, { DROVER_URL: host.url, DROVER_HOME: host.home, DROVER_NAMESPACE: "shop" });
    place.write(".drover/config.json", {
      namespace: "shop",
      repos: { "o/a": at("repos/a"), "o/b": at("repos/b") },
    });
    const runner = place.start("runner", "--slots", "1");
    try {
      place.write("busy.json", {
        default_runner: "script",
        tasks: [task("busy", `touch ${at("busy")}; until test -e ${at("go")}; do sleep 0.1; done`)],
      });
      expect((await place.call("import", "busy.json")).code).toBe(0);
      await isThere("busy");
      place.tasks([task("mine", "true", { repo: "o/b" })]);
      const child = place.start("run", "--tasks", "tasks.json");
      await expect.poll(async () => (await host.drover("queue", "--json")).json().jobs.pending, SEEN).toBe(1);
      expect(await interrupt(child)).toBe(130);
      const list = (await host.drover("runs", "--json")).json() as { status: string }[];
      expect(list.map(({ status }) => status)).toEqual(["canceled", "active"]);
      expect((await host.drover("locks", "list")).json()).toMatchObject([{ handle: "1.1" }]);
      place.write("go", "");
      await expect
        .poll(async () => (await host.drover("queue", "--json")).json().jobs.complete, SEEN)
        .toBe(1);
    } finally {
      const gone = ended(runner);
      runner.kill("SIGTERM");
      await gone;
      await host.close();
    }
  });

  it("while --detach enqueues undoes what is in", async () => {
    const host = await openWorkplace();
    Object.assign(place.env, { DROVER_HOME: host.home, DROVER_NAMESPACE: "shop" });
    let calls = 0;
    let child: ReturnType<typeof start> | undefined;
    const proxy = await openFailingProxy(host.url, (body) => {
      if (body.includes("runs:insert") && ++calls === 2) child?.kill("SIGINT");
      return false;
    });
    place.env["DROVER_URL"] = proxy.url;
    try {
      place.tasks(Array.from({ length: 900 }, (_, i) => task(`t${i}`, "true")));
      child = run("--detach");
      expect(await ended(child)).toBe(130);
      expect((await host.drover("runs", "--json")).json()).toMatchObject([{ status: "canceled" }]);
      await expect.poll(async () => (await host.drover("queue", "--json")).json().jobs.pending, SEEN).toBe(0);
      expect((await host.drover("locks", "list")).json()).toEqual([]);
    } finally {
      await proxy.close();
      await host.close();
    }
  });
});
