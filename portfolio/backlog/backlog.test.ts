/** Seam: Markdown lists on disk, moved by the commands. A kill between the two writes is played by hand. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { cleanTempFolders, tempFolder, writeFiles } from "../../test/portfolio/tempRepos.ts";
import { completeTask, listCompleted, listTasks, startTask } from "./runTask.ts";

afterEach(cleanTempFolders);

const BACKLOG = `# Backlog

Words of a person.

### [task-001] Fix: the [thing]
- **repo**: shop
- **priority**: high
- **assigned**: unassigned
More words.

### [task-002] Another
- **repo**: web

## Later
Kept.
`;

function workspace(files: Record<string, string> = {}) {
  const folder = tempFolder();
  writeFiles(folder, { "tasks/backlog.md": BACKLOG, ...files });
  return { workspace: folder, read: (name: string) => readFileSync(join(folder, "tasks", name), "utf8") };
}
const start = { id: "task-001", assigned: "ada", today: "2026-06-01" };

describe("the task lists", () => {
  it("list active tasks before the backlog", async () => {
    const at = workspace();
    await startTask({ ...at, id: "task-002", today: "2026-06-01" });
    expect(listTasks(at).map((row) => [row.id, row.state, row.repo])).toEqual([
      ["task-002", "active", "web"],
      ["task-001", "backlog", "shop"],
    ]);
  });

  it("move a task with its words, set day and owner, and keep all other text", async () => {
    const at = workspace();
    await startTask({ ...at, ...start });
    expect(at.read("active.md")).toBe(
      "# Active tasks\n\n### [task-001] Fix: the [thing]\n- **repo**: shop\n- **priority**: high\n- **assigned**: ada\n- **started**: 2026-06-01\nMore words.\n",
    );
    expect(at.read("backlog.md")).toBe(
      "# Backlog\n\nWords of a person.\n\n### [task-002] Another\n- **repo**: web\n\n## Later\nKept.\n",
    );
    await completeTask({ ...at, id: "task-001", today: "2026-06-03" });
    expect(at.read("active.md")).toBe("# Active tasks\n");
    expect(listCompleted(at)[0]?.fields).toMatchObject({
      assigned: "ada",
      started: "2026-06-01",
      completed: "2026-06-03",
    });
  });

  it("only ever grow completed.md", async () => {
    const before =
      "# Completed tasks\n\n### [old] Old\n- **completed**: 2020-01-01\nno line break at the end";
    const at = workspace({ "tasks/completed.md": before });
    await startTask({ ...at, ...start });
    await completeTask({ ...at, id: "task-001", today: "2026-06-03" });
    expect(at.read("completed.md").startsWith(before)).toBe(true);
    expect(listCompleted(at).map((row) => row.id)).toEqual(["old", "task-001"]);
  });

  it("finish a move that a kill left half done, without a second copy", async () => {
    const at = workspace();
    await startTask({ ...at, ...start });
    writeFiles(at.workspace, { "tasks/backlog.md": BACKLOG });
    expect(listTasks(at).map((row) => row.state)).toEqual(["active", "backlog"]);
    await startTask({ ...at, ...start });
    expect(at.read("active.md").match(/task-001/g)).toHaveLength(1);
    expect(at.read("backlog.md")).not.toContain("task-001");
  });

  it("keep every task when several are moved at once", async () => {
    const many = Array.from({ length: 12 }, (_, i) => `### [t${i}] T${i}\n- **repo**: r\n`).join("\n");
    const at = workspace({ "tasks/backlog.md": many });
    await Promise.all(
      Array.from({ length: 12 }, (_, i) => startTask({ ...at, id: `t${i}`, today: "2026-06-01" })),
    );
    expect(listTasks(at).filter((row) => row.state === "active")).toHaveLength(12);
  });

  it("take over the lock of a dead process", async () => {
    const at = workspace({ "tasks/.lock": "4194999" });
    expect((await startTask({ ...at, ...start })).state).toBe("active");
  });

  it("say that a task has to be started first", async () => {
    const workspace = tempFolder();
    writeFiles(workspace, { "tasks/backlog.md": "### [a-1] A\n" });
    const early = completeTask({ workspace, id: "a-1", today: "2026-06-01" });
    await expect(early).rejects.toThrow(/still in tasks\/backlog\.md: `drover task start a-1` first/);
  });

  it("say what exists when an id does not", async () => {
    const at = workspace();
    await expect(startTask({ ...at, ...start, id: "x" })).rejects.toThrow(
      /expected one of task-001, task-002/,
    );
    await startTask({ ...at, ...start });
    await expect(startTask({ ...at, ...start })).rejects.toThrow(/moved on already/);
  });
});
