/**
 * Imports that do not come to their end, and what other commands find of them. Seam: the binary against a host behind a
 * proxy that loses calls. Not asserted: what a whole import does (tasks.test.ts).
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openWorkplace, type Workplace } from "./support/drover.ts";
import { type FailingProxy, openFailingProxy } from "./support/failingProxy.ts";
import { ended, openTaskPlace, reportOf, task, type TaskPlace } from "./support/taskPlace.ts";

let host: Workplace;
let place: TaskPlace;
let proxy: FailingProxy | undefined;
beforeEach(async () => {
  host = await openWorkplace();
  place = openTaskPlace(host.url);
  place.env["DROVER_HOME"] = host.home;
  place.env["DROVER_NAMESPACE"] = "shop";
});
afterEach(async () => {
  await proxy?.close();
  proxy = undefined;
  place.close();
  await host.close();
});

/** The second call that brings tasks is lost: 200 are in, the others are not. */
async function loseSecondBatch(): Promise<void> {
  let calls = 0;
  proxy = await openFailingProxy(host.url, (body) => body.includes("runs:insert") && ++calls > 1);
  place.env["DROVER_URL"] = proxy.url;
}
const many = () => place.tasks(Array.from({ length: 250 }, (_, i) => task(`t${i}`, "touch ran")));
const queue = async () => (await host.drover("queue", "--json")).json();
const openRuns = async () =>
  ((await host.drover("runs", "--json")).json() as { status: string }[]).map(({ status }) => status);

describe("an import that fails in the middle", () => {
  it("is undone and said: nothing of it is left in the queue, and no lock", async () => {
    await loseSecondBatch();
    many();
    const done = await place.call("import", "tasks.json");
    expect(done.code).toBe(1);
    expect(done.stdout).toBe("");
    expect(done.stderr).toMatch(
      /the import failed, nothing of it runs, and what was in \(run 1\) is canceled/,
    );
    await expect.poll(openRuns).toEqual(["canceled"]);
    await expect.poll(async () => (await queue()).jobs.pending).toBe(0);
    expect((await host.drover("locks", "list")).json()).toEqual([]);
  });

  it("leaves a whole report where the run was attached, starts nothing, and the hook sees the report", async () => {
    await loseSecondBatch();
    many();
    place.write(".runforge.yml", "post_run: cp $RUNFORGE_RUN_DIR/report.json seen.json\n");
    const done = await place.run();
    expect(done.code, done.stderr).toBe(1);
    const report = reportOf(done.stdout);
    expect(report).toMatchObject({ interrupted: true, skipped: 250, total_tasks: 250 });
    expect(report.error).toContain("the import failed");
    expect(report.results.t249).toMatchObject({ state: 5, error: report.error });
    expect(existsSync(join(place.folder, "seen.json"))).toBe(true);
    expect(existsSync(join(place.folder, "repos", "a", "ran"))).toBe(false);
    await expect.poll(openRuns).toEqual(["canceled"]);
  });

  it("starts nothing where its process was killed, and gives way to the next run on the same repo", async () => {
    let reached: () => void = () => undefined;
    const stalled = new Promise<void>((resolve) => (reached = resolve));
    let calls = 0;
    proxy = await openFailingProxy(host.url, (body) => {
      if (body.includes("runs:insert") && ++calls > 1) reached();
      return body.includes("runs:insert") && calls > 1;
    });
    place.env["DROVER_URL"] = proxy.url;
    many();
    const child = place.start("run", "--tasks", "tasks.json", "--repos-dir", "repos");
    await stalled;
    child.kill("SIGKILL");
    await ended(child);
    place.env["DROVER_URL"] = host.url;
    place.tasks([task("next", "true")]);
    const next = await place.run();
    expect(next.code, next.stderr).toBe(0);
    expect(existsSync(join(place.folder, "repos", "a", "ran"))).toBe(false);
    await expect.poll(openRuns).toEqual(["complete", "canceled"]);
  });
});

describe("import", () => {
  it("refuses what is no task file, with what it expected, and enqueues nothing", async () => {
    place.write("plan.md", "# Plan\n");
    place.write("issues.json", [{ title: "a bug", number: 1 }]);
    place.write("empty.json", "{}");
    place.write("long.json", { default_runner: "script", tasks: [task("long", "x".repeat(300 * 1024))] });
    for (const [file, expected] of [
      ["plan.md", "no JSON"],
      ["issues.json", "expected object, received array"],
      ["empty.json", "no tasks"],
      ["long.json", "at most 256 KB, got 300 KB"],
      ["missing.json", "does not exist"],
    ] as const) {
      const done = await place.call("import", file);
      expect(done.code, file).toBe(2);
      expect(done.stderr, file).toContain(expected);
      expect(done.stderr, file).toContain(file);
    }
    expect(await openRuns()).toEqual([]);
    expect(readdirSync(place.folder)).not.toContain(".runforge");
  });

  it("of a run that nobody serves does not keep another run from its repo", async () => {
    place.write("first.json", { default_runner: "script", tasks: [task("first", "touch first")] });
    expect((await place.call("import", "first.json")).code).toBe(0);
    place.tasks([task("mine", "touch mine")]);
    const mine = await place.run();
    expect(mine.code, mine.stderr).toBe(0);
    expect(mine.stderr).toContain("took the lock repo:o/a from 1.1, which no live runner can take");
    expect(existsSync(join(place.folder, "repos", "a", "mine"))).toBe(true);
    expect(existsSync(join(place.folder, "repos", "a", "first"))).toBe(false);
    expect((await host.drover("locks", "list")).json()).toMatchObject([{ handle: "1.1" }]);
  });
});

describe("report", () => {
  it("tells of a run that was only enqueued, while it goes on and when it has ended", async () => {
    place.tasks([
      task("good", "echo done"),
      task("bad", "exit 3", { depends_on: "good" }),
      task("after", "true", { depends_on: "bad" }),
    ]);
    expect((await place.run("--detach")).code).toBe(0);
    const open = await place.call("report", "1");
    expect(open.json()).toMatchObject({ assignment: 1, total_tasks: 3, completed: 0 });
    expect(open.stderr).toContain("the run goes on: 0 of 3 tasks have ended");
    const config = { namespace: "shop", repos: { "o/a": join(place.folder, "repos", "a") } };
    place.write(".drover/config.json", config);
    const runner = place.start("runner", "--slots", "1");
    try {
      await expect.poll(openRuns, { timeout: 60_000 }).toEqual(["failed"]);
      const report = (await place.call("report", "1")).json();
      expect(report).toMatchObject({
        completed: 1,
        failed: 1,
        skipped: 1,
        repos_dir: join(place.folder, "repos"),
      });
      expect(report.results.good).toMatchObject({ state: 3, runner_used: "script", last_message: "done\n" });
      expect(report.results.after.error).toContain("waits for");
      expect((await place.call("report", "1", "--format", "junit")).stdout).toContain(
        'tests="3" failures="1"',
      );
      expect((await place.call("report", "7")).code).toBe(2);
    } finally {
      const gone = ended(runner);
      runner.kill("SIGTERM");
      await gone;
    }
  });
});

describe("--filter", () => {
  it("asks the queue which of the dependencies that it cuts off are done", async () => {
    const list = [
      task("base", "true"),
      task("broken", "exit 1"),
      task("top", "true", { depends_on: ["base"] }),
    ];
    place.tasks(list);
    expect((await place.run("--filter", "{base,broken}")).code).toBe(1);
    const known = await place.run("--filter", "top");
    expect(known.code, known.stderr).toBe(0);
    expect(known.stderr).not.toContain("warning");
    place.tasks([...list, task("other", "true", { depends_on: ["broken", "base"] })]);
    const warned = await place.run("--filter", "other");
    expect(warned.code).toBe(0);
    expect(warned.stderr).toContain("other → broken");
    expect(warned.stderr).not.toContain("other → base");
  });
});
