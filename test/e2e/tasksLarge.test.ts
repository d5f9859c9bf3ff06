/**
 * Task files of a size and shape that hurt. Seam: the binary with its exit code and its words; nothing may be enqueued
 * of a file that is refused. Not asserted: times (docs/benchmarks.md).
 */
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTaskPlace, task, type TaskPlace } from "./support/taskPlace.ts";

let place: TaskPlace;
beforeEach(() => (place = openTaskPlace()));
afterEach(() => place.close());

const size = (name: string) => statSync(join(place.folder, name)).size;
async function refused(expected: string[], ...args: string[]): Promise<void> {
  const done = await place.call("run", "--repos-dir", "repos", ...args);
  expect(done.code, done.stderr).toBe(2);
  for (const text of expected) expect(done.stderr).toContain(text);
  expect(done.stdout).toBe("");
  // Neither a host nor a run was started for it.
  expect(existsSync(join(place.folder, "home"))).toBe(false);
  expect(existsSync(join(place.folder, ".runforge"))).toBe(false);
}

describe("a large task file", () => {
  it("of 10 MB and 10,000 tasks is planned whole", async () => {
    place.tasks(
      Array.from({ length: 10_000 }, (_, i) => task(`t${i}`, "x".repeat(1000), { repo: `o/r${i % 50}` })),
    );
    expect(size("tasks.json")).toBeGreaterThan(10_000_000);
    const plan = await place.run("--dry-run");
    expect(plan.code, plan.stderr).toBe(0);
    expect(plan.json()).toHaveLength(10_000);
    const checked = await place.call("validate", "tasks.json", "--format", "text");
    expect(checked.stdout.trim()).toBe("valid: 10000 tasks, 50 repos, max depth 0");
  });

  it("with a chain of 5,000 is planned in its order", async () => {
    const chain = Array.from({ length: 5000 }, (_, i) =>
      task(`c${4999 - i}`, "true", i === 4999 ? {} : { depends_on: `c${4998 - i}` }),
    );
    place.tasks(chain);
    const plan = await place.run("--dry-run");
    expect((plan.json() as { id: string }[]).map(({ id }) => id)).toEqual(
      Array.from({ length: 5000 }, (_, i) => `c${i}`),
    );
    const checked = await place.call("validate", "tasks.json", "--format", "text");
    expect(checked.stdout.trim()).toBe("valid: 5000 tasks, 1 repos, max depth 4999");
  });
});

describe("a task file that is refused", () => {
  it("names both files of an id that they share", async () => {
    place.write("one.json", { tasks: [task("same", "x", { runner: "script" })] });
    place.write("two.json", { tasks: [task("same", "x", { runner: "script" }), task("other", "x")] });
    await refused(["two.json", 'task "same"', "one.json"], "one.json", "two.json");
    await refused(["two.json", 'task "same"', "one.json"], "--tasks", "*.json");
  });

  it("prints the path of a cycle, also of one that goes over files and far away", async () => {
    place.write("one.json", {
      tasks: [task("a", "x", { depends_on: ["c"] }), task("b", "x", { depends_on: "a" })],
    });
    place.write("two.json", { tasks: [task("c", "x", { depends_on: ["b"] })] });
    await refused(["cycle", "a → c → b → a"], "one.json", "two.json");
    const ring = Array.from({ length: 5000 }, (_, i) =>
      task(`r${i}`, "x", { depends_on: `r${(i + 1) % 5000}` }),
    );
    place.tasks(ring);
    await refused(["cycle", "r0 → r1 → "], "--tasks", "tasks.json");
  });

  it("is told of with every fault at once, by file, task and field", async () => {
    place.write("one.json", {
      allowed_repos: ["o/a"],
      default_runner: "ghost",
      runners: { empty: { type: "" } },
      tasks: [task("", "x"), task("p", ""), task("r", "x", { repo: "" }), task("z", "x", { repo: "o/z" })],
    });
    await refused(
      [
        'one.json: task "#1": id: empty id',
        'one.json: task "p": prompt: empty prompt',
        'one.json: task "r": repo: empty repo',
        'one.json: task "z": repo: repo "o/z" is not in allowed_repos',
        'one.json: default_runner: unknown runner "ghost"',
        "one.json: runners.empty.type: empty type",
      ],
      "one.json",
    );
  });

  it("counts the faults of which there are thousands", async () => {
    place.tasks(Array.from({ length: 3000 }, (_, i) => task(`t${i}`, "x", { depends_on: [`gone${i}`] })));
    await refused(['"gone0" not found', "and 2950 more"], "--tasks", "tasks.json");
  });
});
