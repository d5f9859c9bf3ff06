/**
 * Reviews: during a run, and of finished runs with `drover review`. Seam: the binary with plain programs as agents, and
 * the files of the run. Not asserted: who is chosen in every case (reviewOrder.test.ts).
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTaskPlace, reportOf, runDirOf, task, type TaskPlace } from "./support/taskPlace.ts";

let place: TaskPlace;
beforeEach(() => (place = openTaskPlace()));
afterEach(() => place.close());

const says = (text: string, exit = 0) => ({
  type: "command",
  command: ["sh", "-c", `cat > /dev/null; echo "${text}"; exit ${exit}`],
});
const judge = (verdict: string) => ({
  type: "command",
  command: ["sh", "-c", `cat > asked.txt; echo "${verdict} because"`],
});
const runners = {
  worker: says("I have done it"),
  broken: says("I could not", 1),
  judge: judge("PASS"),
};
const agentTasks = (more: object = {}) =>
  place.tasks([task("first", "do it"), task("second", "do it", { repo: "o/b", runner: "broken" })], {
    default_runner: "worker",
    default_fallbacks: ["worker"],
    runners,
    ...more,
  });
const report = (dir: string) => JSON.parse(readFileSync(join(dir, "report.json"), "utf8")) as never;

describe("the review of a task file", () => {
  it("looks at what a fallback has done, changes no state, and lies in the report and the run's folder", async () => {
    agentTasks({ review: { enabled: true, runner: "judge", fallback_only: true } });
    const done = await place.run();
    expect(done.code, done.stderr).toBe(0);
    const { results } = reportOf(done.stdout);
    expect(results.first.review).toBeUndefined();
    expect(results.second).toMatchObject({
      state: 3,
      runner_used: "worker",
      review: { runner: "judge", passed: true, summary: "PASS because" },
    });
    expect(readFileSync(join(runDirOf(done.stdout), "second", "review", "output.md"), "utf8")).toBe(
      "PASS because\n",
    );
    expect(readFileSync(join(place.folder, "repos", "b", "asked.txt"), "utf8")).toContain("I have done it");
    expect(done.stderr).toContain("REVIEW     second  PASS  [judge]");
  });
});

describe("drover review", () => {
  it("reviews a finished run by another profile, also when queue and task file are gone", async () => {
    agentTasks();
    const done = await place.run();
    expect(done.code, done.stderr).toBe(0);
    rmSync(join(place.folder, "tasks.json"));
    rmSync(join(place.folder, "home"), { recursive: true });
    const reviewed = await place.call("review", "--runner", "judge");
    expect(reviewed.code, reviewed.stderr).toBe(0);
    expect(reviewed.json()).toMatchObject({
      first: { runner: "judge", passed: true },
      second: { runner: "judge", passed: true },
    });
    const dir = runDirOf(done.stdout);
    expect(report(dir)).toMatchObject({ completed: 2, results: { first: { review: { passed: true } } } });
    expect(existsSync(join(dir, "first", "review", "output.md"))).toBe(true);
    expect((await place.call("review", "--runner", "judge")).json()).toEqual({});
    place.write(".runforge.yml", JSON.stringify({ runners: { judge: judge("FAIL") } }));
    const failed = await place.call("review", "--runner", "judge", "--again", "--fallback-only");
    expect(failed.code).toBe(1);
    expect(failed.json()).toEqual({ second: expect.objectContaining({ passed: false }) as unknown });
    expect((report(dir) as { completed: number }).completed).toBe(2);
  });

  it("never takes the profile that did the work unless it is named, and says what it cannot review", async () => {
    place.tasks([task("only", "do it"), task("silent", "do it", { runner: "silent", repo: "o/b" })], {
      default_runner: "worker",
      runners: { worker: says("done"), silent: { type: "command", command: ["sh", "-c", "cat >/dev/null"] } },
    });
    expect((await place.run()).code).toBe(0);
    const missing = { type: "claude", command: ["no-such-program"] };
    place.write(".runforge.yml", JSON.stringify({ runners: { codex: missing, claude: missing } }));
    const reviewed = await place.call("review");
    expect(reviewed.code).toBe(1);
    const { only, silent } = reviewed.json();
    expect(only.runner).not.toBe("worker");
    expect(silent.error).toContain("nothing to read");
    const named = await place.call("review", "--runner", "nobody");
    expect(named.code).toBe(2);
    expect(named.stderr).toContain('"nobody" cannot review');
  });

  it("reads a run that another program has written", async () => {
    const dir = join(place.folder, ".runforge", "20260217-140000");
    const result = {
      task_id: "WO01",
      state: 3,
      runner_used: "zai",
      attempts: [{ runner: "codex", state: 4 }],
    };
    place.write(".runforge/20260217-140000/report.json", {
      timestamp: "2026-02-17T14:00:00Z",
      tasks_file: "gone.json",
      workers: 4,
      repos_dir: join(place.folder, "repos"),
      results: {
        WO01: { ...result, started_at: "2026-02-17T14:00:00Z", duration: 1e9, last_message: "did it" },
      },
      ...{ total_tasks: 1, completed: 1, failed: 0, skipped: 0, rate_limited: 0, total_duration: 1e9 },
    });
    place.write(".runforge.yml", JSON.stringify({ runners: { judge: judge("PASS") } }));
    writeFileSync(join(place.folder, "unrelated"), "");
    const reviewed = await place.call("review", "--run-dir", dir, "--runner", "judge");
    expect(reviewed.code, reviewed.stderr).toBe(0);
    expect(report(dir)).toMatchObject({ results: { WO01: { state: 3, review: { passed: true } } } });
  });
});
