/**
 * Seam: texts in, merged file or problems out. Messages are asserted only where other programs look for a word.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeProblem, readTaskFiles, type Problem, type TaskFilesRead } from "./taskFile.ts";
import { findCycle } from "./taskFile/graph.ts";

const task = (id: string, more: object = {}) => ({ id, repo: "acme/a", prompt: "Do it", ...more });
const source = (value: object, name = "tasks.json") => ({ name, text: JSON.stringify(value) });
const read = (...values: object[]) => readTaskFiles(values.map((value, i) => source(value, `f${i}.json`)));
const problemsOf = (result: TaskFilesRead): Problem[] => (result.ok ? [] : result.problems);
const kindsOf = (result: TaskFilesRead) => problemsOf(result).map((problem) => problem.kind);

describe("reading one task file", () => {
  it("counts tasks, distinct repos and the edges of the longest chain", () => {
    const result = read({
      tasks: [
        task("a"),
        task("b", { depends_on: "a" }),
        task("c", { depends_on: ["b", "a"], repo: "acme/c" }),
      ],
    });
    expect(result.ok && result.facts).toEqual({ tasks: 3, repos: 2, maxDepth: 2 });
  });

  it("takes depends_on as text, list or null, and a missing priority as 0", () => {
    const result = read({
      tasks: [task("a", { depends_on: null }), task("b", { depends_on: "a", priority: 3 })],
    });
    expect(result.ok && result.file.tasks.map((one) => [one.depends_on, one.priority])).toEqual([
      [[], 0],
      [["a"], 3],
    ]);
  });

  it("keeps keys that it does not know and names the source of each task", () => {
    const result = read({ tasks: [task("a", { color: "red" })] });
    expect(result.ok && result.file.tasks[0]).toMatchObject({ color: "red", source_file: "f0.json" });
  });

  it("accepts an empty list only with the reason why it is empty", () => {
    expect(kindsOf(read({ tasks: [] }))).toEqual(["no_tasks"]);
    expect(read({ tasks: [], empty_reason: "nothing to do" }).ok).toBe(true);
  });

  it.each([
    ["no JSON", "{", "not_json", undefined, ""],
    ["no object", "[]", "wrong_type", undefined, ""],
    ["a number as id", '{"tasks":[{"id":4,"repo":"a/b","prompt":"x"}]}', "wrong_type", "#1", "id"],
    [
      "a wrong dependency",
      '{"tasks":[{"id":"x","repo":"a/b","prompt":"x","depends_on":[1]}]}',
      "wrong_type",
      "x",
      "depends_on",
    ],
    ["an empty id", JSON.stringify({ tasks: [task("")] }), "empty_field", "#1", "id"],
    ["an empty repo", JSON.stringify({ tasks: [task("a", { repo: " " })] }), "empty_field", "a", "repo"],
    ["an empty prompt", JSON.stringify({ tasks: [task("a", { prompt: "" })] }), "empty_field", "a", "prompt"],
    ["a double id", JSON.stringify({ tasks: [task("a"), task("a")] }), "duplicate_id", "a", "id"],
    [
      "a foreign runner",
      JSON.stringify({ tasks: [task("a", { runner: "zai" })] }),
      "unknown_runner",
      "a",
      "runner",
    ],
    [
      "a foreign fallback",
      JSON.stringify({ tasks: [task("a", { fallbacks: ["zai"] })] }),
      "unknown_runner",
      "a",
      "fallbacks",
    ],
    [
      "a foreign default",
      JSON.stringify({ default_runner: "zai", tasks: [task("a")] }),
      "unknown_runner",
      undefined,
      "default_runner",
    ],
    [
      "a foreign default fallback",
      JSON.stringify({ default_fallbacks: ["zai"], tasks: [task("a")] }),
      "unknown_runner",
      undefined,
      "default_fallbacks",
    ],
    [
      "a foreign reviewer",
      JSON.stringify({ review: { runner: "zai" }, tasks: [task("a")] }),
      "unknown_runner",
      undefined,
      "review.runner",
    ],
    [
      "an empty profile type",
      JSON.stringify({ runners: { zai: { type: "" } }, tasks: [task("a")] }),
      "empty_profile_type",
      undefined,
      "runners.zai.type",
    ],
    [
      "a repo outside allowed_repos",
      JSON.stringify({ allowed_repos: ["acme/b"], tasks: [task("a")] }),
      "repo_not_allowed",
      "a",
      "repo",
    ],
    [
      "an unknown dependency",
      JSON.stringify({ tasks: [task("a", { depends_on: "z" })] }),
      "unknown_dependency",
      "a",
      "depends_on",
    ],
    [
      "a dependency on itself",
      JSON.stringify({ tasks: [task("a", { depends_on: "a" })] }),
      "cycle",
      "a",
      "depends_on",
    ],
  ])("names file, task and field for %s", (...[, text, kind, id, field]) => {
    const problems = problemsOf(readTaskFiles([{ name: "my.json", text }]));
    const hit = problems.find((problem) => problem.kind === kind);
    expect(hit).toMatchObject({ file: "my.json", field, ...(id === undefined ? {} : { task: id }) });
    expect(hit && describeProblem(hit)).toMatch(/^my\.json: /);
  });

  it("knows a runner however it is written", () => {
    const file = {
      runners: { ZAI: { type: "codex" } },
      tasks: [task("a", { runner: "via zai", fallbacks: ["Codex"] })],
    };
    expect(read(file).ok).toBe(true);
  });

  it("shows the whole path of a cycle", () => {
    const tasks = [
      task("a", { depends_on: "b" }),
      task("b", { depends_on: "c" }),
      task("c", { depends_on: "a" }),
    ];
    expect(problemsOf(read({ tasks }))[0]?.message).toContain("a → b → c → a");
  });
});

describe("merging task files", () => {
  it("takes defaults from the first file that has them and joins allowed repos", () => {
    const result = read(
      { allowed_repos: ["acme/a"], tasks: [task("a")] },
      {
        allowed_repos: ["acme/b"],
        default_runner: "claude",
        tasks: [task("b", { repo: "acme/b", depends_on: "a" })],
      },
      { default_runner: "gemini", review: { enabled: true }, tasks: [task("c")] },
    );
    expect(result.ok && result.file).toMatchObject({
      default_runner: "claude",
      review: { enabled: true },
      allowed_repos: ["acme/a", "acme/b"],
    });
  });

  it("calls two contents of one profile a conflict, in whatever order their keys stand", () => {
    const same = [
      { runners: { z: { type: "codex", model: "m" } }, tasks: [task("a")] },
      { runners: { z: { model: "m", type: "codex" } }, tasks: [task("b")] },
    ];
    expect(read(...same).ok).toBe(true);
    const other = { runners: { z: { type: "claude" } }, tasks: [task("c")] };
    expect(problemsOf(read(...same, other))[0]?.message).toContain("conflicts");
  });

  it("refuses one id in two files and names both", () => {
    const problem = problemsOf(read({ tasks: [task("a")] }, { tasks: [task("a")] }))[0];
    expect(problem).toMatchObject({ kind: "duplicate_id", file: "f1.json" });
    expect(problem?.message).toContain("f0.json");
  });

  it("lays configured profiles below those of the file", () => {
    const file = { runners: { z: { type: "claude" } }, tasks: [task("a", { runner: "y" })] };
    const result = readTaskFiles([source(file)], { z: { type: "codex" }, y: { type: "gemini" } });
    expect(result.ok && result.file.runners).toMatchObject({ z: { type: "claude" }, y: { type: "gemini" } });
  });
});

describe("the graph of a task file", () => {
  it("finds a cycle exactly when sorting gets stuck, and the path it shows is one", () => {
    const graph = fc
      .array(fc.array(fc.nat(7), { maxLength: 3 }), { minLength: 1, maxLength: 8 })
      .map((edges) =>
        edges.map((to, i) => ({ id: `t${i}`, depends_on: to.map((n) => `t${n % edges.length}`) })),
      );
    fc.assert(
      fc.property(graph, (tasks) => {
        const path = findCycle(tasks);
        const left = new Set(tasks.map((one) => one.id));
        for (let moved = true; moved;) {
          moved = false;
          for (const one of tasks) {
            if (left.has(one.id) && one.depends_on.every((id) => !left.has(id))) moved = left.delete(one.id);
          }
        }
        expect(path !== undefined).toBe(left.size > 0);
        path?.slice(1).forEach((id, i) => {
          expect(tasks.find((one) => one.id === path[i])?.depends_on).toContain(id);
        });
      }),
    );
  });

  it("walks a chain of 50,000 tasks without running out of stack", () => {
    const tasks = Array.from({ length: 50_000 }, (_, i) =>
      task(`t${i}`, i === 0 ? {} : { depends_on: `t${i - 1}` }),
    );
    const result = read({ tasks });
    expect(result.ok && result.facts.maxDepth).toBe(49_999);
  });

  it("gives problems or a file for any JSON, and never throws", () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const result = readTaskFiles([{ name: "x", text }]);
        expect(result.ok || result.problems.length > 0).toBe(true);
      }),
    );
  });
});
