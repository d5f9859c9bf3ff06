/** Seam: portfolio commands as processes beside a real backend: what the queue knows shows up in work on local files. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWorkplace, type Workplace } from "./support/drover.ts";

let place: Workplace;

beforeAll(async () => {
  place = await openWorkplace();
  mkdirSync(join(place.repo, "tasks"));
  writeFileSync(
    join(place.repo, "tasks/backlog.md"),
    "# Backlog\n\n### [task-001] Mend the till\n- **repo**: shop\n- **description**: It sums twice.\n\n### [task-002] Other\n",
  );
  mkdirSync(join(place.repo, "repos/shop"), { recursive: true });
});
afterAll(() => place.close());

describe("audit beside a backend", () => {
  it("drops the tasks that the queue has complete in the same repo, and names the job", async () => {
    await place.drover("create", "a batch", "--policy", "static");
    for (const [key, repo] of [
      ["done", "acme/shop"],
      ["elsewhere", "acme/web"],
      ["open", "acme/shop"],
    ] as const)
      await place.drover(
        ...["insert-job", "1", "--type", "script", "--context", "true", "--parallel"],
        ...["--key", key, "--repo", repo],
      );
    for (const job of ["1.1", "1.2"]) {
      await place.drover("start-job", job);
      expect((await place.drover("complete-job", job)).code).toBe(0);
    }
    const tasks = ["done", "elsewhere", "open"].map((id) => ({
      ...{ id, repo: "acme/shop", title: id, prompt: `Do ${id}`, priority: 1 },
    }));
    writeFileSync(join(place.repo, "tasks.json"), JSON.stringify({ tasks }));
    const audit = ["audit", "tasks.json", "--repos-dir", "repos", "--json"];
    const asked = (await place.drover(...audit)).json();
    expect(asked.changes.map((change: { action: string }) => change.action)).toEqual([
      "drop",
      "keep",
      "keep",
    ]);
    expect(asked.changes[0].evidence[0]).toMatch(/^job 1\.1 of shop is complete since \d{4}-\d\d-\d\d$/);
    expect((await place.drover(...audit, "--no-backend")).json().counts).toEqual({
      keep: 3,
      drop: 0,
      narrow: 0,
    });
  });
});

describe("task beside a backend", () => {
  it("shows the assignment that a task stands for, and creates it once", async () => {
    const started = await place.drover("task", "start", "task-001", "--create", "--json");
    expect(started.stderr).toContain("created assignment 2");
    expect(started.json().assignment).toEqual({ number: 2, status: "pending" });
    const list = await place.drover("task", "list", "--format", "text");
    expect(list.stdout).toMatch(/^task-001 +active +2 pending +shop +Mend the till$/m);
    expect((await place.drover("assignment", "2", "--json")).json().assignment.northStar).toBe(
      "Mend the till\n\nIt sums twice.",
    );
  });

  it("says so when a task is called complete before its assignment", async () => {
    const done = await place.drover("task", "complete", "task-001");
    expect(done.code).toBe(0);
    expect(done.stderr).toContain("its assignment 2 is pending: `drover cancel 2` ends it");
  });
});
