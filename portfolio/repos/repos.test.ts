/**
 * Seam: the list of repos and folders on disk in, states, logs and result files out. Builds and tests are real
 * processes; git is real. DROVER_HOME and the temporary folder are the test's own.
 */
import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { gitIn, gitRepo, tempFolder, writeFiles } from "../../test/portfolio/tempRepos.ts";
import { ownFolders, workspace } from "../../test/portfolio/workspace.ts";
import { linkPromisedLog, newLogFile, safeName } from "../process/logFiles.ts";
import { runLogged } from "../process/runLogged.ts";
import { detectLanguage } from "./language.ts";
import { listRepos, reposJob, reposStatus } from "./runRepos.ts";
import { parseStatus } from "./status.ts";
import { resultsTable, statusTable } from "./tables.ts";

const { folder } = ownFolders();
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));

describe("the list of repos", () => {
  it("is read from config/repos.json with paths relative to the workspace", () => {
    const root = workspace([
      { name: "a", local: "repos/a" },
      { name: "b", local: "${DROVER_HOME}/b", language: "Go", tags: null },
    ]);
    expect(listRepos({ workspace: root }).repos).toMatchObject([
      { name: "a", path: join(root, "repos/a"), language: "unknown", defaultBranch: "main" },
      { name: "b", path: join(folder(), "home/b"), language: "go", tags: [] },
    ]);
  });

  it("is found in a folder, and saved in the documented shape but never over an existing list", () => {
    const base = tempFolder();
    const dir = gitRepo(base, "shop", { "Cargo.toml": "", "CLAUDE.md": "x" });
    gitIn(dir, "remote", "add", "origin", "https://me:secret@gitlab.example.test/team/shop.git");
    writeFiles(dir, { ".git/refs/remotes/origin/HEAD": "ref: refs/remotes/origin/trunk\n" });
    writeFiles(base, { "plain/x": "" });
    const root = tempFolder();
    const { saved } = listRepos({ workspace: root, reposDir: base, save: true });
    expect(json(saved ?? "").repositories).toEqual([
      {
        name: "shop",
        platform: "gitlab",
        remote: "https://gitlab.example.test/team/shop.git",
        local: dir,
        default_branch: "trunk",
        language: "rust",
        has_claude_md: true,
        tags: [],
        description: "",
      },
    ]);
    expect(listRepos({ workspace: root }).repos.map((repo) => repo.path)).toEqual([dir]);
    expect(() => listRepos({ workspace: root, reposDir: base, save: true })).toThrow(/not written over/);
  });

  it("says what was expected when there is none, or when it is faulty", () => {
    expect(() => listRepos({ workspace: folder() })).toThrow(/no config\/repos\.json.*--repos-dir/);
    expect(() => listRepos({ workspace: workspace([{ name: "a" }]) })).toThrow(/repositories\[0\]\.local/);
    const twice = [
      { name: "a", local: "x" },
      { name: "a", local: "y" },
    ];
    expect(() => listRepos({ workspace: workspace(twice) })).toThrow(/"a" is there twice/);
  });

  it("knows a language by its files, the Makefile last", () => {
    const dir = tempFolder();
    expect(detectLanguage(dir)).toBe("unknown");
    writeFiles(dir, { Makefile: "" });
    expect(detectLanguage(dir)).toBe("make");
    writeFiles(dir, { "package.json": "{}" });
    expect(detectLanguage(dir)).toBe("javascript");
    writeFiles(dir, { "tsconfig.json": "{}" });
    expect(detectLanguage(dir)).toBe("typescript");
  });
});

describe("the git state", () => {
  it("is read from porcelain v2, renames counted once", () => {
    const output = [
      "# branch.oid abc",
      "# branch.head main",
      "# branch.upstream origin/main",
      "# branch.ab +2 -3",
      "1 .M N... a",
      "2 R. N... new",
      "old ? name",
      "u UU x",
      "? untracked",
      "",
    ].join("\0");
    expect(parseStatus(output)).toEqual({
      branch: "main",
      upstream: "origin/main",
      ahead: 2,
      behind: 3,
      modified_files: 3,
      untracked_files: 1,
      clean: false,
      hasCommits: true,
    });
  });

  it("of all repos is written by scan in the known shape, and shown as a table", async () => {
    const base = tempFolder();
    const origin = gitRepo(base, "origin", { a: "1" });
    gitIn(base, "clone", "-q", origin, join(base, "copy"));
    gitIn(join(base, "copy"), "commit", "-q", "--allow-empty", "-m", "Mine");
    gitIn(origin, "commit", "-q", "--allow-empty", "-m", "Theirs");
    gitIn(join(base, "copy"), "fetch", "-q");
    writeFiles(join(base, "copy"), { a: "2", b: "new" });
    const root = workspace([
      { name: "copy", local: join(base, "copy") },
      { name: "gone", local: "/nowhere/gone" },
    ]);
    const seen: string[] = [];
    const answer = await reposStatus({
      workspace: root,
      save: true,
      onDone: (repo, done, total) => seen.push(`${repo} ${done}/${total}`),
    });
    expect(seen.sort()).toHaveLength(2);
    expect(answer.written).toBe(join(root, "state/repo-status.json"));
    const [copy, gone] = json(answer.written ?? "");
    expect(copy).toMatchObject({
      name: "copy",
      exists: true,
      branch: "main",
      clean: false,
      modified_files: 1,
      untracked_files: 1,
      ahead: 1,
      behind: 1,
      error: "",
    });
    expect(copy.last_commit).toMatch(/^[0-9a-f]{7,} Mine$/);
    expect(Date.parse(copy.scanned_at)).not.toBeNaN();
    expect(gone).toMatchObject({ exists: false, error: "not found on disk" });
    const runs = {
      build: [],
      test: [
        {
          repo: "copy",
          command: "",
          log_file: "",
          exit_code: 1,
          success: false,
          duration_seconds: 1,
          run_at: new Date(0).toISOString(),
          detail: "",
        },
      ],
    };
    const table = statusTable(answer.repos, runs, { color: false, now: new Date(3_600_000) }).split("\n");
    expect(table[0]).toMatch(/^REPO +BRANCH +STATE +AHEAD\/BEHIND +BUILD +TESTS +LAST COMMIT$/);
    expect(table[1]).toMatch(/^copy +main +1M\/1U +\+1 -1 +- +FAIL 1h ago +/);
    expect(table[2]).toMatch(/^gone +MISSING/);
    const narrow = statusTable(answer.repos, runs, { color: false, now: new Date(3_600_000), columns: 80 });
    for (const line of narrow.split("\n").slice(0, 3)) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe("builds and tests", () => {
  it("run the repo's own command, with the output in the promised log and real JSON results", async () => {
    const base = tempFolder();
    const root = workspace([
      { name: "good", local: gitRepo(base, "good", {}), commands: { test: "echo out; echo err >&2" } },
      { name: "bad", local: gitRepo(base, "bad", {}), test_command: "exit 7" },
      { name: "odd", local: gitRepo(base, "odd", {}), language: "unknown" },
      { name: "gone", local: "/nowhere/gone", language: "go" },
    ]);
    const answer = await reposJob({ workspace: root, job: "test", all: true });
    expect(answer.skipped).toEqual(["odd"]);
    const results = json(join(root, "state/test-results.json"));
    expect(
      results.map((one: { repo: string; exit_code: number; success: boolean }) => [
        one.repo,
        one.exit_code,
        one.success,
      ]),
    ).toEqual([
      ["bad", 7, false],
      ["gone", 1, false],
      ["good", 0, true],
    ]);
    expect(readFileSync(join(folder(), "orchestrator-test-good.log"), "utf8")).toBe(
      "$ echo out; echo err >&2\nout\nerr\n",
    );
    expect(resultsTable(answer.results, { color: false, now: new Date() })).toMatch(
      /^bad +FAIL +\d\.\d s +\S+orchestrator-test-bad\.log\n[^]*\n\nbad: exit code 7\n/m,
    );
    await reposJob({ workspace: root, job: "test", repo: "good" });
    expect(json(join(root, "state/test-results.json"))).toHaveLength(3);
  });

  it("name what is missing: the repo, the command, the program", async () => {
    const base = tempFolder();
    const root = workspace([
      { name: "odd", local: gitRepo(base, "odd", {}), language: "unknown" },
      { name: "rust", local: gitRepo(base, "rust", {}), language: "rust" },
    ]);
    await expect(reposJob({ workspace: root, job: "build", repo: "x" })).rejects.toThrow(
      /expected one of odd, rust/,
    );
    await expect(reposJob({ workspace: root, job: "build" })).rejects.toThrow(/--all/);
    const odd = await reposJob({ workspace: root, job: "build", repo: "odd" });
    expect(odd.results[0]?.detail).toMatch(/set commands\.build/);
    vi.stubEnv("PATH", "");
    const rust = await reposJob({ workspace: root, job: "build", repo: "rust" });
    expect(rust.results[0]).toMatchObject({
      exit_code: 127,
      success: false,
      detail: expect.stringMatching(/cargo: not found/),
    });
  });

  it("stopped by the user start nothing more and record nothing", async () => {
    const base = tempFolder();
    const names = ["a", "b", "c"];
    const root = workspace(
      names.map((name) => ({
        name,
        local: gitRepo(base, name, {}),
        test_command: `touch ${join(folder(), "on")}; sleep 300`,
      })),
    );
    const before = [{ repo: "a", success: true, exit_code: 0 }];
    writeFiles(root, { "state/test-results.json": JSON.stringify(before) });
    const stop = new AbortController();
    const round = reposJob({ workspace: root, job: "test", all: true, parallel: 1, signal: stop.signal });
    await vi.waitUntil(() => existsSync(join(folder(), "on")));
    stop.abort();
    const { results } = await round;
    expect(results.map((one) => one.detail)).toEqual([
      "canceled",
      "canceled before it started",
      "canceled before it started",
    ]);
    expect(json(join(root, "state/test-results.json"))).toMatchObject(before);
  });

  it("leave no process behind when the command ends, times out or is canceled", async () => {
    const pidFile = join(folder(), "pid");
    const isAlive = (): boolean => {
      try {
        process.kill(Number(readFileSync(pidFile, "utf8")), 0);
        return !/^State:\s+Z/m.test(
          readFileSync(`/proc/${readFileSync(pidFile, "utf8").trim()}/status`, "utf8"),
        );
      } catch {
        return false;
      }
    };
    const base = { cwd: folder(), logFile: join(folder(), "log"), timeoutMs: 60_000 };
    const ended = await runLogged({ ...base, command: `sleep 300 & echo $! > ${pidFile}` });
    expect(ended).toMatchObject({ kind: "exited", exitCode: 0 });
    await vi.waitUntil(() => !isAlive());
    const late = await runLogged({
      ...base,
      command: `echo $$ > ${pidFile}; exec sleep 300`,
      timeoutMs: 300,
    });
    expect(late.kind).toBe("timeout");
    expect(isAlive()).toBe(false);
    const stop = new AbortController();
    const running = runLogged({
      ...base,
      command: `rm ${pidFile}; echo $$ > ${pidFile}; touch ${pidFile}.2; exec sleep 300`,
      signal: stop.signal,
    });
    await vi.waitUntil(() => existsSync(`${pidFile}.2`));
    stop.abort();
    expect((await running).kind).toBe("canceled");
    expect(isAlive()).toBe(false);
  });
});

describe("log files", () => {
  it("keep the newest ten of a job, one per process and second, under names that are one path part", () => {
    for (let i = 0; i < 14; i++)
      writeFiles(folder(), {
        [newLogFile("test", "a/../b", new Date(i * 1000)).slice(folder().length + 1)]: "x",
      });
    const names = readdirSync(join(folder(), "home/portfolio/logs"));
    expect(names).toHaveLength(10);
    expect(safeName("a/../b")).toMatch(/^a_.._b-[0-9a-f]{8}$/);
    expect(safeName("a b")).not.toBe(safeName("a_b"));
  });

  it("are linked under the promised name, over an older link only", () => {
    symlinkSync("/nowhere", join(folder(), "orchestrator-build-a.log"));
    const link = linkPromisedLog("build", "a", join(folder(), "real"));
    expect(lstatSync(link ?? "").isSymbolicLink()).toBe(true);
    writeFiles(folder(), { "orchestrator-build-b.log/inside": "a folder of somebody" });
    expect(linkPromisedLog("build", "b", join(folder(), "real"))).toBeUndefined();
  });
});
