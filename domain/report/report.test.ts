/** Seam: what the queue knows of tasks in, documents out. */
import { describe, expect, it } from "vitest";
import type { PlannedTask } from "../taskFile/plan.ts";
import { buildReport, type TaskFacts } from "./build.ts";
import { toJunit } from "./junit.ts";
import { toMarkdown } from "./markdown.ts";
import { REPORT_STATES } from "./model.ts";
import { toSarif } from "./sarif.ts";
import { summaryLine, toText } from "./text.ts";

const planned = (id: string, repo = "o/a") =>
  ({
    id,
    repo,
    title: `Title of ${id}`,
    prompt: "",
    priority: 1,
    dependsOn: [],
    cascade: ["codex", "zai"],
    barred: [],
    isScript: false,
    source: { id },
  }) as unknown as PlannedTask;
const attempt = (number: number, profile: string, verdict: string) => ({
  number,
  profile,
  verdict,
  startedAt: 1000,
  endedAt: 3000,
  detail: `${profile} says`,
});
const FACTS: Record<string, TaskFacts> = {
  done: {
    handle: "1.1",
    status: "complete",
    startedAt: 0,
    settledAt: 200_000,
    result: "ok",
    usage: { input: 10, cached: 5, output: 3, reasoning: 1 },
    costUsd: 0.5,
    attempts: [attempt(1, "codex", "rate_limit"), attempt(2, "zai", "success")],
  },
  bad: {
    handle: "1.2",
    status: "failed",
    startedAt: 0,
    settledAt: 1000,
    error: 'broke <"&">\u0001',
    attempts: [attempt(1, "codex", "timeout")],
  },
  left: { handle: "1.3", status: "skipped", settledAt: 5, error: "skipped: bad failed", attempts: [] },
  later: {
    handle: "1.4",
    status: "awaiting_retry",
    retryAt: 86_400_000,
    startedAt: 0,
    attempts: [attempt(1, "codex", "usage_limit")],
  },
};
const tasks = [planned("later"), planned("left"), planned("done", "o/b"), planned("bad")];
const report = (more: object = {}) =>
  buildReport({
    meta: { run_id: "abc", tasks_files: ["t.json"], workers: 4, repos_dir: "/repos", ...more },
    startedAt: 0,
    endedAt: 200_000,
    tasks,
    facts: new Map(Object.entries(FACTS)),
    reviews: new Map([
      [
        "done",
        {
          handle: "1.5",
          status: "complete" as const,
          startedAt: 0,
          settledAt: 1000,
          result: "pass. Fine.",
          attempts: [attempt(1, "claude", "success")],
        },
      ],
    ]),
  });

describe("the report of a run", () => {
  it("keeps the integers of states that its readers know", () => {
    expect(REPORT_STATES.indexOf("COMPLETED")).toBe(3);
    expect(REPORT_STATES.indexOf("RATE_LIMITED")).toBe(6);
    const { results } = report();
    expect([
      results["done"]?.state,
      results["bad"]?.state,
      results["left"]?.state,
      results["later"]?.state,
    ]).toEqual([3, 4, 5, 6]);
    expect(results["done"]).toMatchObject({
      duration: 200_000_000_000,
      duration_ms: 200_000,
      output_dir: "done",
    });
  });

  it("answers the documented question: id, state and runner of each result", () => {
    const answers = Object.entries(report().results).map(([id, { state, runner_used }]) => ({
      id,
      state,
      runner: runner_used,
    }));
    expect(answers).toContainEqual({ id: "done", state: 3, runner: "zai" });
  });

  it("names the folder of every attempt, tokens, the review, and the last reset", () => {
    expect(report().results["done"]).toMatchObject({
      attempts: [
        { runner: "codex", state: 6, output_dir: "done" },
        { runner: "zai", state: 3, output_dir: "done/attempt-2-zai" },
      ],
      tokens_used: { input_tokens: 15, output_tokens: 3, total_tokens: 18 },
      review: { runner: "claude", passed: true },
    });
    expect(report().resets_at).toBe("1970-01-02T00:00:00.000Z");
  });

  it("never names a profile that did not run", () => {
    expect(report().results["left"]).not.toHaveProperty("runner_used");
  });

  it("is whole for a run that was interrupted, too", () => {
    const cut = buildReport({
      meta: { run_id: "x", tasks_files: [], workers: 1, repos_dir: ".", interrupted: true },
      startedAt: 0,
      endedAt: 1,
      tasks,
      facts: new Map(),
      reviews: new Map(),
    });
    expect(cut).toMatchObject({ total_tasks: 4, skipped: 4, completed: 0 });
  });
});

describe("its formats", () => {
  it("are the same whatever the order of the map", () => {
    const turned = { ...report(), results: Object.fromEntries(Object.entries(report().results).reverse()) };
    for (const write of [toText, toMarkdown, toJunit]) expect(write(turned)).toBe(write(report()));
    expect(toSarif(turned, "1")).toEqual(toSarif(report(), "1"));
  });

  it("in SARIF give one result per task that did not complete, and an empty list for none", () => {
    const { runs } = toSarif(report(), "1.0.0") as { runs: { results: object[] }[] };
    expect(runs[0]?.results).toMatchObject([
      { ruleId: "bad", level: "error" },
      { ruleId: "later", level: "warning", message: { text: "RATE_LIMITED" } },
      { ruleId: "left", level: "warning" },
    ]);
    const good = { ...report(), results: {} };
    expect(toSarif(good, "1.0.0")).toMatchObject({ runs: [{ results: [] }] });
  });

  it("in SARIF hold what the format demands of ids, places and messages", () => {
    const [run] = toSarif(report(), "1.0.0").runs;
    const rules = run?.tool.driver.rules ?? [];
    expect(new Set(rules.map(({ id }) => id)).size).toBe(rules.length);
    for (const { ruleId, ruleIndex = -1, message, locations } of run?.results ?? []) {
      expect(rules[ruleIndex]?.id).toBe(ruleId);
      expect(message.text).not.toBe("");
      // `uri` is a URI reference: what it cannot hold is escaped.
      expect(
        () => new URL(locations?.[0]?.physicalLocation?.artifactLocation?.uri ?? "", "file:///"),
      ).not.toThrow();
    }
  });

  it("in JUnit are well-formed XML, whatever tasks are called", () => {
    const odd = buildReport({
      meta: { run_id: "abc", tasks_files: [], workers: 1, repos_dir: "/" },
      startedAt: 0,
      endedAt: 1,
      tasks: [planned('<a b="c">&amp;]]>', "o/<!--"), planned("\u0000\ud800\n\t'")],
      facts: new Map(),
      reviews: new Map(),
    });
    for (const one of [report(), odd]) expect(openTags(toJunit(one))).toEqual([]);
  });

  it("in JUnit escape what XML cannot hold", () => {
    expect(toJunit(report())).toContain('message="broke &lt;&quot;&amp;&quot;&gt;\ufffd"');
  });

  it("in Markdown total by repo and profile", () => {
    expect(toMarkdown(report())).toContain("| o/b | 1 | 1 | 0 | 18 | $0.50 | 3m20s |");
    expect(toMarkdown(report())).toContain("| zai | 1 | 1 | 0 |");
  });

  it("in text say who finished and who was tried", () => {
    expect(toText(report())).toContain("done  Title of done  3m20s  [via zai]");
    expect(toText(report())).toContain("(tried codex)");
    expect(summaryLine(report())).toContain("1/4 completed, 1 failed, 1 skipped, 1 rate-limited");
  });
});

/** The elements that a document leaves open; throws at the first thing that is no XML. */
function openTags(xml: string): string[] {
  const open: string[] = [];
  expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]|\p{Surrogate}/u);
  const token = /<\?xml [^>]*\?>|<(\/?)(\w+)((?: \w+="[^"<]*")*)(\/?)>|([^<]+)/g;
  let end = 0;
  for (const match of xml.matchAll(token)) {
    const [whole, closing, name, attributes = "", empty, text = ""] = match;
    if (match.index !== end) throw new Error(`no XML at ${xml.slice(end, end + 40)}`);
    end += whole.length;
    expect(attributes + text).not.toMatch(/&(?!(?:amp|lt|gt|quot|#\d+);)/);
    if (name === undefined) continue;
    if (closing === "/") expect(open.pop()).toBe(name);
    else if (empty !== "/") open.push(name);
  }
  if (end !== xml.length) throw new Error(`no XML at ${xml.slice(end, end + 40)}`);
  return open;
}
