/**
 * Task files end to end: the documented workflow, with the real binary, real processes and a host that the command
 * brings along. Seam: command lines, exit codes and files. Not asserted: how long anything takes.
 */
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTaskPlace, reportOf, statesOf, task, type TaskPlace } from "./support/taskPlace.ts";

let place: TaskPlace;
let folder: string;
beforeEach(() => {
  place = openTaskPlace();
  ({ folder } = place);
});
afterEach(() => place.close());

const write = (name: string, value: unknown) => place.write(name, value);
const tasks = (list: object[], more: object = {}) => place.tasks(list, more);
const call = (...args: string[]) => place.call(...args);
const run = (...args: string[]) => place.run(...args);

describe("drover run", () => {
  it("runs a task file on a machine where nothing is started, and leaves a run that explains itself", async () => {
    tasks([
      task("one", "echo first > made; echo done"),
      task("two", "exit 3", { depends_on: "one" }),
      task("three", "true", { depends_on: ["two"] }),
      task("other", "pwd", { repo: "o/b", priority: 2 }),
    ]);
    const done = await run();
    expect(done.code).toBe(1);
    const report = reportOf(done.stdout);
    expect(statesOf(report)).toEqual({ one: 3, two: 4, three: 5, other: 3 });
    expect(report).toMatchObject({ total_tasks: 4, completed: 2, failed: 1, skipped: 1, workers: 4 });
    expect(report.results.one).toMatchObject({
      runner_used: "script",
      state_name: "COMPLETED",
      last_message: "done\n",
    });
    expect(report.results.three.error).toContain("waits for");
    expect(report.results.two.attempts).toMatchObject([{ runner: "script", state: 4 }]);
    const dir = (done.json() as { run_dir: string }).run_dir;
    expect(readFileSync(join(dir, "one", "output.md"), "utf8")).toBe("done\n");
    expect(JSON.parse(readFileSync(join(dir, "one", "task.json"), "utf8"))).toMatchObject({ id: "one" });
    for (const file of ["one/events.jsonl", "one/stderr.log", "report.sarif"]) {
      expect(existsSync(join(dir, file)), file).toBe(true);
    }
    expect(existsSync(join(folder, "repos", "a", "made"))).toBe(true);
  });

  it("prints the plan with --dry-run, in the order in which tasks would start, and starts nothing", async () => {
    tasks([
      task("late", "true", { priority: 99 }),
      task("b", "true", { priority: 1 }),
      task("a", "true", { priority: 1, depends_on: ["late"] }),
      task("first", "true"),
    ]);
    const plan = await run("--dry-run");
    expect(plan.code).toBe(0);
    expect((plan.json() as { id: string }[]).map(({ id }) => id)).toEqual(["first", "b", "late", "a"]);
    expect(existsSync(join(folder, ".runforge"))).toBe(false);
  });

  it("never runs two tasks at once with --workers 1, whatever the repos", async () => {
    const alone = `mkdir ${"$DROVER_TEST_LOCK"} && sleep 0.2 && rmdir ${"$DROVER_TEST_LOCK"}`;
    const lock = join(folder, "lock");
    const prompt = alone.replaceAll("$DROVER_TEST_LOCK", lock);
    tasks([
      task("1", prompt),
      task("2", prompt, { repo: "o/b" }),
      task("3", prompt),
      task("4", prompt, { repo: "o/b", depends_on: ["1"] }),
    ]);
    const done = await run("--workers", "1");
    expect(done.code, done.stderr).toBe(0);
  });

  it("ends with --fail-fast: what has not started is skipped, dependents of it too", async () => {
    tasks([
      task("bad", "exit 1"),
      task("root", "true", { priority: 5 }),
      task("leaf", "true", { depends_on: ["root"] }),
      task("leaf2", "true", { depends_on: ["leaf"] }),
    ]);
    const done = await run("--fail-fast");
    expect(done.code).toBe(1);
    expect(statesOf(reportOf(done.stdout))).toEqual({ bad: 4, root: 5, leaf: 5, leaf2: 5 });
  });

  it("does not call a chain that a filter cuts a cycle", async () => {
    tasks([task("x1", "true"), task("x2", "true", { depends_on: ["x1"] }), task("y", "true")]);
    const done = await run("--filter", "x2");
    expect(done.code).toBe(0);
    expect(done.stderr).toContain("x2 → x1");
    const whole = await run("--filter", "{x2,nothing*}", "--with-deps");
    expect(statesOf(reportOf(whole.stdout))).toEqual({ x1: 3, x2: 3 });
  });

  it("says of a killed task that it ran out of time, never that it completed", async () => {
    tasks([task("slow", "echo working; sleep 60")]);
    const done = await run("--max-runtime", "1s");
    expect(done.code).toBe(1);
    const { slow } = reportOf(done.stdout).results;
    expect(slow).toMatchObject({ state: 4, attempts: [{ verdict: "timeout" }] });
  });

  it("fails a task whose profiles are not installed, with their names, and goes on with the rest", async () => {
    tasks([task("no", "do it", { runner: "ghost" }), task("yes", "true", { repo: "o/b" })], {
      runners: { ghost: { type: "claude", command: ["no-such-program-anywhere"] } },
    });
    const done = await run();
    expect(done.code).toBe(1);
    const { results } = reportOf(done.stdout);
    expect(results.no).toMatchObject({ state: 4, attempts: [] });
    expect(results.no.runner_used).toBeUndefined();
    expect(results.no.error).toContain("no-such-program-anywhere");
    expect(results.yes.state).toBe(3);
  });

  it("reads .runforge.yml, and gives its hook the folder of the run under both names", async () => {
    write(
      ".runforge.yml",
      'repos_dir: repos\nworkers: 2\npost_run: echo "$RUNFORGE_RUN_DIR|$DROVER_RUN_DIR" > hook.out\n',
    );
    tasks([task("one", "true")]);
    const done = await call("run", "--tasks", "tasks.json");
    expect(done.code, done.stderr).toBe(0);
    const { run_dir, workers } = done.json() as { run_dir: string; workers: number };
    expect(workers).toBe(2);
    expect(readFileSync(join(folder, "hook.out"), "utf8").trim()).toBe(`${run_dir}|${run_dir}`);
  });

  it("keeps private repos from profiles that collect data, the first choice included", async () => {
    write(".runforge.yml", "repos_dir: repos\nprivate_repos: [o/a]\n");
    const runners = { spy: { type: "script", data_collection: true }, safe: { type: "script" } };
    write("tasks.json", {
      runners,
      default_runner: "spy",
      default_fallbacks: ["safe"],
      tasks: [task("t", "true", { runner: "spy" })],
    });
    const done = await run();
    expect(done.code, done.stderr).toBe(0);
    expect(reportOf(done.stdout).results.t).toMatchObject({ runner_used: "safe" });
    write("tasks.json", { runners, default_runner: "spy", tasks: [task("t", "true")] });
    const refused = await run();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("private");
  });

  it("leaves a whole report, no process and free locks after Ctrl+C, and still runs the hook", async () => {
    write(".runforge.yml", "repos_dir: repos\npost_run: touch hook.ran\n");
    const pidFile = join(folder, "pid");
    tasks([
      task("long", `echo $$ > ${pidFile}; sleep 300`),
      task("next", "true"),
      task("other", "true", { depends_on: ["long"] }),
    ]);
    const child = place.start("run", "--tasks", "tasks.json");
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
    await expect
      .poll(() => existsSync(pidFile) && readFileSync(pidFile, "utf8").trim() !== "", { timeout: 30_000 })
      .toBe(true);
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    child.kill("SIGINT");
    expect(await ended).toBe(130);
    const report = reportOf(out);
    expect(statesOf(report)).toEqual({ long: 4, next: 5, other: 5 });
    expect(report.interrupted).toBe(true);
    expect(() => process.kill(Number(readFileSync(pidFile, "utf8")), 0)).toThrow();
    expect(existsSync(join(folder, "hook.ran"))).toBe(true);
  });
});

describe("drover rerun", () => {
  it("runs again what did not complete, with the profiles and the privacy that the run had", async () => {
    write(".runforge.yml", "repos_dir: repos\nprivate_repos: [o/a]\n");
    const runners = { spy: { type: "script", data_collection: true }, safe: { type: "script" } };
    const list = [
      task("ok", "true"),
      task("bad", `test -e ${join(folder, "fixed")}`, { depends_on: ["ok"] }),
      task("after", "true", { depends_on: ["bad"] }),
    ];
    write("tasks.json", { runners, default_runner: "spy", default_fallbacks: ["safe"], tasks: list });
    const first = await run();
    expect(statesOf(reportOf(first.stdout))).toEqual({ ok: 3, bad: 4, after: 5 });
    rmSync(join(folder, "tasks.json"));
    rmSync(join(folder, ".runforge.yml"));
    write("fixed", "");
    const again = await call("rerun");
    expect(again.code, again.stderr).toBe(0);
    const report = reportOf(again.stdout);
    expect(statesOf(report)).toEqual({ bad: 3, after: 3 });
    expect(report.results.bad.runner_used).toBe("safe");
    expect(report.parent_run_id).toBe(reportOf(first.stdout).run_id);
  });
});

describe("what is told of a run", () => {
  it("comes as JSON, SARIF, JUnit, Markdown and text, and adds up in the history", async () => {
    tasks([task("good", "true"), task("bad", "exit 1", { repo: "o/b" })]);
    await run();
    const [json, sarif, junit, md, text, stats, csv] = await Promise.all([
      ...["json", "sarif", "junit", "md", "text"].map((format) => call("report", "--format", format)),
      ...[call("stats", "--since", "30d"), call("export", "--until", "2999-01-01")],
    ]);
    expect(Object.keys((json?.json()).results).sort()).toEqual(["bad", "good"]);
    expect(sarif?.json()).toMatchObject({
      version: "2.1.0",
      runs: [{ results: [{ ruleId: "bad", level: "error" }] }],
    });
    expect(junit?.stdout).toContain('<testsuites name="drover" tests="2" failures="1"');
    expect(md?.stdout).toContain("| o/b | 1 | 0 | 1 |");
    expect(text?.stdout).toContain("FAILED [1/2]");
    expect(stats?.json()).toMatchObject([{ profile: "script", tasks: 2, passed: 1 }]);
    expect(csv?.stdout).toContain(",good,o/a,pass,script,");
  });

  it("counts the history of the time that is asked for, and says which times it takes", async () => {
    tasks([task("good", "true")]);
    await run();
    for (const since of ["2999-01-01", "1ms"])
      expect((await call("stats", "--since", since)).json()).toEqual([]);
    const wrong = await call("stats", "--since", "yesterday");
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(
      'a date like 2026-02-01, or a length of time like 12h or 30d, got "yesterday"',
    );
  });

  it("says with --verbose what is called and what the runner does, and nothing of it without", async () => {
    tasks([task("good", "true")]);
    const plain = await run();
    expect(plain.stderr).not.toMatch(/runs:insert|job:claimed/);
    const loud = await run("-v");
    expect(loud.code).toBe(0);
    expect(loud.stderr).toMatch(/runs:insert \d+ ms/);
    expect(loud.stderr).toContain("job:claimed 2.1");
    expect((await call("--verbose", "queue")).stderr).toMatch(/scheduler:queueStatus \d+ ms: no backend/);
  });

  it("can be asked without a configuration where task files are run, and by the names of old", async () => {
    tasks([task("good", "true")]);
    await run();
    for (const words of [["retry", "1.1"], ["blacklist"], ["unlock", "--repo", "o/a"], ["dashboard", "1"]]) {
      const done = await call(...words);
      expect(done.code, words.join(" ")).toBe(5);
      expect(done.stderr).toContain("no backend at");
    }
  });
});

describe("a file that is not valid", () => {
  const refused = async (expected: string) => {
    const done = await run();
    expect(done.code, done.stderr).toBe(2);
    expect(done.stderr).toContain(expected);
    expect(existsSync(join(folder, "home"))).toBe(false);
  };

  it("is refused with file, task and field, and nothing is enqueued", async () => {
    tasks([]);
    await refused("tasks");
    tasks([task("", "x")]);
    await refused("id");
    tasks([task("a", "")]);
    await refused("prompt");
    tasks([task("a", "x"), task("a", "y")]);
    await refused("duplicate id");
    tasks([task("a", "x", { runner: "nobody" })]);
    await refused("nobody");
    tasks([task("a", "x", { depends_on: ["b"] })]);
    await refused('"b" not found');
    tasks([task("a", "x", { depends_on: ["b"] }), task("b", "x", { depends_on: ["a"] })]);
    await refused("a → b → a");
    tasks([task("a", "x")], { allowed_repos: ["o/z"] });
    await refused("allowed_repos");
    tasks([task("a", "x", { runner: "odd" })], { runners: { odd: { type: "telepathy" } } });
    await refused("odd");
  });

  it("is refused for settings that are a YAML bomb, or of the wrong kind", async () => {
    tasks([task("a", "x")]);
    const bomb = [
      "a: &a [x,x,x,x,x,x,x,x,x]",
      ..."bcdefgh".split("").map((c, i) => `${c}: &${c} [${Array(9).fill(`*${"abcdefgh"[i]}`).join(",")}]`),
    ];
    write(".runforge.yml", bomb.join("\n"));
    await refused("YAML");
    write(".runforge.yml", "workers: many\n");
    await refused("workers");
  });

  it("loads with fields of other versions, and says which are not honoured", async () => {
    tasks([task("a", "true", { difficulty: "complex", score: 9, hat: 1 })], { parallel_repo: true });
    const done = await run();
    expect(done.code).toBe(0);
    for (const field of ["parallel_repo", "tasks[].difficulty", "tasks[].score", "tasks[].hat"]) {
      expect(done.stderr).toContain(`"${field}"`);
    }
  });
});
