/**
 * Seam: commands typed as a person types them, in processes of their own; asserted are stdout, exit codes and the
 * files that the orchestrator's command page promises. `go` is a small script (its compiler is not part of a test
 * machine), npm and git are real.
 */
import { execFile } from "node:child_process";
import { chmodSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  bareBonesRepo,
  cleanTempFolders,
  gitIn,
  gitRepo,
  tempFolder,
  writeFiles,
} from "../../test/portfolio/tempRepos.ts";

const ENTRY = fileURLToPath(new URL("../../test/portfolio/fixtures/drover.ts", import.meta.url));
const TSX = import.meta.resolve("tsx");

let root = "";
let temp = "";

type Run = { code: number; stdout: string; stderr: string };

function drover(...args: string[]): Promise<Run> {
  const env = {
    ...process.env,
    DROVER_HOME: join(temp, "home"),
    // Nobody answers there: these commands work without a backend.
    DROVER_URL: "http://127.0.0.1:9",
    TMPDIR: temp,
    PATH: `${join(temp, "bin")}:${process.env["PATH"]}`,
  };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--import", TSX, ENTRY, ...args],
      { cwd: root, env, maxBuffer: 1e8 },
      (error, stdout, stderr) => {
        resolve({ code: error ? Number(error.code ?? 1) : 0, stdout, stderr });
      },
    );
  });
}

const file = (path: string) => readFileSync(join(root, path), "utf8");
const tail = (name: string) => readFileSync(join(temp, name), "utf8");

beforeAll(() => {
  root = tempFolder();
  temp = tempFolder();
  writeFiles(temp, { "bin/go": '#!/bin/sh\necho "go $*"\n' });
  chmodSync(join(temp, "bin/go"), 0o755);
  const repos = join(root, "repos");
  gitRepo(repos, "staking", { "go.mod": "module x\n\ngo 1.21\n" });
  gitRepo(repos, "web", {
    "package.json": JSON.stringify({ name: "web", scripts: { build: "echo built", test: "exit 3" } }),
  });
  gitRepo(repos, "notes", { "a.txt": "x" });
  writeFiles(repos, { "web/new.txt": "x" });
  const entry = (name: string, language: string, local = `repos/${name}`) => ({
    name,
    platform: "github",
    remote: "",
    local,
    default_branch: "main",
    language,
    has_claude_md: false,
    tags: [],
    description: "",
  });
  const repositories = [
    entry("staking", "go"),
    entry("web", "javascript"),
    entry("notes", "unknown"),
    entry("gone", "go", "/nowhere/gone"),
  ];
  writeFiles(root, {
    "config/repos.json": JSON.stringify({ repositories }),
    "tasks/backlog.md": "# Backlog\n\n### [task-001] Mend it\n- **repo**: staking\n- **priority**: high\n",
  });
});

afterAll(cleanTempFolders);

describe("what the orchestrator's command page promises", () => {
  it("status: a table of name, branch, clean or dirty count and last commit", async () => {
    const { stdout, code } = await drover("repos", "status", "--format", "text");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^staking +main +clean .* Start staking$/m);
    expect(stdout).toMatch(/^web +main +0M\/1U /m);
    expect(stdout).toMatch(/^gone +MISSING/m);
  });

  it("scan: the same, written to state/repo-status.json", async () => {
    const { stdout } = await drover("repos", "scan");
    expect(JSON.parse(file("state/repo-status.json"))).toEqual(JSON.parse(stdout));
  });

  it("build <repo>: output in /tmp/orchestrator-build-<repo>.log", async () => {
    expect((await drover("repos", "build", "staking")).code).toBe(0);
    expect(tail("orchestrator-build-staking.log")).toBe("$ go build ./...\ngo build ./...\n");
    expect((await drover("repos", "build", "web")).code).toBe(0);
    expect(tail("orchestrator-build-web.log")).toContain("built");
  });

  it("build of an unknown name lists the repos, of a missing or unknown-language repo fails", async () => {
    const unknown = await drover("repos", "build", "stakin");
    expect(unknown).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("expected one of staking, web, notes, gone"),
    });
    expect(await drover("repos", "build", "gone")).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("missing on disk"),
    });
    expect((await drover("repos", "build", "notes")).code).toBe(1);
  });

  it("test <repo>: output in /tmp/orchestrator-test-<repo>.log", async () => {
    expect((await drover("repos", "test", "staking")).code).toBe(0);
    expect(tail("orchestrator-test-staking.log")).toContain("go test ./... -short -timeout 10m");
  });

  it("test-all: every repo with a known language, results as JSON in state/test-results.json", async () => {
    const { code, stderr } = await drover("repos", "test", "--all");
    expect(code).toBe(1);
    expect(stderr).toContain("no command known for notes");
    const results = JSON.parse(file("state/test-results.json")).map(
      (one: { repo: string; success: boolean }) => [one.repo, one.success],
    );
    expect(results).toEqual([
      ["gone", false],
      ["staking", true],
      ["web", false],
    ]);
  });

  it("sync-all-repos: output in /tmp/orchestrator-sync-<repo>.log", async () => {
    expect((await drover("repos", "sync", "staking")).code).toBe(0);
    expect(tail("orchestrator-sync-staking.log")).toContain("$ git remote");
  });

  it("task list, start and complete: from backlog.md over active.md to completed.md", async () => {
    expect((await drover("task", "list", "--format", "text")).stdout).toMatch(
      /^task-001 +backlog +high +staking +Mend it$/m,
    );
    expect((await drover("task", "start", "task-001")).code).toBe(0);
    expect(file("tasks/active.md")).toContain("[task-001]");
    expect(file("tasks/backlog.md")).not.toContain("[task-001]");
    expect((await drover("task", "complete", "task-001")).code).toBe(0);
    expect(file("tasks/completed.md")).toContain("[task-001]");
    expect((await drover("task", "complete", "task-001")).code).toBe(2);
  });

  it("workflows: the five are there and run on a repo by its language", async () => {
    const { stdout } = await drover("workflow", "list");
    expect(JSON.parse(stdout).map((one: { name: string }) => one.name)).toEqual([
      "build",
      "test",
      "status",
      "pull",
      "review",
    ]);
    const build = await drover("workflow", "run", "build", "staking");
    expect(JSON.parse(build.stdout)).toMatchObject({
      success: true,
      output: "$ go build ./...\ngo build ./...",
    });
    expect(await drover("workflow", "run", "test", "web")).toMatchObject({ code: 1 });
    expect((await drover("workflow", "run", "status", "web")).stdout).toContain("?? new.txt");
    expect((await drover("workflow", "run", "build", "notes")).code).toBe(1);
    expect(await drover("workflow", "run", "build", "gone")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("missing on disk"),
    });
  });

  it("workflow pull and review: fast-forward, then commits ahead of the default branch", async () => {
    gitIn(root, "clone", "-q", join(root, "repos/staking"), join(root, "repos/clone"));
    gitIn(join(root, "repos/clone"), "commit", "-q", "--allow-empty", "-m", "Ahead");
    expect((await drover("workflow", "run", "pull", "clone", "--repos-dir", "repos")).code).toBe(0);
    const review = await drover(
      "workflow",
      "run",
      "review",
      "clone",
      "--repos-dir",
      "repos",
      "--format",
      "text",
    );
    expect(review.stdout).toMatch(/[0-9a-f]{7} Ahead/);
  });

  it("report: the weekly one from the template, with the facts of the commands before", async () => {
    const { stdout, code } = await drover("report", "weekly", "--notes", "A quiet week", "--format", "text");
    expect(code).toBe(0);
    for (const part of ["| staking | main |", "[task-001] Mend it", "1 passed, 2 failed", "A quiet week"])
      expect(stdout).toContain(part);
    expect(existsSync(join(root, "reports"))).toBe(true);
  });

  it("playbooks: listed, shown, and filled in", async () => {
    expect((await drover("playbook", "show", "release", "--format", "text")).stdout).toContain(
      "# Release {{version}}",
    );
    const used = await drover(
      "playbook",
      "use",
      "code-review",
      "--repo",
      "web",
      "--set",
      "branch=fix",
      "--output",
      "plan.md",
    );
    expect(used.code).toBe(0);
    expect(file("plan.md")).toContain("Review of fix in web");
  });
});

describe("scan, generate, audit and validate as one pipe", () => {
  it("hands each other files that the next one takes", async () => {
    writeFiles(root, { "repos/staking/docs/work-orders.md": "## WO-01: Tests\n## WO-02: Done ✅\n" });
    const scan = await drover(
      "scan",
      "--repos-dir",
      "repos",
      "--format",
      "tasks",
      "--owner",
      "acme",
      "--output",
      "scan.json",
    );
    expect(scan).toMatchObject({ code: 0, stdout: "" });
    expect(
      (await drover("generate", "--repos-dir", "repos", "--owner", "acme", "--output", "wo.json")).code,
    ).toBe(0);
    const valid = await drover("validate", "*.json", "--repos-dir", "repos", "--format", "text");
    expect(valid.stdout).toMatch(/^valid: \d+ tasks, 4 repos, max depth 0\n$/);
    writeFiles(root, { "repos/staking/README.md": "x" });
    const audit = await drover("audit", "scan.json", "--repos-dir", "repos", "--fix");
    expect(JSON.parse(audit.stdout).counts.drop).toBe(1);
    expect((await drover("validate", "scan.json")).code).toBe(0);
  });

  it("answer a wrong flag or file with code 2 and a word of help", async () => {
    const cases = [
      [["scan", "--format", "xml"], "expected text, json, tasks, sarif"],
      [["scan", "--check", "nope"], "unknown check category"],
      [["scan", "--severity", "nope"], "unknown severity"],
      [["generate", "--runner", "nope"], "unknown runner"],
      [["validate", "none-*.json"], "no file matches none-*.json"],
      [["validate", "config/repos.json"], "invalid task file"],
      [["audit", "nope.json"], "cannot be read"],
      [["scan", "--repos-dir", "repos", "--output", "repos"], "it is a folder, expected a file name"],
      [
        ["generate", "--repos-dir", "repos", "--owner", "a", "--output", "scan.json/x"],
        "a part of the path is a file",
      ],
    ] as const;
    const runs = await Promise.all(cases.map(([args]) => drover(...args)));
    runs.forEach((run, i) => {
      const [args, word] = cases[i] ?? [];
      expect([args, run.code, run.stderr]).toEqual([args, 2, expect.stringContaining(word ?? "?")]);
    });
  });

  it("scan on several threads gives every repo's findings", async () => {
    const many = tempFolder();
    for (let i = 0; i < 40; i++) bareBonesRepo(many, `r${i}`, { "x.py": 'token = "abcdefghij0123456789"' });
    const { stdout } = await drover("scan", "--repos-dir", many);
    const report = JSON.parse(stdout);
    expect(report.repos_scanned).toHaveLength(40);
    expect(
      report.findings.filter((one: { check: string }) => one.check === "sec-hardcoded-token"),
    ).toHaveLength(40);
    expect(stdout).not.toContain("abcdefghij");
  });
});
