/** Seam: the checker of the chaos run over made-up facts: each planted violation must be named, and a clean run not. */
import { describe, expect, it } from "vitest";
import { violations, type JobFact } from "./check.ts";
import { dice } from "./dice.ts";
import type { Entry } from "./journal.ts";
import { makePlan } from "./plan.ts";

const job = (key: string, change: Partial<JobFact> = {}): JobFact => ({
  ...{ key, handle: `1.${key}`, status: "complete", attempt: 1, lostCount: 0, after: [], lock: null },
  result: `done 1.${key} ${change.attempt ?? 1}`,
  attempts: Array.from({ length: change.attempt ?? 1 }, (_, i) => ({
    ...{ number: i + 1, endedAt: 1, outcome: i + 1 === (change.attempt ?? 1) ? "complete" : "lost" },
  })),
  events: [{ seq: 0 }, { seq: 1 }],
  ...change,
});
const ran = (key: string, attempt: number, ...words: string[]): Entry[] =>
  words.map((word) => ({ job: `1.${key}`, attempt, word }));
const found = (jobs: JobFact[], journal: Entry[] = []) =>
  violations(
    jobs,
    jobs.map(({ key }) => key),
    journal,
  ).join("\n");

describe("the checker", () => {
  it("is content with a job that was lost once and then done", () => {
    const journal = [...ran("1", 1, "start", "tick"), ...ran("1", 2, "start", "end")];
    expect(found([job("1", { attempt: 2, lostCount: 1 })], journal)).toBe("");
  });

  it.each([
    ["a job without an end", [job("1", { status: "running" })], [], /not at its end/],
    ["a job that was inserted twice", [job("1"), job("1")], [], /inserted twice/],
    [
      "a result of another attempt",
      [job("1", { attempt: 2, result: "done 1.1 1" })],
      [],
      /not that of attempt 2/,
    ],
    [
      "two attempts that decided",
      [
        job("1", {
          attempts: [1, 2].map((number) => ({ number, outcome: "complete", endedAt: 1 })),
          attempt: 2,
        }),
      ],
      [],
      /ended by 2 attempts/,
    ],
    [
      "a gap in the epochs",
      [job("1", { attempts: [{ number: 2, outcome: "complete", endedAt: 1 }] })],
      [],
      /epoch/,
    ],
    [
      "an attempt left open",
      [job("1", { attempts: [{ number: 1, outcome: "complete" }] })],
      [],
      /still open/,
    ],
    ["a hole in the events", [job("1", { events: [{ seq: 0 }, { seq: 2 }] })], [], /event 1 .* number 2/],
    ["an attempt that ran twice", [job("1")], [...ran("1", 1, "start", "start")], /executed 2 times/],
    [
      "an agent that outlived its attempt",
      [job("1", { attempt: 2 })],
      [...ran("1", 1, "start"), ...ran("1", 2, "start"), ...ran("1", 1, "child")],
      /worked on after 2/,
    ],
    [
      "a job that started before what it waits for was done",
      [job("1"), job("2", { after: ["1"] })],
      [...ran("2", 1, "start"), ...ran("1", 1, "start", "end")],
      /1\.2: started before 1\.1/,
    ],
    [
      "two jobs under one lock",
      [job("1", { lock: "a" }), job("2", { lock: "a" })],
      [...ran("1", 1, "start"), ...ran("2", 1, "start"), ...ran("1", 1, "end")],
      /a: 1\.1#1 worked while/,
    ],
  ] as [string, JobFact[], Entry[], RegExp][])("names %s", (_, jobs, journal, words) => {
    expect(found(jobs, journal)).toMatch(words);
  });

  it("names a job that is gone", () => {
    expect(violations([], ["job-1"], []).join()).toBe("job-1: inserted, but gone");
  });
});

describe("a plan", () => {
  it("is the same for the same seed, and another for another", () => {
    const plan = (seed: number) => makePlan(dice(seed), { jobs: 120, leaseMs: 6000, faults: 20 });
    expect(plan(7)).toEqual(plan(7));
    expect(plan(7)).not.toEqual(plan(8));
    expect(plan(7).batches.flat()).toHaveLength(120);
  });
});
