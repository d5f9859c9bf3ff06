/**
 * Seam: scan results in, task files out, judged by the same reader that `validate` uses. Random repo trees stand for
 * whatever a folder of repos may hold.
 */
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { readTaskFiles } from "../../domain/taskFile.ts";
import {
  bareBonesRepo,
  cleanTempFolders,
  gitIn,
  gitRepo,
  tempFolder,
} from "../../test/portfolio/tempRepos.ts";
import { formatScanSarif } from "./formats/sarif.ts";
import { formatScanTasks } from "./formats/tasks.ts";
import { CATEGORIES } from "./model.ts";
import { scanPortfolio } from "./scan.ts";

afterEach(cleanTempFolders);

const TODAY = "2026-06-01";
const TOKEN = 'password = "abcdefghij0123456789"\n';
const request = { runner: "codex", profiles: {}, defaultFallbacks: [], today: TODAY };
const scan = (reposDir: string) => scanPortfolio({ reposDir, today: TODAY, categories: CATEGORIES });
const validate = (value: object) => readTaskFiles([{ name: "scan.json", text: JSON.stringify(value) }]);

const fileName = fc.constantFrom(
  "go.mod",
  "setup.py",
  "requirements.txt",
  "package.json",
  "Cargo.toml",
  "Makefile",
  "README.md",
  "Dockerfile",
  ".env",
  ".gitignore",
  "a.py",
  "b.json",
  "deep/c.yml",
  "x y/d.toml",
  'q"u$(o)te.ts',
  "docs/work-orders.md",
  "runforge-x.json",
  ".github/workflows/ci.yml",
  ".github/workflows/other.yml",
  ".drover/scan.yml",
  "test_a.py",
  "a_test.go",
);
const content = fc.oneof(
  fc.constantFrom(
    "",
    TOKEN,
    "test:\n\tgo test ./...\n",
    "## WO-1: A\n",
    "on: push\njobs: {a: {steps: [{uses: a/b@v1}]}}\n",
    "FROM x\n",
    "{}",
    "go 1.20\n",
  ),
  fc.string({ maxLength: 200 }),
);
const repoName = fc.oneof(
  fc.constantFrom("a", "b", "a-scan-b", "x y", "ünï", "-rf"),
  fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9_.$'"\n-]{0,12}$/),
);
const tree = fc.dictionary(
  repoName,
  fc.dictionary(fileName, content, { maxKeys: 8, noNullPrototype: true }),
  { maxKeys: 4, noNullPrototype: true },
);

describe("scan --format tasks", () => {
  it("always passes validate, whatever the repos hold", async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (repos) => {
        const base = tempFolder();
        for (const [name, files] of Object.entries(repos)) bareBonesRepo(base, name, files);
        const file = formatScanTasks(await scan(base), { ...request, owner: "acme" });
        const read = validate(file.value);
        expect(read.ok ? [] : read.problems).toEqual([]);
        expect(read.ok && read.facts.tasks).toBe(file.tasks);
        cleanTempFolders();
      }),
      { numRuns: 60 },
    );
  });

  it("gives several findings of one check in one repo their own ids", async () => {
    const base = tempFolder();
    bareBonesRepo(base, "one", { "a.py": TOKEN, "b.py": TOKEN, "c.py": TOKEN });
    const read = validate(formatScanTasks(await scan(base), { ...request, owner: "acme" }).value);
    const ids = read.ok ? read.file.tasks.map((task) => task.id).filter((id) => id.includes("token")) : [];
    expect(ids).toEqual([
      "one-scan-sec-hardcoded-token",
      "one-scan-sec-hardcoded-token-2",
      "one-scan-sec-hardcoded-token-3",
    ]);
  });

  it("makes tasks of critical and warning findings only, with priority 1 and 2", async () => {
    const base = tempFolder();
    bareBonesRepo(base, "one", {});
    const read = validate(formatScanTasks(await scan(base), { ...request, owner: "acme" }).value);
    expect(read.ok && read.file.tasks.map((task) => task.priority)).toEqual([1, 2, 2, 2, 2]);
    expect(read.ok && read.file.tasks[0]).toMatchObject({ repo: "acme/one", id: "one-scan-missing-ci" });
  });

  it("takes the owner from any host, the siblings' for a repo without remote, and asks when none is known", async () => {
    const base = tempFolder();
    gitRepo(base, "alone", { x: "" });
    const result = () => scan(base);
    await expect(result().then((one) => formatScanTasks(one, request))).rejects.toThrow(
      /owner of alone.*--owner/,
    );
    gitIn(
      gitRepo(base, "pushed", { x: "" }),
      "remote",
      "add",
      "origin",
      "ssh://git@git.example.test:2222/team/sub/pushed.git",
    );
    const file = formatScanTasks(await result(), request);
    const read = validate(file.value);
    expect(new Set(read.ok ? read.file.tasks.map((task) => task.repo) : [])).toEqual(
      new Set(["team/sub/alone", "team/sub/pushed"]),
    );
    expect(file.guessedOwners).toEqual(["alone"]);
  });

  it("refuses an owner that no slug can hold", async () => {
    const base = tempFolder();
    bareBonesRepo(base, "one", {});
    const result = await scan(base);
    for (const owner of ["a b", "a/../b", "", "a//b"])
      expect(() => formatScanTasks(result, { ...request, owner })).toThrow(/--owner .*expected a name/);
  });

  it("refuses a runner that the file could not name", async () => {
    const result = await scan(tempFolder());
    expect(() => formatScanTasks(result, { ...request, runner: "zai" })).toThrow(/unknown runner "zai"/);
    expect(
      formatScanTasks(result, { ...request, runner: "zai", profiles: { zai: { type: "codex" } } }).tasks,
    ).toBe(0);
  });
});

describe("scan --format sarif", () => {
  it("has a rule for each result, relative encoded places, and levels by severity", async () => {
    const base = tempFolder();
    bareBonesRepo(base, "o ne", { "a b.py": TOKEN });
    const run = formatScanSarif(await scan(base)).runs[0];
    const hit = run?.results.find((one) => one.ruleId === "sec-hardcoded-token");
    expect(hit).toMatchObject({
      level: "error",
      locations: [
        { physicalLocation: { artifactLocation: { uri: "o%20ne/a%20b.py" }, region: { startLine: 1 } } },
      ],
    });
    for (const one of run?.results ?? []) expect(run?.tool.driver.rules[one.ruleIndex]?.id).toBe(one.ruleId);
    expect(formatScanSarif(await scan(tempFolder())).runs[0]?.results).toEqual([]);
  });
});
