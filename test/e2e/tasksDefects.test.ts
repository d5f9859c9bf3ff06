/**
 * What earlier programs for task files got wrong, one by one, and where it is shown that Drover does not.
 *
 *  1 a review ran in a wrongly computed folder ........................... tasksReview (asked.txt lies in the repo)
 *  2 a task killed for its time counted as complete ...................... tasks ("ran out of time")
 *  3 dependents started outside of the slots, or survived Ctrl+C ......... tasks (--workers 1), tasksInterrupt
 *  4 --fail-fast left dependents of unstarted tasks pending .............. tasks (--fail-fast)
 *  5 rerun lost that a profile collects data ............................. tasks (drover rerun)
 *  6 a filter that cut a chain ended as a cycle .......................... tasks (cuts), tasksImport (--filter)
 *  7 runner_used named a profile that never ran .......................... tasks (not installed), domain/report
 *  8 striping discarded a task's own fallbacks ........................... domain/taskFile/plan
 *  9 findings of one repo made a file with one id twice .................. portfolio/scan/tasksFormat
 * 10 checks that could not fire, or fired wrongly ........................ portfolio/scan/checks
 * 11 a hard-coded owner .................................................. portfolio/generate
 * 12 `~` in repos_dir stayed as it was ................................... here
 * 13 event shapes that no CLI emits ...................................... runner/harness/conformance (recordings)
 * 14 429 as a bare substring ............................................. runner/harness/streams
 * 15 limits on stdout, or split over two chunks, were missed ............. runner/harness/conformance
 * 16 a line above 1 MB broke the reading ................................. runner/harness/lines
 * 17 integers of states that changed; null for empty lists ............... domain/report, portfolio/scan/goldens
 * 18 texts in the order of a map ......................................... domain/report
 * 19 the hook's variable was renamed in the documents alone .............. tasks (both names)
 * 20 flags that did nothing .............................................. here
 * 21 generate dropped fields of profiles ................................. here
 * 22 verify needed the task files ........................................ here
 * 23 one of two status paths had no reader ............................... here
 * 24 delivered features that their list called missing ................... docs/taskFiles.md lists what is not honoured
 */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ended, openTaskPlace, reportOf, task, type TaskPlace } from "./support/taskPlace.ts";

let place: TaskPlace;
beforeEach(() => (place = openTaskPlace()));
afterEach(() => place.close());

describe("drover", () => {
  it("expands `~` in repos_dir, of the settings and of the flag (12)", async () => {
    place.env["HOME"] = place.folder;
    place.write(".runforge.yml", "repos_dir: ~/repos\n");
    place.tasks([task("t", "pwd")]);
    const where = join(place.folder, "repos", "a");
    for (const flags of [[], ["--repos-dir", "~/repos"]]) {
      const done = await place.call("run", "--tasks", "tasks.json", ...flags);
      expect(done.code, done.stderr).toBe(0);
      expect(reportOf(done.stdout).results.t.last_message.trim()).toBe(where);
    }
  });

  it("refuses flags that it does not have, and honours those that it has (20)", async () => {
    const refused = await place.call("verify", "--mark-done");
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("--mark-done");
    expect((await place.call("stats", "--json")).json()).toEqual([]);
  });

  it("keeps every field of the settings' profiles in a generated file (21)", async () => {
    const zai = {
      type: "codex",
      free: true,
      tier: 2,
      fallback_only: true,
      max_concurrent: 3,
      env: { A: "env:B" },
    };
    place.write(".runforge.yml", JSON.stringify({ runners: { zai } }));
    place.write(
      "repos/a/docs/work-orders.md",
      "## WO-01: Tests\n\n**Status:** `[ ]`\n\n**Goal:** add tests\n",
    );
    const made = await place.call(
      "generate",
      "--repos-dir",
      "repos",
      "--owner",
      "o",
      "--output",
      "made.json",
    );
    expect(made.code, made.stderr).toBe(0);
    const file = JSON.parse(readFileSync(join(place.folder, "made.json"), "utf8"));
    expect(file.runners.zai).toEqual(zai);
  });

  it("verifies a run whose task files are gone (22)", async () => {
    place.write("repos/a/Makefile", "test:\n\ttrue\nlint:\n\tfalse\n");
    place.tasks([task("t", "true")]);
    expect((await place.run()).code).toBe(0);
    rmSync(join(place.folder, "tasks.json"));
    const verified = await place.call("verify");
    expect(verified.code).toBe(1);
    expect(verified.json()).toMatchObject([
      { repo: "o/a", step: "test", passed: true },
      { repo: "o/a", step: "lint", passed: false },
    ]);
  });

  it("writes the status line where either kind of reader looks, and takes it away at the end (23)", async () => {
    mkdirSync(join(place.folder, "repos", "c"));
    place.tasks([task("wait", `until test -e ${join(place.folder, "go")}; do sleep 0.1; done`)]);
    const child = place.start("run", "--tasks", "tasks.json", "--repos-dir", "repos");
    const own = `/tmp/runforge-status.d/${child.pid}`;
    const read = (file: string) => {
      try {
        return readFileSync(file, "utf8");
      } catch {
        return "";
      }
    };
    await expect.poll(() => read(own), { timeout: 60_000 }).toBe("0/1 done, 1 run\n");
    expect(read("/tmp/runforge-status")).toMatch(/^runforge: \d+\/\d+ done/);
    place.write("go", "");
    expect(await ended(child)).toBe(0);
    expect(read(own)).toBe("");
  });
});
