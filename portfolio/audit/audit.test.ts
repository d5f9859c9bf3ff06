/**
 * Seam: a task file and repos on disk in, changes with evidence out. After every audit the file that would be written
 * must pass validation, with ids and repos as they were.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { readTaskFiles } from "../../domain/taskFile.ts";
import { bareBonesRepo, cleanTempFolders, tempFolder, writeFiles } from "../../test/portfolio/tempRepos.ts";
import { formatScanTasks } from "../scan/formats/tasks.ts";
import { scanPortfolio } from "../scan/scan.ts";
import { runAudit } from "./runAudit.ts";

afterEach(cleanTempFolders);

const task = (id: string, more: object = {}) => ({
  id,
  repo: "acme/shop",
  title: "T",
  prompt: `Do ${id}`,
  ...more,
});

async function audit(tasks: object[], files: Record<string, string> = {}, completed: string[] = []) {
  const reposDir = tempFolder();
  bareBonesRepo(reposDir, "shop", files);
  const file = join(reposDir, "tasks.json");
  writeFiles(reposDir, { "tasks.json": JSON.stringify({ note: "kept", tasks }) });
  const answer = await runAudit({ file, reposDir, config: "/nowhere", completed, fix: true });
  const text = readFileSync(file, "utf8");
  const read = readTaskFiles([{ name: "audited", text }]);
  expect(read.ok ? [] : read.problems).toEqual([]);
  return {
    answer,
    raw: JSON.parse(text),
    actions: Object.fromEntries(answer.changes.map((change) => [change.id, change.action])),
  };
}

describe("audit", () => {
  it("drops a task whose work order is marked done, with file and line", async () => {
    const { answer, actions } = await audit([task("shop-WO01"), task("shop-WO02")], {
      "docs/work-orders.md": "## WO-01: A ✅\n## WO-02: B\n",
    });
    expect(actions).toEqual({ "shop-WO01": "drop", "shop-WO02": "keep" });
    expect(answer.changes[0]?.evidence).toEqual(["docs/work-orders.md:1: WO-01 is done by its heading"]);
  });

  it("drops a scan task when the check no longer fires there", async () => {
    const reposDir = tempFolder();
    bareBonesRepo(reposDir, "shop", {
      "a.py": 'token = "abcdefghij0123456789"',
      "b.py": 'token = "abcdefghij0123456789"',
    });
    const scan = await scanPortfolio({
      reposDir,
      today: "2026-06-01",
      categories: ["security", "structure"],
    });
    const { value } = formatScanTasks(scan, {
      owner: "acme",
      runner: "codex",
      profiles: {},
      defaultFallbacks: [],
      today: "2026-06-01",
    });
    const { actions } = await audit((value as { tasks: object[] }).tasks, {
      "README.md": "x",
      "b.py": 'token = "abcdefghij0123456789"',
    });
    expect(actions).toMatchObject({
      "shop-scan-missing-readme": "drop",
      "shop-scan-missing-license": "keep",
      "shop-scan-sec-hardcoded-token": "drop",
      "shop-scan-sec-hardcoded-token-2": "keep",
    });
  });

  it("keeps a scan task whose place could not be looked at", async () => {
    const order = { id: "shop-scan-sec-hardcoded-token", prompt: "Mend it.\n\nWhere: a.py, line 1\n" };
    const huge = `token = "abcdefghij0123456789"\n${"x".repeat(5 * 1024 * 1024)}`;
    expect((await audit([task(order.id, order)], { "a.py": huge })).actions[order.id]).toBe("keep");
    expect((await audit([task(order.id, order)], { "a.py": "" })).actions[order.id]).toBe("drop");
    const below = { ...order, prompt: "Mend it.\n\nWhere: sub/a.py, line 1\n" };
    const nested = await audit([task(order.id, below)], { "sub/.git": "gitdir: x", "sub/a.py": "" });
    expect(nested.actions[order.id]).toBe("keep");
  });

  it("refuses an output without --fix, which would write nothing", async () => {
    const flags = { file: "x.json", config: "/nowhere", completed: [], output: "y.json" };
    await expect(runAudit(flags)).rejects.toThrow(/pass --fix too/);
  });

  it("drops what is there in full and narrows what is there in part, once", async () => {
    const prompt = "Create `src/a.ts`. Then add `src/b.ts` and write a helper in `src/c.ts`.";
    const { answer, raw, actions } = await audit(
      [
        task("all", { prompt: "Create `src/a.ts`." }),
        task("part", { prompt }),
        task("none", { prompt: "Create `src/z.ts`." }),
      ],
      {
        "src/a.ts": "x",
        "src/c.ts": "",
      },
    );
    expect(actions).toEqual({ all: "drop", part: "narrow", none: "keep" });
    expect(answer.changes[1]?.evidence).toEqual(["src/a.ts exists (1 bytes)"]);
    const narrowed = raw.tasks[0];
    expect(narrowed.prompt).toMatch(/already there, do not redo: src\/a\.ts\./);
    expect((await audit([narrowed], { "src/a.ts": "x" })).actions).toEqual({ part: "keep" });
  });

  it("looks for tests in the packages that a task names", async () => {
    const files = { "pkg/a/a.go": "", "pkg/a/a_test.go": "", "pkg/b/b.go": "" };
    const { actions, answer } = await audit(
      [
        task("one", { title: "Add tests for pkg/a", prompt: "Cover it." }),
        task("two", { title: "Add tests", prompt: "Add unit tests for pkg/a and pkg/b." }),
      ],
      files,
    );
    expect(actions).toEqual({ one: "drop", two: "narrow" });
    expect(answer.changes[1]?.evidence).toEqual(["pkg/a has a_test.go"]);
  });

  it("drops what a report calls complete, by id or by the same order, and frees what waited for it", async () => {
    const run = tempFolder();
    writeFiles(run, {
      "report.json": JSON.stringify({ results: { a: { state: 3 }, old: { state: 3 }, bad: { state: 4 } } }),
      "old/task.json": JSON.stringify({ id: "old", repo: "acme/shop", prompt: "Do b" }),
    });
    const { actions, raw, answer } = await audit(
      [task("a"), task("b"), task("bad"), task("c", { depends_on: ["a", "bad"], color: "red" })],
      {},
      [run],
    );
    expect(actions).toEqual({ a: "drop", b: "drop", bad: "keep", c: "narrow" });
    expect(raw.note).toBe("kept");
    expect(raw.tasks[1]).toMatchObject({ id: "c", depends_on: ["bad"], color: "red" });
    expect(answer.changes[3]?.evidence[0]).toContain("report.json: a is complete");
  });

  it("asks for every task of the file what is complete elsewhere, and drops it only in the same repo", async () => {
    const reposDir = tempFolder();
    bareBonesRepo(reposDir, "shop", {});
    const file = join(reposDir, "tasks.json");
    writeFiles(reposDir, { "tasks.json": JSON.stringify({ tasks: [task("a"), task("b")] }) });
    const asked: string[][] = [];
    const { changes } = await runAudit({
      ...{ file, reposDir, config: "/nowhere", completed: [] },
      completedTasks: (ids) => {
        asked.push(ids);
        return Promise.resolve([
          { id: "a", repo: "acme/shop", evidence: "job 3.1 is complete" },
          { id: "b", repo: "acme/web", evidence: "job 3.2 is complete" },
        ]);
      },
    });
    expect(asked).toEqual([["a", "b"]]);
    expect(changes.map(({ action, evidence }) => [action, evidence])).toEqual([
      ["drop", ["job 3.1 is complete"]],
      ["keep", []],
    ]);
  });

  it("drops tasks whose repo is missing, and all that could never start without them", async () => {
    const gone = { repo: "acme/gone" };
    const { actions } = await audit([
      task("a", gone),
      task("b", { depends_on: "a" }),
      task("c", { depends_on: "b" }),
      task("d"),
    ]);
    expect(actions).toEqual({ a: "drop", b: "drop", c: "drop", d: "keep" });
  });

  it("lets one of two equal tasks stand for both", async () => {
    const { raw } = await audit([
      task("a", { prompt: "same" }),
      task("b", { prompt: "same" }),
      task("c", { depends_on: "b" }),
    ]);
    expect(raw.tasks.map((one: { id: string; depends_on?: string[] }) => [one.id, one.depends_on])).toEqual([
      ["a", undefined],
      ["c", ["a"]],
    ]);
  });

  it("leaves a file that says why it is empty when nothing is left", async () => {
    const { raw, answer } = await audit([task("a", { repo: "acme/gone" })]);
    expect(raw).toMatchObject({ tasks: [], empty_reason: "the audit found nothing left to do" });
    expect(answer.counts).toEqual({ keep: 0, drop: 1, narrow: 0 });
  });

  it("never changes an id or a repo and always leaves a valid file", async () => {
    const one = fc.record({
      repo: fc.constantFrom("acme/shop", "acme/gone"),
      prompt: fc.constantFrom(
        "same",
        "Create `a.txt`.",
        "Create `a.txt` and `b.txt`.",
        "Add tests for pkg",
        "other",
      ),
      depends_on: fc.array(fc.nat(9), { maxLength: 3 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 8 }), async (drafts) => {
        // Dependencies point backwards only, so the input has no cycle.
        const tasks = drafts.map((draft, i) =>
          task(`t${i}`, { ...draft, depends_on: draft.depends_on.filter((n) => n < i).map((n) => `t${n}`) }),
        );
        const { raw } = await audit(tasks, { "a.txt": "x", "pkg/x_test.go": "x" });
        for (const left of raw.tasks) {
          expect(tasks.find((before) => before.id === left.id)).toMatchObject({ repo: left.repo });
        }
        cleanTempFolders();
      }),
      { numRuns: 60 },
    );
  });
});
