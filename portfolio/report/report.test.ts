/** Seam: a workspace on disk in, Markdown out; and the playbooks that ship, as plans. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { cleanTempFolders, tempFolder, writeFiles } from "../../test/portfolio/tempRepos.ts";
import { atomicWrite } from "../files/atomicWrite.ts";
import { findPlaybook, listPlaybooks, usePlaybook } from "../playbook/playbooks.ts";
import { resultsFile } from "../repos/results.ts";
import { stateDirOf } from "../repos/workspace.ts";
import { weeklyReport } from "./weekly.ts";

afterEach(() => {
  vi.unstubAllEnvs();
  cleanTempFolders();
});

const done = (id: string, day: string) => `### [${id}] T ${id}\n- **repo**: shop\n- **completed**: ${day}\n`;

describe("the weekly report", () => {
  it("fills every placeholder from the last scan, the task lists and the last test run", () => {
    const workspace = tempFolder();
    writeFiles(workspace, {
      "reports/templates/weekly-status.md":
        "{{date}}\n{{repo_statuses}}\n{{active_tasks}}\n{{completed_tasks}}\n{{test_results}}\n{{notes}}\n{{other}}\n",
      "state/repo-status.json": JSON.stringify([
        {
          name: "a|b",
          exists: true,
          branch: "main",
          clean: false,
          modified_files: 2,
          untracked_files: 1,
          ahead: 1,
          behind: 0,
          last_commit: "abc x",
          error: "",
        },
      ]),
      "state/test-results.json": JSON.stringify([{ repo: "shop", success: false, exit_code: 2 }]),
      "tasks/active.md": "### [task-9] Now\n- **started**: 2026-06-01\n",
      "tasks/completed.md":
        done("in", "2026-06-02") +
        done("first-day", "2026-06-01") +
        done("before", "2026-05-31") +
        done("undated", "soon"),
    });
    const { file, text } = weeklyReport({
      workspace,
      notes: "All {{date}} well",
      days: 7,
      today: "2026-06-07",
    });
    expect(file).toBe(join(workspace, "reports/weekly-status-2026-06-07.md"));
    expect(readFileSync(file, "utf8")).toBe(text);
    expect(text).toContain("2026-06-07\n| Repo |");
    expect(text).toContain("| a\\|b | main | 2M/1U | 1/0 | abc x |");
    expect(text).toContain("- [task-9] Now (no repo, started 2026-06-01)");
    expect(text.match(/- \[(in|first-day)\]/g)).toHaveLength(2);
    expect(text).not.toMatch(/before|undated/);
    expect(text).toContain("0 passed, 1 failed");
    expect(text).toContain("All {{date}} well\n{{other}}");
  });

  it("shows the results of the repos that are kept for this machine, or found in a folder", () => {
    const home = tempFolder();
    vi.stubEnv("DROVER_HOME", home);
    const result = (repo: string) => JSON.stringify([{ repo, success: true }]);
    writeFiles(home, {
      "portfolio/repos.json": '{"repositories": []}',
      "portfolio/state/test-results.json": result("shared"),
    });
    const request = { workspace: tempFolder(), days: 7, today: "2026-06-07" };
    expect(weeklyReport(request).text).toContain("| shared | pass |");
    const reposDir = tempFolder();
    atomicWrite(resultsFile(stateDirOf({ reposDir }), "test"), result("found"));
    expect(weeklyReport({ ...request, reposDir }).text).toContain("| found | pass |");
  });

  it("says (none) for what was never run, with the template that ships", () => {
    const { text } = weeklyReport({ workspace: tempFolder(), days: 7, today: "2026-06-07" });
    expect(text).toMatch(/^# Weekly status, 2026-06-07/);
    expect(text.match(/\(none\)/g)).toHaveLength(5);
  });
});

describe("the playbooks", () => {
  it("are the seven, each with a purpose", () => {
    const all = listPlaybooks(tempFolder());
    expect(all.map((one) => one.name)).toEqual([
      "bug-fix",
      "code-review",
      "new-feature",
      "parallel-proof-work",
      "release",
      "status-report",
      "test-suite",
    ]);
    for (const one of all) expect(one.purpose).not.toBe("");
  });

  it("become plans once every value that they need is given", () => {
    const workspace = tempFolder();
    expect(() => usePlaybook({ workspace, name: "bug-fix", values: { repo: "shop" } })).toThrow(
      /needs goal: pass --set goal=…/,
    );
    const output = join(workspace, "plan.md");
    const plan = usePlaybook({
      workspace,
      name: "bug-fix.md",
      values: { repo: "shop", goal: "It: crashes" },
      output,
    });
    expect(readFileSync(output, "utf8")).toBe(plan.text);
    expect(plan.text).toMatch(
      /^---\ntitle: "Fix in shop: It: crashes"\nplaybook: bug-fix\n---\n\n# Bug fix in shop\n/,
    );
    expect(plan.text).not.toContain("{{");
  });

  it("of the workspace win by name", () => {
    const workspace = tempFolder();
    writeFiles(workspace, { "playbooks/bug-fix.md": "# Our way\n" });
    expect(findPlaybook(workspace, "bug-fix")).toMatchObject({ title: "Our way", needs: [] });
    expect(() => findPlaybook(workspace, "x")).toThrow(/expected one of bug-fix/);
  });
});
