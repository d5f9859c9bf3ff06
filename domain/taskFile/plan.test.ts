/** Seam: task files in, the plan of a run out. Reading and merging files is taskFile.test.ts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readTaskFiles, type TaskFile } from "../taskFile.ts";
import { jobKeyOf, taskOfKey } from "./jobKey.ts";
import { planRun, type PlanWish } from "./plan.ts";

type Fields = Record<string, unknown>;
const task = (id: string, more: Fields = {}) => ({ id, repo: "o/a", prompt: "do", ...more });
function file(tasks: object[], more: Fields = {}): TaskFile {
  const read = readTaskFiles([{ name: "t.json", text: JSON.stringify({ tasks, ...more }) }]);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.file;
}
function plan(tasks: object[], more: Fields = {}, wish: Partial<PlanWish> = {}) {
  const made = planRun(file(tasks, more), { privateRepos: [], ...wish });
  if (!made.ok) throw new Error(made.problems.map(({ message }) => message).join("; "));
  return made;
}
const cascades = (made: ReturnType<typeof plan>) =>
  Object.fromEntries(made.tasks.map(({ id, cascade }) => [id, cascade.join(" ")]));

describe("the order of a plan", () => {
  it("puts dependencies first, then priority, then id; a missing priority is 0", () => {
    const made = plan([
      task("c", { priority: 1, depends_on: ["z"] }),
      task("b", { priority: 2 }),
      task("a", { priority: 2 }),
      task("z", { priority: 9 }),
      task("none"),
    ]);
    expect(made.tasks.map(({ id }) => id)).toEqual(["none", "a", "b", "z", "c"]);
  });

  it("holds every task once, each behind what it depends on", () => {
    const graphs = fc.array(fc.tuple(fc.nat(9), fc.array(fc.nat(), { maxLength: 4 })), {
      minLength: 1,
      maxLength: 40,
    });
    fc.assert(
      fc.property(graphs, (nodes) => {
        const tasks = nodes.map(([priority, refs], i) =>
          task(`t${i}`, { priority, depends_on: i === 0 ? [] : refs.map((ref) => `t${ref % i}`) }),
        );
        const order = plan(tasks).tasks;
        expect(new Set(order.map(({ id }) => id)).size).toBe(nodes.length);
        const place = new Map(order.map(({ id }, i) => [id, i]));
        for (const [i, { dependsOn }] of order.entries()) {
          for (const id of dependsOn) expect(place.get(id)).toBeLessThan(i);
        }
      }),
    );
  });

  it("takes a chain of 5,000 and 10,000 loose tasks", () => {
    const chain = Array.from({ length: 5000 }, (_, i) =>
      task(`c${i}`, i === 0 ? {} : { depends_on: `c${i - 1}` }),
    );
    expect(plan(chain).tasks.at(-1)?.id).toBe("c4999");
    expect(plan(Array.from({ length: 10_000 }, (_, i) => task(`t${i}`))).tasks).toHaveLength(10_000);
  });
});

describe("striping", () => {
  const more = { default_runner: "codex", default_fallbacks: ["gemini", "claude"] };

  it("gives the i-th task of the whole file the i-th profile, and the others in their order", () => {
    const made = plan([task("a"), task("b", { runner: "claude" }), task("c"), task("d")], more);
    expect(cascades(made)).toEqual({
      a: "codex gemini claude",
      b: "claude gemini",
      c: "claude codex gemini",
      d: "codex gemini claude",
    });
  });

  it("knows every type of agent that task files name, by itself and under another name", () => {
    const runners = { mine: { type: "qwen" }, editor: { type: "acp", command: ["agent", "--acp"] } };
    const wishes = ["cline", "qwen", "kilocode", "mine", "editor"];
    const made = plan(
      wishes.map((runner) => task(runner, { runner })),
      { runners },
    );
    expect(Object.values(cascades(made)).sort()).toEqual(wishes.sort());
    expect(made.warnings).toEqual([]);
  });

  it("keeps a task's own fallbacks", () => {
    const made = plan([task("x"), task("a", { fallbacks: ["opencode"] })], more);
    expect(cascades(made)["a"]).toBe("gemini opencode");
  });

  it("needs fallbacks: without any, every task has the default, which is codex where none is named", () => {
    expect(cascades(plan([task("a"), task("b")]))).toEqual({ a: "codex", b: "codex" });
    const wish = { defaultRunner: "claude", defaultFallbacks: ["gemini"] };
    expect(cascades(plan([task("a"), task("b")], {}, wish))).toEqual({
      a: "claude gemini",
      b: "gemini claude",
    });
  });
});

describe("a private repo", () => {
  const runners = { zai: { type: "codex", data_collection: true } };

  it("loses profiles that collect data, the first choice included, and names them", () => {
    const made = plan(
      [task("a", { runner: "zai", fallbacks: ["claude"] })],
      { runners },
      { privateRepos: ["o/a"] },
    );
    expect(made.tasks).toMatchObject([{ cascade: ["claude"], barred: ["zai"] }]);
  });

  it("refuses the plan where nobody is left", () => {
    const made = planRun(
      file([task("a", { runner: "zai", fallbacks: [] })], { runners, default_runner: "zai" }),
      { privateRepos: ["o/a"] },
    );
    expect(made).toMatchObject({
      ok: false,
      problems: [{ task: "a", message: expect.stringContaining("private") }],
    });
  });
});

describe("a filter", () => {
  const chain = [
    task("web-1"),
    task("web-2", { depends_on: "web-1" }),
    task("api/1"),
    task("api.x", { depends_on: "web-2" }),
  ];
  const ids = (filter: string, withDeps = false) =>
    plan(chain, {}, { filter, withDeps })
      .tasks.map(({ id }) => id)
      .sort();

  it.each([
    ["web-1", ["web-1"]],
    ["web-*", ["web-1", "web-2"]],
    ["*1", ["api/1", "web-1"]],
    ["{web-1,api/1}", ["api/1", "web-1"]],
    ["api*,web-2", ["api.x", "api/1", "web-2"]],
  ])("%s chooses %j", (filter, expected) => {
    expect(ids(filter)).toEqual(expected);
  });

  it("drops what it cuts off and tells it, or takes it along", () => {
    const cut = plan(chain, {}, { filter: "api.x" });
    expect(cut).toMatchObject({
      tasks: [{ id: "api.x", dependsOn: [] }],
      cut: [{ task: "api.x", dependency: "web-2" }],
    });
    expect(ids("api.x", true)).toEqual(["api.x", "web-1", "web-2"]);
  });

  it("that matches nothing is a problem", () => {
    expect(planRun(file(chain), { privateRepos: [], filter: "nope" })).toMatchObject({ ok: false });
  });
});

describe("scripts and agents", () => {
  it("never read each other's words: a cascade holds one kind", () => {
    const made = plan([
      task("a", { runner: "script", fallbacks: ["codex"] }),
      task("b", { runner: "codex", fallbacks: ["script", "claude"] }),
    ]);
    expect(made.tasks).toMatchObject([
      { id: "a", isScript: true, cascade: ["script"] },
      { id: "b", isScript: false, cascade: ["codex", "claude"] },
    ]);
    expect(made.warnings).toHaveLength(2);
  });
});

describe("the key of a task's job", () => {
  it("never reads like a handle or a review, and leads back to the id", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom("1", "2.3", "task:1", "review:x")), (id) => {
        expect(taskOfKey(jobKeyOf(id))).toEqual({ id, isReview: false });
        expect(taskOfKey(`review:${jobKeyOf(id)}`)).toEqual({ id, isReview: true });
      }),
    );
  });
});
