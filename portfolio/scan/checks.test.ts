/**
 * Seam: the files of one repo in, the ids that fire out. Every check has a repo in which it fires and one, as close
 * to it as can be, in which it does not.
 */
import { afterEach, describe, expect, it } from "vitest";
import {
  bareBonesRepo,
  cleanTempFolders,
  gitIn,
  gitRepo,
  tempFolder,
  type Files,
} from "../../test/portfolio/tempRepos.ts";
import { ALL_CHECKS } from "./checks/all.ts";
import { CATEGORIES } from "./model.ts";
import { scanRepo } from "./scanRepo.ts";

afterEach(cleanTempFolders);

const CI = ".github/workflows/ci.yml";
const FLOW = ".github/workflows/x.yml";
const GO = "module x\n\ngo 1.25\n";
const TOKEN = "abcdefghij0123456789";
const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const pkg = (value: object) => JSON.stringify(value);
const step = (body: string) => `on: push\njobs:\n  a:\n    steps:\n      - ${body}\n`;

/** id, files in which it fires, files in which it does not. */
const CASES: [string, Files, Files][] = [
  ["missing-makefile", {}, { Makefile: "" }],
  ["missing-readme", { "README.txt": "" }, { "README.md": "" }],
  ["missing-claude-md", {}, { "CLAUDE.md": "" }],
  ["missing-contributing", {}, { "CONTRIBUTING.md": "" }],
  ["missing-license", {}, { LICENSE: "" }],
  ["missing-changelog", {}, { "CHANGELOG.md": "" }],
  ["missing-ci", { ".github/workflows/test.yml": "" }, { [CI]: "" }],
  ["missing-gitignore", {}, { ".gitignore": "" }],
  ["go-missing-golangci", { "go.mod": GO }, { "go.mod": GO, ".golangci.yml": "" }],
  ["go-missing-goreleaser", { "go.mod": GO }, { "go.mod": GO, ".goreleaser.yml": "" }],
  ["go-outdated-version", { "go.mod": "module x\ngo 1.23.4\n" }, { "go.mod": "module x\ngo 1.24\n" }],
  ["go-outdated-version", { "go.mod": "module x\r\ngo 1.9\r\n" }, { "go.mod": "module x\ngo 1.31\n" }],
  ["go-outdated-version", { "go.mod": "module x\ngo 1.21\n" }, { "go.mod": "module x\ngo 2.0\n" }],
  ["go-no-tests", { "go.mod": GO, "vendor/v/v_test.go": "" }, { "go.mod": GO, "a/a_test.go": "" }],
  [
    "go-no-race-flag",
    { "go.mod": GO, Makefile: "test:\n\tgo test ./...\n" },
    { "go.mod": GO, Makefile: "test:\n\tgo test -race ./...\n" },
  ],
  ["go-no-race-flag", { "go.mod": GO, Makefile: "test:\n" }, { "go.mod": GO }],
  [
    "go-missing-dockerfile",
    { "go.mod": GO, "cmd/x/main.go": "" },
    { "go.mod": GO, "cmd/x/main.go": "", "Dockerfile.dev": "" },
  ],
  ["go-missing-dockerfile", { "go.mod": GO, "cmd/x/main.go": "" }, { "go.mod": GO }],
  ["py-missing-pyproject", { "requirements.txt": "" }, { "requirements.txt": "", "pyproject.toml": "" }],
  ["py-missing-pyproject", { "tool.py": "" }, { "tool.py": "", "setup.py": "" }],
  ["py-no-tests", { "setup.py": "", "venv/test_x.py": "" }, { "setup.py": "", "tests/test_x.py": "" }],
  ["py-no-tests", { "setup.py": "" }, { "setup.py": "", "x_test.py": "" }],
  ["sec-no-security-scan", { [CI]: "x" }, { [CI]: "uses: aquasecurity/TRIVY-action" }],
  ["sec-no-security-scan", { [CI]: "x" }, {}],
  [
    "sec-env-committed",
    { ".env": "A=1", ".gitignore": ".env.example\n" },
    { ".env": "A=1", ".gitignore": ".env\n" },
  ],
  [
    "sec-env-committed",
    { ".env": "A=1", ".gitignore": ".env\n!.env\n" },
    { ".env": "A=1", ".gitignore": ".env*\r\n" },
  ],
  ["sec-env-committed", { ".env": "A=1" }, { ".env.example": "A=" }],
  ["sec-hardcoded-token", { "a.py": `API_KEY = "${TOKEN}"` }, { "a.py": `API_KEY = "${TOKEN}" # example` }],
  [
    "sec-hardcoded-token",
    { "a.json": `{"token": "${TOKEN}"}` },
    { "a.json": '{"token": "Enter your token here please"}' },
  ],
  ["sec-hardcoded-token", { "a.go": `secret := "${TOKEN}"` }, { "a_test.go": `secret := "${TOKEN}"` }],
  ["sec-hardcoded-token", { "a.yml": `password: '${TOKEN}'` }, { "testdata/a.yml": `password: '${TOKEN}'` }],
  ["ci-no-test-job", { [CI]: "run: npm test" }, { [CI]: "run: make test" }],
  ["ci-no-lint-job", { [CI]: "run: go vet" }, { [CI]: "run: ruff check" }],
  ["ci-no-release", {}, { ".github/workflows/release.yml": "" }],
  ["ci-no-dependabot", {}, { ".github/dependabot.yml": "" }],
  [
    "quality-no-coverage",
    { "go.mod": GO, [CI]: "run: go test" },
    { "go.mod": GO, [CI]: "run: go test -coverprofile=c" },
  ],
  ["quality-no-coverage", { "setup.py": "" }, { "setup.py": "", Makefile: "go test -cover" }],
  ["quality-no-coverage", { "setup.py": "" }, { "notes.txt": "" }],
  [
    "quality-stale-wo",
    { "docs/work-orders.md": "## WO-1: Abandoned cart\n" },
    { "docs/work-orders.md": "## WO-1: Cart ✅\n" },
  ],
  [
    "quality-stale-wo",
    { "docs/work-orders.md": "### WO-1: A\n" },
    { "docs/work-orders.md": "### WO-1: A\n**Status:** `[x]`\n" },
  ],
  ["quality-orphaned-tasks", { "runforge-a.json": "{}" }, { "runforge.json": "{}", "x/drover-a.json": "{}" }],
  ["quality-orphaned-tasks", { "drover-tasks.json": "{}" }, {}],
  [
    "node-no-lockfile",
    { "package.json": pkg({ dependencies: { a: "1" } }) },
    { "package.json": pkg({ dependencies: { a: "1" } }), "yarn.lock": "" },
  ],
  ["node-no-lockfile", { "package.json": pkg({ devDependencies: { a: "1" } }) }, { "package.json": "{}" }],
  [
    "node-mixed-lockfiles",
    { "package.json": "{}", "package-lock.json": "", "yarn.lock": "" },
    { "package.json": "{}", "package-lock.json": "", "npm-shrinkwrap.json": "" },
  ],
  ["node-no-engines", { "package.json": "{}" }, { "package.json": pkg({ engines: { node: ">=20" } }) }],
  [
    "node-no-test-script",
    { "package.json": pkg({ scripts: { test: 'echo "Error: no test specified" && exit 1' } }) },
    { "package.json": pkg({ scripts: { test: "vitest" } }) },
  ],
  ["rust-no-lockfile", { "Cargo.toml": "", "src/main.rs": "" }, { "Cargo.toml": "", "src/lib.rs": "" }],
  [
    "rust-no-tests",
    { "Cargo.toml": "", "src/lib.rs": "fn latest() {}" },
    { "Cargo.toml": "", "src/lib.rs": "#[tokio::test]\nasync fn a() {}" },
  ],
  ["rust-no-tests", { "Cargo.toml": "" }, { "Cargo.toml": "", "tests/a.rs": "" }],
  ["rust-no-toolchain", { "Cargo.toml": "" }, { "Cargo.toml": '[package]\nrust-version = "1.80"\n' }],
  [
    "docker-floating-image",
    { Dockerfile: "FROM node\n" },
    { Dockerfile: "FROM node:20 AS build\nFROM build\nFROM scratch\nFROM $BASE\n" },
  ],
  [
    "docker-floating-image",
    { Dockerfile: "from --platform=x localhost:5000/a:latest\n" },
    { Dockerfile: "FROM localhost:5000/a:1\n" },
  ],
  [
    "docker-runs-as-root",
    { Dockerfile: "FROM a:1\nUSER app\nFROM b:1\n" },
    { Dockerfile: "FROM a:1\nFROM b:1\nUSER 1000\n" },
  ],
  [
    "docker-runs-as-root",
    { Dockerfile: "FROM a:1\nUSER root\n" },
    { Dockerfile: "FROM gcr.io/distroless/static:nonroot\n" },
  ],
  [
    "workflow-unpinned-action",
    { [FLOW]: step("uses: someone/thing@v1") },
    { [FLOW]: step(`uses: someone/thing@${COMMIT}`) },
  ],
  [
    "workflow-unpinned-action",
    { [FLOW]: step('"uses": someone/thing@main') },
    { [FLOW]: step("uses: actions/checkout@v4") },
  ],
  [
    "workflow-write-all",
    { [FLOW]: "permissions: write-all\n" },
    { [FLOW]: "# permissions: write-all\npermissions: read-all\n" },
  ],
  [
    "workflow-untrusted-input",
    { [FLOW]: step("run: echo ${{ github.event.issue.title }}") },
    { [FLOW]: step("run: echo ${{ github.sha }}") },
  ],
  [
    "workflow-pr-target-checkout",
    {
      [FLOW]:
        "on: [pull_request_target]\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n",
    },
    {
      [FLOW]:
        "on: [pull_request]\njobs:\n  a:\n    steps:\n      - uses: actions/checkout@v4\n        with:\n          ref: ${{ github.event.pull_request.head.sha }}\n",
    },
  ],
  [
    "workflow-pr-target-checkout",
    {
      [FLOW]:
        "on:\n  pull_request_target:\n    types: [opened]\njobs:\n  a:\n    steps:\n      - with:\n          ref: ${{ github.head_ref }}\n",
    },
    { [FLOW]: "on:\n  pull_request_target:\njobs:\n  a:\n    steps:\n      - run: echo\n" },
  ],
];

function fired(dir: string): string[] {
  const scan = scanRepo({ name: "one", dir }, CATEGORIES);
  return scan.ok ? scan.report.findings.map((finding) => finding.check) : [scan.reason];
}

describe("each check", () => {
  it.each(CASES)("%s fires where it should and nowhere else (case %#)", (id, firing, quiet) => {
    const base = tempFolder();
    expect(fired(bareBonesRepo(base, "firing", firing))).toContain(id);
    expect(fired(bareBonesRepo(base, "quiet", quiet))).not.toContain(id);
  });

  it("has a case above, or is one of those that need a real git repo", () => {
    const covered = new Set([...CASES.map(([id]) => id), "node-output-committed"]);
    expect(ALL_CHECKS.map((check) => check.id).filter((id) => !covered.has(id))).toEqual([]);
  });

  it("node-output-committed fires for tracked build output only", () => {
    const base = tempFolder();
    const files = { "package.json": "{}", "dist/a.js": "" };
    expect(fired(gitRepo(base, "firing", files))).toContain("node-output-committed");
    const quiet = gitRepo(base, "quiet", files);
    gitIn(quiet, "rm", "-q", "--cached", "dist/a.js");
    expect(fired(quiet)).not.toContain("node-output-committed");
  });

  it("sec-env-committed fires for a tracked .env even when it is ignored", () => {
    const base = tempFolder();
    const files = { ".env": "A=1", ".gitignore": ".env\n" };
    const dir = gitRepo(base, "one", files);
    expect(fired(dir)).toContain("sec-env-committed");
    gitIn(dir, "rm", "-q", "--cached", ".env");
    expect(fired(dir)).not.toContain("sec-env-committed");
  });
});

describe("every prompt", () => {
  it("says where, what, how to verify and what not to touch", () => {
    const base = tempFolder();
    for (const [, firing] of CASES) {
      const scan = scanRepo({ name: "one", dir: bareBonesRepo(base, "one", firing) }, CATEGORIES);
      for (const { prompt } of scan.ok ? scan.report.findings : []) {
        for (const part of [
          "Repository one: ",
          "\nWhere: ",
          "\nWhat to do:\n- ",
          "\nVerify:\n- ",
          "\nLimits:\n- ",
        ]) {
          expect(prompt).toContain(part);
        }
      }
    }
  });

  it("lists at most 20 Go packages without tests, testdata left out", () => {
    const files = Object.fromEntries(Array.from({ length: 25 }, (_, i) => [`p${i}/a.go`, ""]));
    const dir = bareBonesRepo(tempFolder(), "one", { "go.mod": GO, "testdata/x.go": "", ...files });
    const scan = scanRepo({ name: "one", dir }, ["go"]);
    const prompt = scan.ok
      ? scan.report.findings.find((finding) => finding.check === "go-no-tests")?.prompt
      : "";
    expect(prompt?.match(/"p\d+"/g)).toHaveLength(20);
    expect(prompt).toContain("and 5 more");
    expect(prompt).not.toContain("testdata");
  });
});
