/** Seam: clones of real repos in, moved branches, logs and result files out. git is real, remotes are folders. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { gitIn, gitRepo, tempFolder, writeFiles } from "../../test/portfolio/tempRepos.ts";
import { ownFolders, workspace } from "../../test/portfolio/workspace.ts";
import { reposSync } from "./runRepos.ts";

const { folder } = ownFolders();
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));

describe("sync", () => {
  it("moves a branch forward, and only forward", async () => {
    const base = tempFolder();
    const origin = gitRepo(base, "origin", { a: "1" });
    for (const name of ["behind", "forked"]) gitIn(base, "clone", "-q", origin, join(base, name));
    gitIn(join(base, "forked"), "commit", "-q", "--allow-empty", "-m", "Mine");
    gitIn(origin, "commit", "-q", "--allow-empty", "-m", "Theirs");
    const names = ["behind", "forked", "origin"];
    const root = workspace(names.map((name) => ({ name, local: join(base, name) })));
    const first = await reposSync({ workspace: root });
    expect(first.results.map((one) => [one.repo, one.success, one.detail])).toEqual([
      ["behind", true, expect.stringMatching(/^moved [0-9a-f]{9} → [0-9a-f]{9}$/)],
      ["forked", false, expect.stringMatching(/^fetched, not moved: /)],
      ["origin", true, "no remote: nothing to fetch"],
    ]);
    expect((await reposSync({ workspace: root, repo: "behind" })).results[0]?.detail).toBe("up to date");
    expect(json(join(root, "state/sync-results.json"))).toHaveLength(3);
    expect(readFileSync(join(folder(), "orchestrator-sync-behind.log"), "utf8")).toContain(
      "$ git merge --ff-only",
    );
  });

  it("checks files out through the filters of the repo, as a person's pull does", async () => {
    const base = tempFolder();
    const origin = gitRepo(base, "origin", { "a.txt": "one\n", ".gitattributes": "*.txt filter=upper\n" });
    gitIn(base, "clone", "-q", origin, join(base, "clone"));
    gitIn(join(base, "clone"), "config", "filter.upper.smudge", "tr a-z A-Z");
    writeFiles(origin, { "b.txt": "two\n" });
    gitIn(origin, "add", "-A");
    gitIn(origin, "commit", "-q", "-m", "Theirs");
    const root = workspace([{ name: "clone", local: join(base, "clone") }]);
    expect((await reposSync({ workspace: root })).results[0]?.success).toBe(true);
    expect(readFileSync(join(base, "clone/b.txt"), "utf8")).toBe("TWO\n");
  });

  it("reaches the remote by the ssh command that the repo names", async () => {
    const base = tempFolder();
    const dir = gitRepo(base, "one", {});
    gitIn(dir, "remote", "add", "origin", "git@host.test:acme/one.git");
    gitIn(dir, "config", "core.sshCommand", `echo "$@" > ${join(base, "called")}; exit 1; :`);
    const root = workspace([{ name: "one", local: dir }]);
    expect((await reposSync({ workspace: root })).results[0]?.detail).toMatch(/^fetch failed: /);
    expect(readFileSync(join(base, "called"), "utf8")).toContain("git@host.test");
  });

  it("stopped by the user records nothing of what had not ended", async () => {
    const base = tempFolder();
    const dir = gitRepo(base, "one", {});
    const root = workspace([{ name: "one", local: dir }]);
    await reposSync({ workspace: root });
    const before = json(join(root, "state/sync-results.json"));
    const stopped = await reposSync({ workspace: root, signal: AbortSignal.abort() });
    expect(stopped.results[0]).toMatchObject({ exit_code: 130, success: false });
    expect(json(join(root, "state/sync-results.json"))).toEqual(before);
  });
});
