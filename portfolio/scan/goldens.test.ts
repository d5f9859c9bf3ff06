/**
 * Seam: a folder of repos in, a scan result out. The totals were counted by hand from the table of the rules, not
 * taken from a run: they are what holds the 26 checks to their documented triggers.
 */
import { afterEach, describe, expect, it } from "vitest";
import {
  bareBonesRepo,
  cleanTempFolders,
  tempFolder,
  writeFiles,
  type Files,
} from "../../test/portfolio/tempRepos.ts";
import { ALL_CHECKS, CORE_CHECKS, EXTRA_CHECKS } from "./checks/all.ts";
import { formatScanJson } from "./formats/json.ts";
import { formatScanText } from "./formats/text.ts";
import { startHelper } from "./scanPool.ts";
import { countBySeverity, parseCategories, parseSeverity, scanPortfolio, type ScanRequest } from "./scan.ts";

const TODAY = "2026-06-01";

afterEach(cleanTempFolders);

const scan = (reposDir: string, more: Partial<ScanRequest> = {}) =>
  scanPortfolio({ reposDir, today: TODAY, ...more });

async function scanOne(files: Files) {
  const base = tempFolder();
  bareBonesRepo(base, "one", files);
  return scan(base);
}

describe("the 26 checks", () => {
  it("are 26 in six categories with 5 critical, 12 warning and 9 info ones", () => {
    const count = (key: "category" | "severity") => {
      const counts: Record<string, number> = {};
      for (const check of CORE_CHECKS) counts[check[key]] = (counts[check[key]] ?? 0) + 1;
      return counts;
    };
    expect(count("category")).toEqual({ structure: 8, go: 6, python: 2, security: 3, ci: 4, quality: 3 });
    expect(count("severity")).toEqual({ critical: 5, warning: 12, info: 9 });
    expect(EXTRA_CHECKS).toHaveLength(14);
    expect(new Set(ALL_CHECKS.map((check) => check.id)).size).toBe(40);
  });

  it("find 15 faults in a bare Go 1.21 repo: 2 critical, 6 warning, 7 info", async () => {
    const result = await scanOne({ "go.mod": "module x\n\ngo 1.21\n", "main.go": "package main\n" });
    expect(countBySeverity(result.findings)).toEqual({ critical: 2, warning: 6, info: 7 });
    expect(result.findings.map((finding) => finding.check)).toEqual([
      "missing-ci",
      "go-no-tests",
      "missing-makefile",
      "missing-readme",
      "missing-license",
      "missing-gitignore",
      "go-missing-golangci",
      "go-outdated-version",
      "missing-claude-md",
      "missing-contributing",
      "missing-changelog",
      "go-missing-goreleaser",
      "ci-no-release",
      "ci-no-dependabot",
      "quality-no-coverage",
    ]);
  });

  it("find 12 faults in a bare Python repo: 2 critical, 4 warning, 6 info", async () => {
    const result = await scanOne({ "pyproject.toml": "[project]\nname = 'x'\n" });
    expect(countBySeverity(result.findings)).toEqual({ critical: 2, warning: 4, info: 6 });
  });

  it("find 10 faults in a repo of unknown language: 1 critical, 4 warning, 5 info", async () => {
    const result = await scanOne({ "notes.txt": "hello\n" });
    expect(countBySeverity(result.findings)).toEqual({ critical: 1, warning: 4, info: 5 });
  });
});

describe("a scan", () => {
  it("sorts by severity, then repo, and lists what it skipped with the reason", async () => {
    const base = tempFolder();
    bareBonesRepo(base, "zeta", {});
    bareBonesRepo(base, "alpha", {});
    writeFiles(base, { "plain/readme": "no git", "file.txt": "x", ".hidden/x": "x" });
    const result = await scan(base, { exclude: ["zeta"] });
    expect(result.repos.map((repo) => repo.name)).toEqual(["alpha"]);
    expect(result.skipped).toEqual([
      { name: "plain", reason: "no .git folder" },
      { name: "zeta", reason: "excluded by scan.exclude_repos" },
    ]);
    const all = await scan(base);
    const keys = all.findings.map(
      (finding) =>
        `${finding.severity === "critical" ? 0 : finding.severity === "warning" ? 1 : 2}${finding.repo}`,
    );
    expect(keys).toEqual([...keys].sort());
  });

  it("keeps the wanted severity and everything more severe", async () => {
    const base = tempFolder();
    bareBonesRepo(base, "one", {});
    const result = await scan(base, { severity: parseSeverity("WARNING") });
    expect(countBySeverity(result.findings)).toEqual({ critical: 1, warning: 4, info: 0 });
    expect(() => parseSeverity("grave")).toThrow(/expected critical, warning, info/);
  });

  it("runs the categories asked for, comma-separated and repeated, and counts the extra ones apart", async () => {
    expect(parseCategories(["Go,ci", "node"])).toEqual(["go", "ci", "node"]);
    expect(parseCategories(["extra"])).toEqual(["node", "rust", "docker", "workflow"]);
    expect(() => parseCategories(["gco"])).toThrow(/unknown check category "gco"/);
    expect(() => parseCategories([","])).toThrow(/--check names no category: expected structure/);
    const base = tempFolder();
    bareBonesRepo(base, "one", { "package.json": "{}" });
    const result = await scan(base, { categories: parseCategories(["all"]) });
    expect(result.checks).toEqual({ core: 26, extra: 14 });
    expect(result.findings.map((finding) => finding.check)).toContain("node-no-test-script");
    expect((await scan(base)).checks).toEqual({ core: 26, extra: 0 });
  });

  it("gives the same result on several threads as on one", async () => {
    const base = tempFolder();
    for (let i = 0; i < 30; i++) {
      bareBonesRepo(base, `repo${i}`, i % 2 ? { "go.mod": "module x\ngo 1.25\n" } : { "setup.py": "" });
    }
    expect((await scan(base, { threads: 2 })).findings).toEqual((await scan(base, { threads: 1 })).findings);
  });

  it("has helper threads that really scan", async () => {
    const base = tempFolder();
    const repos = ["a", "b", "c"].map((name) => ({ name, dir: bareBonesRepo(base, name, {}) }));
    const part = await startHelper({
      counter: new Int32Array(new SharedArrayBuffer(4)),
      repos,
      categories: ["structure"],
    });
    expect(part.map(({ index, scan }) => [index, scan.ok && scan.report.findings.length])).toEqual([
      [0, 8],
      [1, 8],
      [2, 8],
    ]);
  });

  it("refuses a folder that cannot be read and a repo name that is not there", async () => {
    await expect(scan("/nowhere/at/all")).rejects.toThrow(/cannot be read \(ENOENT\)/);
    await expect(scan(tempFolder(), { only: "x" })).rejects.toThrow(/no repo "x"/);
  });
});

describe("the report formats", () => {
  it("write integers for severities and lists that are never null", async () => {
    const base = tempFolder();
    const empty = formatScanJson(await scan(base));
    expect(empty).toMatchObject({ repos_scanned: [], findings: [], skipped: [] });
    bareBonesRepo(base, "one", {});
    const json = formatScanJson(await scan(base));
    expect(json.findings[0]).toMatchObject({
      repo: "one",
      check: "missing-ci",
      category: "structure",
      severity: 1,
    });
    expect(new Set(json.findings.map((finding) => finding.severity))).toEqual(new Set([1, 2, 3]));
  });

  it("group the text by repo and colour it only on request", async () => {
    const base = tempFolder();
    bareBonesRepo(base, "one", {});
    const result = await scan(base);
    const plain = formatScanText(result, { color: false });
    expect(plain).toContain("1 repo scanned with 26 checks: 10 findings");
    expect(plain).toContain("one: 1 critical, 4 warning, 5 info");
    expect(plain).toContain("CRITICAL .github/workflows/ci.yml is missing [missing-ci]");
    expect(plain).not.toContain("\u001b");
    expect(formatScanText(result, { color: true })).toContain("\u001b[31mCRITICAL");
  });
});
