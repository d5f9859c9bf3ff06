/**
 * SARIF that others must be able to read: what the commands print and write, held to the official schema of 2.1.0.
 * Seam: files and stdout of the real binary. Not asserted: which findings there are.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sarifProblems } from "../support/sarif.ts";
import { openTaskPlace, runDirOf, task, type TaskPlace } from "./support/taskPlace.ts";

let place: TaskPlace;
beforeEach(() => (place = openTaskPlace()));
afterEach(() => place.close());

const sarifOf = (stdout: string) =>
  JSON.parse(readFileSync(join(runDirOf(stdout), "report.sarif"), "utf8")) as {
    runs: { results: { ruleId: string; level: string }[] }[];
  };

describe("SARIF of a run", () => {
  it("fits the official schema with failures, fallbacks, skips, odd names and successes", async () => {
    const runners = { first: { type: "script" }, second: { type: "script" } };
    place.tasks(
      [
        task("good", "true"),
        task("by-fallback", 'test "$TRIED" = 2', { runner: "first", fallbacks: ["second"] }),
        task("bad ä/%20 name", "echo 'it broke: \"<ü>\"' >&2; exit 3", {
          repo: "o/b",
          title: 'A "title" <b>',
        }),
        task("after", "true", { depends_on: "bad ä/%20 name" }),
        task("here", "exit 1", { repo: join(place.folder, "repos", "a b") }),
      ],
      { runners: { ...runners, second: { type: "script", env: { TRIED: "2" } } }, default_runner: "first" },
    );
    const done = await place.run();
    expect(done.code, done.stderr).toBe(1);
    const sarif = sarifOf(done.stdout);
    expect(sarif.runs[0]?.results.map(({ ruleId, level }) => [ruleId, level])).toEqual([
      ["after", "warning"],
      ["bad ä/%20 name", "error"],
      ["here", "error"],
    ]);
    expect(sarifProblems(sarif)).toEqual([]);
    const printed = await place.call("report", "--format", "sarif");
    expect(sarifProblems(printed.json())).toEqual([]);
  });

  it("fits it when everything completed", async () => {
    place.tasks([task("good", "true")]);
    expect(sarifProblems(sarifOf((await place.run()).stdout))).toEqual([]);
  });
});

describe("SARIF of the scanner", () => {
  it("fits it, with findings and with accepted ones", async () => {
    place.write("repos/a/.git/HEAD", "ref: refs/heads/main\n");
    place.write("repos/a/config with space.py", 'token = "abcdefghij0123456789"\n');
    place.write("repos/a/setup.py", "");
    place.write("repos/b/.git/HEAD", "ref: refs/heads/main\n");
    const accepted = 'check: missing-license, reason: "in-house", until: 2999-01-01';
    place.write("repos/.drover/scan.yml", `accept:\n  - { ${accepted} }\n`);
    const scan = () => place.call("scan", "--repos-dir", "repos", "--format", "sarif");
    const found = (await scan()).json();
    const suppressed = found.runs[0].results.filter((one: object) => "suppressions" in one);
    expect(suppressed).toHaveLength(2);
    expect(found.runs[0].results.length).toBeGreaterThan(7);
    expect(sarifProblems(found)).toEqual([]);
  });
});

describe("the check itself", () => {
  const log = (change: object) => ({
    version: "2.1.0",
    runs: [{ tool: { driver: { name: "drover" } }, results: [{ message: { text: "t" }, ...change }] }],
  });

  it("passes a valid log and rejects broken ones, each for its fault", () => {
    expect(sarifProblems(log({}))).toEqual([]);
    expect(sarifProblems({ version: "2.1.0" })).toContain(" should have required property 'runs'");
    expect(sarifProblems({ ...log({}), version: "2.0.0" })).toHaveLength(1);
    expect(sarifProblems(log({ level: "fatal" }))).toHaveLength(1);
    expect(sarifProblems(log({ message: {} }))).not.toEqual([]);
    expect(sarifProblems(log({ ruleIndex: -2 }))).toHaveLength(1);
    expect(sarifProblems(log({ colour: "red" }))).toHaveLength(1);
    const at = (uri: string) => log({ locations: [{ physicalLocation: { artifactLocation: { uri } } }] });
    expect(sarifProblems(at("a%20b/c"))).toEqual([]);
    expect(sarifProblems(at("a b/c"))).toHaveLength(1);
  });
});
