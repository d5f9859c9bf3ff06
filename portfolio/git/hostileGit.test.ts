/**
 * Seam: repositories whose git data is broken or would run programs, given to `scan` and `repos status`. Proven is that
 * nothing of them is executed (no marker file appears), that both end, and that each is named.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import {
  bareBonesRepo,
  cleanTempFolders,
  gitIn,
  gitRepo,
  tempFolder,
  writeFiles,
} from "../../test/portfolio/tempRepos.ts";
import { findRepos } from "../repos/findRepos.ts";
import { collectStatus, type RepoStatus } from "../repos/status.ts";
import { statusTable } from "../repos/tables.ts";
import { CATEGORIES } from "../scan/model.ts";
import { scanPortfolio } from "../scan/scan.ts";

const usersConfig = process.env["GIT_CONFIG_GLOBAL"];
// A user without any configuration of git: its absence must not look like "no filters anywhere".
beforeAll(() => {
  process.env["GIT_CONFIG_GLOBAL"] = "/nowhere/gitconfig";
});
afterAll(() => {
  if (usersConfig === undefined) delete process.env["GIT_CONFIG_GLOBAL"];
  else process.env["GIT_CONFIG_GLOBAL"] = usersConfig;
});
afterEach(cleanTempFolders);

const IS_ROOT = process.getuid?.() === 0;
const makePipes = (paths: string[]) => execFileSync("sh", ["-c", 'mkfifo "$@"', "sh", ...paths]);
const scan = (reposDir: string) => scanPortfolio({ reposDir, today: "2026-06-01", categories: CATEGORIES });

async function status(reposDir: string): Promise<Record<string, RepoStatus>> {
  const repos = findRepos(reposDir).map(({ name, path }) => ({
    name,
    path,
    platform: "",
    remote: "",
    defaultBranch: "main",
    language: "unknown",
    tags: [],
    description: "",
  }));
  const all = await collectStatus({ repos, parallel: 2, now: () => new Date() });
  return Object.fromEntries(all.map((one) => [one.name, one]));
}

describe("odd repositories", () => {
  it("worktrees, bare repos and links to repos are listed as skipped by scan, and shown by status", async () => {
    const base = tempFolder();
    const origin = gitRepo(base, "origin", { "a.txt": "x" });
    gitIn(origin, "worktree", "add", "-q", join(base, "tree"), "-b", "side");
    gitIn(base, "clone", "-q", "--bare", origin, join(base, "bare"));
    gitIn(base, "clone", "-q", "--depth", "1", `file://${origin}`, join(base, "shallow"));
    gitIn(base, "clone", "-q", origin, join(base, "super"));
    gitIn(join(base, "super"), "submodule", "--quiet", "add", origin, "sub");
    symlinkSync(origin, join(base, "link"));
    const scanned = await scan(base);
    expect(scanned.repos.map((repo) => repo.name)).toEqual(["origin", "shallow", "super"]);
    expect(Object.fromEntries(scanned.skipped.map((one) => [one.name, one.reason]))).toMatchObject({
      tree: expect.stringMatching(/worktree or submodule/),
      bare: expect.stringMatching(/bare repository/),
      link: expect.stringMatching(/symbolic link/),
    });
    const shown = await status(base);
    expect(shown["tree"]).toMatchObject({
      branch: "side",
      kinds: ["worktree or submodule"],
      error: "",
      clean: true,
    });
    expect(shown["bare"]).toMatchObject({ branch: "main", kinds: ["bare"], error: "" });
    expect(shown["shallow"]).toMatchObject({
      kinds: ["shallow"],
      ahead: 0,
      behind: 0,
      upstream: "origin/main",
    });
    expect(shown["super"]).toMatchObject({ modified_files: 2, error: "" });
    expect(shown["origin"]?.last_commit).toMatch(/^[0-9a-f]{7,} Start origin$/);
  });

  // Only root can take on another user's rights, and without that the folder would be readable or the test not itself.
  it.skipIf(!IS_ROOT)("unreadable ones, and a .git that is a link, are named by status", async () => {
    const base = tempFolder();
    const shut = [gitRepo(base, "sealed", {}), join(gitRepo(base, "shut", {}), ".git")];
    const real = gitRepo(base, "linked", {});
    renameSync(join(real, ".git"), join(base, ".moved"));
    symlinkSync(join(base, ".moved"), join(real, ".git"));
    chmodSync(base, 0o755);
    for (const path of shut) chmodSync(path, 0o000);
    process.seteuid?.(65534);
    try {
      const shown = await status(base);
      expect(shown["sealed"]?.error).toBe("folder cannot be read: EACCES");
      expect(shown["shut"]?.error).toBe("its git configuration cannot be read: EACCES");
      expect(shown["linked"]?.error).toBe(".git is a symbolic link: not followed");
    } finally {
      process.seteuid?.(0);
    }
  });

  it("a broken HEAD, a broken index, an empty .git and a repo without commits are each named", async () => {
    const base = tempFolder();
    writeFileSync(join(gitRepo(base, "head", {}), ".git/HEAD"), "garbage\n");
    writeFileSync(join(gitRepo(base, "index", { a: "x" }), ".git/index"), "garbage");
    bareBonesRepo(base, "empty", {});
    mkdirSync(join(base, "fresh"));
    gitIn(join(base, "fresh"), "init", "-q", "-b", "main");
    const shown = await status(base);
    for (const name of ["head", "index", "empty"]) expect(shown[name]?.error).not.toBe("");
    expect(shown["fresh"]).toMatchObject({ branch: "main", last_commit: "", error: "", clean: true });
    const table = statusTable(
      Object.values(shown),
      { build: [], test: [] },
      { color: false, now: new Date() },
    );
    expect(table).toMatch(/^head +ERROR/m);
    expect(table).toMatch(/^4 repos: 1 clean, 0 dirty, 0 missing, 3 with errors$/m);
    expect((await scan(base)).repos).toHaveLength(4);
  });
});

describe("a configuration that would run programs", () => {
  const trap = (base: string, name: string) => `touch ${join(base, `pwned-${name}`)}; cat`;
  const pwned = (base: string) =>
    execFileSync("ls", [base], { encoding: "utf8" })
      .split("\n")
      .filter((name) => name.startsWith("pwned"));

  it("starts none of them: monitor, hooks, filters, text conversion, signatures, pager, aliases, transports", async () => {
    const base = tempFolder();
    const dir = gitRepo(base, "trap", {
      "a.txt": "one\n",
      "b.txt": "two\n",
      ".gitattributes": "* filter=evil diff=evil\n*.q filter=a=b\n",
      ".env": "A=1",
      "package.json": "{}",
      "dist/x.js": "",
    });
    const set = (key: string, value: string) => gitIn(dir, "config", key, value);
    set("core.fsmonitor", trap(base, "monitor"));
    set("core.hooksPath", join(base, "hooks"));
    writeFiles(base, {
      "hooks/post-index-change": `#!/bin/sh\n${trap(base, "hook")}\n`,
      "hooks/post-checkout": `#!/bin/sh\n${trap(base, "hook")}\n`,
    });
    for (const hook of ["post-index-change", "post-checkout"]) chmodSync(join(base, "hooks", hook), 0o755);
    for (const name of ["evil", "a=b"]) {
      set(`filter.${name}.clean`, trap(base, "clean"));
      set(`filter.${name}.smudge`, trap(base, "smudge"));
      set(`filter.${name}.process`, trap(base, "process"));
      set(`filter.${name}.required`, "true");
    }
    set("diff.evil.textconv", trap(base, "textconv"));
    set("diff.external", trap(base, "external"));
    set("core.pager", trap(base, "pager"));
    set("core.sshCommand", trap(base, "ssh"));
    set("gpg.program", trap(base, "gpg"));
    set("log.showSignature", "true");
    set("alias.status", `!${trap(base, "alias")}`);
    set("core.worktree", base);
    set("extensions.partialClone", "origin");
    set("remote.origin.promisor", "true");
    set("remote.origin.url", `ext::sh -c ${join(base, "pwned-ext")}`);
    set("remote.origin.uploadpack", trap(base, "uploadpack"));
    // A changed time makes git look at the content again, which is when a filter would run.
    writeFileSync(join(dir, "a.txt"), "uno\n");
    utimesSync(join(dir, "b.txt"), 1, 1);
    await scan(base);
    const shown = await status(base);
    expect(shown["trap"]).toMatchObject({ branch: "main", error: "", modified_files: 1 });
    expect(pwned(base)).toEqual([]);
    // The trap is real: git as people type it walks right into it.
    execFileSync("sh", ["-c", `git -C ${dir} --work-tree=${dir} status >/dev/null 2>&1; true`]);
    expect(pwned(base).length).toBeGreaterThan(0);
  });

  it("does not follow a filter that comes in through an included file", async () => {
    const base = tempFolder();
    const dir = gitRepo(base, "trap", { "a.txt": "one\n", ".gitattributes": "* filter=evil\n" });
    writeFileSync(
      join(base, "more"),
      `[filter "evil"]\n\tclean = "${trap(base, "included")}"\n\trequired = true\n`,
    );
    gitIn(dir, "config", "include.path", join(base, "more"));
    writeFileSync(join(dir, "a.txt"), "uno\n");
    expect((await status(base))["trap"]).toMatchObject({ modified_files: 1, error: "" });
    expect(pwned(base)).toEqual([]);
  });

  it("is found wherever git would read it: behind commondir, and where .git is a file", async () => {
    const base = tempFolder();
    const places: Record<string, (dir: string) => string> = {
      commondir: (dir) => {
        cpSync(join(dir, ".git"), join(base, "elsewhere"), { recursive: true });
        writeFileSync(join(dir, ".git/commondir"), `${join(base, "elsewhere")}\n`);
        return join(base, "elsewhere/config");
      },
      // git takes the line break for a part of the path, a reader of lines would look at the harmless folder.
      pointer: (dir) => {
        renameSync(join(dir, ".git"), join(dir, "harmless"));
        cpSync(join(dir, "harmless"), join(dir, "harmless\nevil"), { recursive: true });
        writeFileSync(join(dir, ".git"), "gitdir: harmless\nevil\n");
        return join(dir, "harmless\nevil/config");
      },
    };
    for (const [name, place] of Object.entries(places)) {
      const dir = gitRepo(base, name, { "a.txt": "one\n", ".gitattributes": "* filter=evil\n" });
      gitIn(base, "config", "-f", place(dir), "filter.evil.clean", trap(base, name));
      // Of the same length: only then the content, and so the filter, decides.
      writeFileSync(join(dir, "a.txt"), "uno\n");
    }
    const shown = await status(base);
    expect(shown["commondir"]).toMatchObject({ modified_files: 1, error: "" });
    expect(shown["pointer"]).toMatchObject({ modified_files: 1, error: "" });
    expect(pwned(base)).toEqual([]);
  });

  it("does not wait for a pipe in place of the configuration", async () => {
    const base = tempFolder();
    const dir = gitRepo(base, "trap", { "a.txt": "one\n" });
    rmSync(join(dir, ".git/config"));
    makePipes([join(dir, ".git/config")]);
    await scan(base);
    expect((await status(base))["trap"]?.error).toMatch(/cannot be read/);
  });

  it("does not start the configured programs of a submodule", async () => {
    const base = tempFolder();
    const inner = gitRepo(base, "inner", { "a.txt": "one\n", ".gitattributes": "* filter=evil\n" });
    const outer = gitRepo(base, "outer", { "b.txt": "x" });
    gitIn(outer, "submodule", "--quiet", "add", inner, "sub");
    gitIn(outer, "commit", "-q", "-m", "Add sub");
    gitIn(join(outer, "sub"), "config", "filter.evil.clean", trap(base, "submodule"));
    writeFileSync(join(outer, "sub/a.txt"), "uno\n");
    expect((await status(base))["outer"]?.error).toBe("");
    expect(pwned(base)).toEqual([]);
  });
});
