/**
 * Seam: the documented way of task files, walked command by command (scan, generate, dry run, run, watch, report, rerun)
 * on two repos, with the real Codex and Claude Code against the provider double: codex has used up its quota, zai is
 * a second account of the same CLI, claude reviews. Not asserted: times and the text of prompts.
 */
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Profile } from "../../runner/harness/port.ts";
import { type Call, drover, type Json, start } from "../e2e/support/drover.ts";
import { startProvider, type Provider } from "../provider/provider.ts";
import type { Answer, Conversation } from "../provider/types.ts";
import { realProfile } from "./realClis.ts";

/** Who works writes a file into the repo that it was started in, then says so. */
const work = ({ turn }: Conversation): Answer =>
  turn === 0
    ? { do: "shell", command: "echo done >> worked.txt" }
    : { do: "text", text: "I have added the tests." };

let provider: Provider;
let folder: string;
let env: Record<string, string>;
const write = (name: string, text: string) => {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  writeFileSync(join(folder, name), text, { mode: 0o755 });
};
const read = (name: string) => readFileSync(join(folder, name), "utf8");
const type = (...args: string[]) => drover(args, { cwd: folder, env });
async function ok(...args: string[]): Promise<Call> {
  const done = await type(...args);
  expect(done.code, `drover ${args.join(" ")}: ${done.stderr}`).toBe(0);
  return done;
}
const newest = () => `.runforge/${readdirSync(join(folder, ".runforge")).sort().at(-1)}`;
const report = (run: string): Json => JSON.parse(read(`${run}/report.json`));

beforeAll(async () => {
  provider = await startProvider({ scripted: work });
  folder = mkdtempSync(join(tmpdir(), "drover-walk-"));
  env = {
    DROVER_HOME: join(folder, "home"),
    // `watch` in another terminal finds the run's own host at the address that both know.
    DROVER_URL: `http://127.0.0.1:${await freePort()}`,
    ZAI_API_KEY: "sk-dummy-of-zai",
  };
  for (const repo of ["repo1", "repo2"]) makeRepo(repo);
  await writeSettings();
});
afterAll(async () => {
  await provider.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

function makeRepo(repo: string): void {
  write(
    `repos/${repo}/docs/work-orders.md`,
    "# Work orders\n\n## WO-01: Add unit tests\n\n**Status:** `[ ]`\n**Priority:** high\n\n### Summary\n\nAdd unit tests for all packages.\n\n---\n\n## WO-02: Add integration tests\n\n**Status:** `[~]`\n\n### Summary\n\nThis builds on WO-01.\n\n---\n\n## WO-03: Old\n\n**Status:** `[x]`\n",
  );
  write(`repos/${repo}/Makefile`, "test:\n\ttest -e worked.txt\nlint:\n\ttrue\n");
  const git = (...args: string[]) => execFileSync("git", ["-C", join(folder, "repos", repo), ...args]);
  git("init", "-q");
  git("remote", "add", "origin", `https://github.com/org/${repo}.git`);
}

async function writeSettings(): Promise<void> {
  mkdirSync(join(folder, "agent-home"));
  const place = (scenario: string, params?: Record<string, string>) => ({
    baseUrl: provider.url(scenario, params),
    home: join(folder, "agent-home"),
  });
  const zai = await realProfile("codex", place("scripted"));
  const settings = {
    repos_dir: "repos",
    workers: 6,
    max_runtime: "5m",
    fail_fast: false,
    verify: true,
    default_runner: "codex",
    default_fallbacks: ["zai", "claude"],
    runners: {
      codex: entry(await realProfile("codex", place("usage-limit"))),
      zai: entry({ ...zai, env: { ...zai.env, DOUBLE_API_KEY: "env:ZAI_API_KEY" } }),
      claude: entry(await realProfile("claude", place("text", { text: "PASS it is right" }))),
    },
    post_run: './forge-import-run.sh "$RUNFORGE_RUN_DIR"',
  };
  // JSON is YAML.
  write(".runforge.yml", JSON.stringify(settings));
  write(
    "forge-import-run.sh",
    `#!/bin/sh\nexec node -e 'const r=require(process.argv[1]+"/report.json");for(const [id,t] of Object.entries(r.results))require("fs").appendFileSync("forge-metrics.log",[id,t.state===3?"pass":"fail",t.runner_used,t.tokens_used?.total_tokens,t.review?.passed].join(" ")+"\\n")' "$1"\n`,
  );
}

const entry = ({ name: _name, ...profile }: Profile) => profile;

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

describe("the documented way of task files", () => {
  it("scans the repos, and makes a task file of what it found that runs unedited", async () => {
    expect((await ok("scan", "--repos-dir", "repos", "--format", "text")).stdout).toContain("repo1");
    await ok("scan", "--repos-dir", "repos", "--format", "tasks", "--output", "scan-tasks.json");
    const tasks = JSON.parse(read("scan-tasks.json")) as { tasks: { repo: string }[] };
    expect(new Set(tasks.tasks.map(({ repo }) => repo))).toEqual(new Set(["org/repo1", "org/repo2"]));
    await ok("run", "--dry-run", "--tasks", "scan-tasks.json", "--repos-dir", "repos");
  });

  it("generates tasks from pending work orders, with the profiles of the settings", async () => {
    await ok("generate", "--repos-dir", "repos", "--config", ".runforge.yml");
    expect(existsSync(join(folder, "repos", "runforge-tasks.json"))).toBe(true);
    const out = ["--config", ".runforge.yml", "--output", "runforge-tasks.json"];
    await ok("generate", "--repos-dir", "repos", ...out);
    const file = JSON.parse(read("runforge-tasks.json"));
    expect(file.tasks).toHaveLength(4);
    expect(Object.keys(file.runners)).toEqual(["codex", "zai", "claude"]);
    // The page on reviews: what a fallback has done is looked at by another profile.
    for (const one of file.tasks) one.runner = "codex";
    file.review = { enabled: true, runner: "claude", fallback_only: true };
    write("runforge-tasks.json", JSON.stringify(file, null, 2));
    write(
      "runforge-extra.json",
      JSON.stringify({
        runners: { script: { type: "script" } },
        tasks: [
          {
            id: "extra",
            repo: "org/repo2",
            priority: 3,
            title: "Extra",
            prompt: "test -e fixed",
            runner: "script",
          },
        ],
      }),
    );
    expect((await ok("validate", "--tasks", "runforge-*.json", "--format", "text")).stdout).toMatch(
      /^valid: 5 tasks, 2 repos, max depth 1/,
    );
  });

  it("previews the plan: dependencies first, nothing is started", async () => {
    const plan = await ok("run", "--dry-run", "--tasks", "runforge-tasks.json", "--repos-dir", "repos");
    const ids = (plan.json() as { id: string }[]).map(({ id }) => id);
    expect(ids.indexOf("repo1-WO01")).toBeLessThan(ids.indexOf("repo1-WO02"));
    expect(existsSync(join(folder, ".runforge"))).toBe(false);
  });

  it("runs several files at once: quota, fallback, review, verify, hook, status line, and a watcher elsewhere", async () => {
    const flags = ["--tasks", "runforge-*.json", "--repos-dir", "repos", "--config", ".runforge.yml"];
    const child = start(["run", ...flags, "--workers", "6"], { cwd: folder, env });
    const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.stdout.resume();
    await expect.poll(() => err, { timeout: 60_000 }).toContain("RUNNING");
    await expect.poll(() => readFileSync("/tmp/runforge-status", "utf8")).toMatch(/^runforge: \d+\/\d+ done/);
    const watched = await type("watch", "--run-dir", newest());
    expect(watched.code, watched.stderr).toBe(0);
    expect(await ended, err).toBe(1);
    expect(report(newest())).toMatchObject({ completed: 4, failed: 1, total_tasks: 5, workers: 6 });
  });

  it("leaves the report, the files and the metrics that the pages show", async () => {
    const run = newest();
    const { results } = report(run);
    expect(results["repo1-WO01"]).toMatchObject({
      state: 3,
      runner_used: "zai",
      last_message: "I have added the tests.",
      review: { runner: "claude", passed: true, summary: "PASS it is right" },
    });
    expect(results.extra).toMatchObject({ state: 4, runner_used: "script" });
    const used = Object.values(results as Record<string, { attempts: { runner: string; state: number }[] }>);
    expect(used.flatMap(({ attempts }) => attempts)).toContainEqual(
      expect.objectContaining({ runner: "codex", state: 6 }),
    );
    const limited = Object.keys(results).find((id) => results[id].attempts.length > 1) ?? "";
    const files = ["task.json", "events.jsonl", "stderr.log", "attempt-2-zai/events.jsonl"];
    for (const file of [...files, "attempt-2-zai/output.md", "review/events.jsonl"])
      expect(existsSync(join(folder, run, limited, file)), file).toBe(true);
    for (const file of ["report.sarif", "verify/repo1-test.log", "verify/repo1-lint.log"])
      expect(existsSync(join(folder, run, file)), file).toBe(true);
    expect(read("forge-metrics.log")).toMatch(/^repo1-WO01 pass zai \d+ true$/m);
    expect(read("forge-metrics.log")).toMatch(/^extra fail script/m);
    expect(read("repos/repo1/worked.txt")).toBe("done\ndone\n");
    const text = (await type("status", "--run-dir", run)).stdout;
    expect(text).toContain("zai");
  });

  // Where jq is missing there is nothing to run the documented line with.
  it.skipIf(!has("jq"))("can be read with the documented jq line", () => {
    const line = ".results | to_entries[] | {id: .key, state: .value.state, runner: .value.runner_used}";
    const out = execFileSync("jq", ["-c", line, `${newest()}/report.json`], {
      cwd: folder,
      encoding: "utf8",
    });
    expect(out).toContain('{"id":"repo1-WO01","state":3,"runner":"zai"}');
  });

  it("runs again only what did not complete, with the profiles and settings of the run", async () => {
    write("repos/repo2/fixed", "");
    const first = newest();
    const again = await ok("rerun", "--run-dir", first);
    const { results, parent_run_id } = report(newest());
    expect(Object.keys(results)).toEqual(["extra"]);
    expect(results.extra.state).toBe(3);
    expect(parent_run_id).toBe(report(first).run_id);
    expect(again.json().verified).toHaveLength(2);
    expect(read("forge-metrics.log")).toMatch(/^extra pass script/m);
    expect((await ok("version")).stdout).toMatch(/\d+\.\d+\.\d+/);
  });
});

function has(program: string): boolean {
  try {
    execFileSync(program, ["--version"]);
    return true;
  } catch {
    return false;
  }
}
