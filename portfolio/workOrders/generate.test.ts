/** Seam: folders with work-order files in, a task file out, judged by the reader that `validate` uses. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { readTaskFiles } from "../../domain/taskFile.ts";
import { cleanTempFolders, gitIn, gitRepo, tempFolder, writeFiles } from "../../test/portfolio/tempRepos.ts";
import { scanRepo } from "../scan/scanRepo.ts";
import { runGenerate } from "./runGenerate.ts";

afterEach(cleanTempFolders);

const FILE = "docs/work-orders.md";
const ORDERS = `## WO-01: Tests
**Status:** \`[x]\`
## WO-02: Report
**Status:** \`[~]\`
**Priority:** high
**Goal:** Write the report.
**Depends on:** WO-01, WO-03, WO-77
runner: zai
### Acceptance
- [ ] it has a date
- it is short
## WO-03: Cache
## WO-04 no colon
## WO-03: Cache again
`;
const CONFIG = `default_runner: claude
default_fallbacks: [zai]
runners:
  zai: { type: codex, free: true, tier: 2, fallback_only: true, env: { KEY: "env:ZAI" } }
`;

function portfolio() {
  const reposDir = tempFolder();
  writeFiles(reposDir, {
    [`shop/${FILE}`]: ORDERS,
    "empty/x": "",
    [`none/${FILE}`]: "# Nothing\n",
    "config.yml": CONFIG,
  });
  return { reposDir, flags: { reposDir, config: join(reposDir, "config.yml"), owner: "acme" } };
}

describe("generate", () => {
  it("makes one task per open order, with ids, priority, dependencies, runner and prompt", () => {
    const { flags, reposDir } = portfolio();
    const answer = runGenerate(flags);
    expect(answer.written).toBe(join(reposDir, "runforge-tasks.json"));
    expect(answer.tasks).toEqual([
      {
        id: "shop-WO02",
        repo: "acme/shop",
        priority: 1,
        title: "Report",
        prompt:
          "Write the report. Acceptance: it has a date; it is short. See docs/work-orders.md, WO-02, for the whole order.",
        depends_on: ["shop-WO03"],
        runner: "zai",
      },
      {
        id: "shop-WO03",
        repo: "acme/shop",
        priority: 2,
        title: "Cache",
        prompt: "Cache. See docs/work-orders.md, WO-03, for the whole order.",
      },
    ]);
    const read = readTaskFiles([{ name: "x", text: readFileSync(answer.written ?? "", "utf8") }]);
    expect(read.ok && read.file).toMatchObject({
      default_runner: "claude",
      default_fallbacks: ["zai"],
      runners: { zai: { type: "codex", free: true, tier: 2, fallback_only: true } },
    });
  });

  it("says with --check what it would skip and why, and writes nothing", () => {
    const { flags } = portfolio();
    const answer = runGenerate({ ...flags, check: true });
    expect(answer.written).toBeNull();
    expect(answer.skipped.map((one) => `${one.repo} ${one.id ?? ""} ${one.reason}`)).toEqual([
      "empty  no docs/work-orders.md",
      "none  no work order in docs/work-orders.md",
      "shop  expected a colon right after the id, as in `## WO-7: Title`",
      "shop WO-01 done by its status line",
      "shop WO-03 second order with this id (first in line 12)",
      "shop WO-02 dependency WO-01 left out: it is done",
      "shop WO-02 dependency WO-77 left out: no such work order",
    ]);
  });

  it("agrees with the stale check of the scan about what is open", () => {
    const { reposDir } = portfolio();
    const scan = scanRepo({ name: "shop", dir: join(reposDir, "shop") }, ["quality"]);
    expect(scan.ok && scan.report.findings[0]?.message).toMatch(/^2 work orders not done/);
  });

  it("leaves out the default runner and an unknown one, the latter with a word", () => {
    const { flags } = portfolio();
    const answer = runGenerate({ ...flags, runner: "zai" });
    expect(answer.tasks[0]).not.toHaveProperty("runner");
    const without = runGenerate({ ...flags, config: "/nowhere/x.yml", check: true });
    expect(without.tasks[0]).not.toHaveProperty("runner");
    expect(without.skipped.map((one) => one.reason)).toContain("runner zai is unknown: the default is used");
  });

  it("fails without an open order, without an owner, and on a circle of dependencies", () => {
    const { flags, reposDir } = portfolio();
    expect(() => runGenerate({ ...flags, filterRepo: "nobody" })).toThrow(/no repo "nobody"/);
    writeFiles(reposDir, { "idle/README.md": "" });
    expect(() => runGenerate({ ...flags, filterRepo: "idle" })).toThrow(/no open work order/);
    expect(() => runGenerate({ ...flags, owner: undefined })).toThrow(/owner of shop.*--owner/);
    const { written, tasks, skipped } = runGenerate({ ...flags, owner: undefined, check: true });
    expect([written, tasks]).toEqual([null, []]);
    expect(skipped).toContainEqual({ repo: "shop", reason: expect.stringContaining("--owner") });
    writeFiles(reposDir, { [`shop/${FILE}`]: "## WO-1: A\nafter WO-2\n## WO-2: B\nafter WO-1\n" });
    expect(() => runGenerate(flags)).toThrow(/shop-WO1 → shop-WO2 → shop-WO1/);
  });

  it("takes the owner from a remote of any host", () => {
    const { flags, reposDir } = portfolio();
    gitIn(gitRepo(reposDir, "shop", {}), "remote", "add", "origin", "git@codeberg.example:team/shop.git");
    expect(runGenerate({ ...flags, owner: undefined }).tasks[0]?.repo).toBe("team/shop");
  });
});
