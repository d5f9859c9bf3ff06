/** Who reviews what. Seam: subjects and a wish in, jobs and refusals out. Not asserted: carrying them out. */
import { describe, expect, it } from "vitest";
import { planReviews, type ReviewWish } from "./reviewOrder.ts";
import type { Subject } from "./subjects.ts";

const subject = (id: string, more: Partial<Subject> = {}): Subject => ({
  id,
  title: id,
  repo: "o/a",
  result: "done",
  worker: "codex",
  byFallback: false,
  barred: [],
  reviewed: false,
  ...more,
});
const WISH: ReviewWish = { runner: undefined, fallbackOnly: false, again: false };
const runners = { zai: { type: "codex" }, shell: { type: "script" }, odd: { type: "telepathy" } };
const reviewers = (subjects: Subject[], wish: Partial<ReviewWish> = {}) =>
  Object.fromEntries(
    planReviews(subjects, { ...WISH, ...wish }, runners).tasks.map(({ id, cascade }) => [id, cascade]),
  );

describe("reviewers", () => {
  it("are the agents that did not do the work, codex and claude first", () => {
    expect(reviewers([subject("a"), subject("b", { worker: "claude" })])).toEqual({
      a: ["claude", "zai"],
      b: ["codex", "zai"],
    });
  });

  it("are the one that is named, whoever did the work", () => {
    expect(reviewers([subject("a", { worker: "zai" })], { runner: "via ZAI" })).toEqual({ a: ["zai"] });
    expect(() => reviewers([subject("a")], { runner: "shell" })).toThrow("cannot review");
  });

  it("are never profiles that the repo bars", () => {
    const barred = subject("a", { barred: ["claude", "zai", "codex"] });
    const plan = planReviews([barred], WISH, runners);
    expect(plan.tasks).toEqual([]);
    expect(plan.refused.get("a")).toContain("no profile but codex may review it (repo o/a)");
  });
});

describe("what is reviewed", () => {
  it("is what a fallback has done, with that wish, and nothing twice without `again`", () => {
    const all = [subject("a"), subject("b", { byFallback: true }), subject("c", { reviewed: true })];
    expect(Object.keys(reviewers(all))).toEqual(["a", "b"]);
    expect(Object.keys(reviewers(all, { fallbackOnly: true }))).toEqual(["b"]);
    expect(Object.keys(reviewers(all, { again: true }))).toEqual(["a", "b", "c"]);
  });
});
