/** Small rules with numbers in them: waits after set-backs, health, limits and cascades. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { earliestReset, holdsBack, limitEnds, MIN_LIMIT_MS, RESET_MARGIN_MS } from "./healthRule.ts";
import { resolveCascade } from "./jobCascade.ts";
import { effectiveLimits, limitReached, tooManyJobs } from "./limitRule.ts";
import { MAX_LIMITED_RETRIES, MAX_LOST_ATTEMPTS } from "./limits.ts";
import { afterLimited, afterLost, LIMITED_WAITS_MS } from "./retryWait.ts";

const MINUTE = 60_000;

describe("afterLimited", () => {
  it("waits for the reset that is known", () => {
    expect(afterLimited(1000, 0, 5000)).toEqual({ kind: "wait", until: 5000 });
  });

  it("never waits for a time that has passed", () => {
    expect(afterLimited(1000, 0, 500)).toEqual({ kind: "wait", until: 1000 });
  });

  it("waits 2, 5, 15 and then 30 minutes where no reset is known", () => {
    const waits = [0, 1, 2, 3, 4, 9].map((count) => afterLimited(0, count));
    expect(waits).toEqual([2, 5, 15, 30, 30, 30].map((m) => ({ kind: "wait", until: m * MINUTE })));
    expect(LIMITED_WAITS_MS).toHaveLength(4);
  });

  it("fails the job in the end", () => {
    expect(afterLimited(0, MAX_LIMITED_RETRIES - 1).kind).toBe("wait");
    expect(afterLimited(0, MAX_LIMITED_RETRIES, 5)).toMatchObject({ kind: "failed" });
  });
});

describe("afterLost", () => {
  it("quarantines a job whose runner is lost for the third time", () => {
    expect(afterLost(MAX_LOST_ATTEMPTS - 1)).toEqual({ kind: "again" });
    expect(afterLost(MAX_LOST_ATTEMPTS)).toMatchObject({
      kind: "failed",
      error: expect.stringContaining("quarantined"),
    });
  });
});

describe("health of a profile", () => {
  it("adds a margin to a known reset and never ends within a minute", () => {
    expect(limitEnds(0, 1, 10 * MINUTE)).toBe(10 * MINUTE + RESET_MARGIN_MS);
    expect(limitEnds(0, 1, 0)).toBe(MIN_LIMIT_MS);
  });

  it("lasts 15 minutes without a known reset, an hour from the second time on", () => {
    expect([1, 2, 3].map((hits) => limitEnds(0, hits) / MINUTE)).toEqual([15, 60, 60]);
  });

  it("holds back its own machine only, until its time, or for good", () => {
    const limited = { kind: "limited", scope: "account", until: 10 } as const;
    expect(holdsBack(limited, "m", 9)).toBe(true);
    expect(holdsBack(limited, "m", 10)).toBe(false);
    const offline = { kind: "offline", scope: "machine", machine: "m" } as const;
    expect([holdsBack(offline, "m", 99), holdsBack(offline, "other", 0)]).toEqual([true, false]);
  });

  it("knows the earliest reset of a cascade", () => {
    expect(earliestReset([30, undefined, 20])).toBe(20);
    expect(earliestReset([undefined])).toBeUndefined();
  });
});

describe("limits of an assignment", () => {
  it("default by policy, and its own go before its namespace's", () => {
    expect(effectiveLimits("pm", {}, {})).toMatchObject({ maxJobs: 50, maxConsecutiveFailures: 3 });
    expect(effectiveLimits("static", {}, {})).toMatchObject({
      maxJobs: 10_000,
      maxConsecutiveFailures: undefined,
    });
    expect(effectiveLimits("pm", { maxJobs: 5 }, { maxJobs: 9, maxCostUsd: 2 })).toMatchObject({
      maxJobs: 5,
      maxCostUsd: 2,
    });
  });

  it("count the jobs that would come", () => {
    expect(tooManyJobs({ maxJobs: 3 }, 2, 1)).toBeNull();
    expect(tooManyJobs({ maxJobs: 3 }, 2, 2)).toContain("limit of 3 jobs");
  });

  it("name the first one that is reached", () => {
    const spent = { jobs: 1, failuresInARow: 2, costUsd: 3, tokens: 400 };
    expect(limitReached({}, spent)).toBeNull();
    expect(limitReached({ maxConsecutiveFailures: 3, maxCostUsd: 4, maxTokens: 500 }, spent)).toBeNull();
    expect(limitReached({ maxConsecutiveFailures: 2, maxCostUsd: 1 }, spent)).toContain("failed in a row");
    expect(limitReached({ maxCostUsd: 3 }, spent)).toContain("US dollars");
    expect(limitReached({ maxTokens: 400 }, spent)).toContain("tokens");
  });
});

describe("resolveCascade", () => {
  const none = { harnessDefaults: {}, cascade: [] };
  const agent = { type: "plan", class: "agent" } as const;

  it("takes the job's own cascade, its harness in front", () => {
    expect(resolveCascade({ ...agent, cascade: ["a", "b"] }, none)).toEqual(["a", "b"]);
    expect(resolveCascade({ ...agent, harness: "b", cascade: ["a", "b"] }, none)).toEqual(["b", "a"]);
  });

  it("falls back to the type's default, the general one, the cascade and the built-in one, in this order", () => {
    const defaults = { harnessDefaults: { plan: "p", default: "d" }, cascade: ["x", "p"] };
    expect(resolveCascade(agent, defaults)).toEqual(["p", "x"]);
    expect(resolveCascade({ ...agent, type: "review" }, defaults)).toEqual(["d", "x", "p"]);
    expect(resolveCascade({ ...agent, harness: "h" }, defaults)).toEqual(["h", "x", "p"]);
    expect(resolveCascade(agent, { ...none, cascade: ["x"] })).toEqual(["x"]);
    expect(resolveCascade({ ...agent, cascade: [] }, none)).toEqual(["claude"]);
  });

  it("runs scripts with one profile and no cascade", () => {
    const script = { type: "script", class: "script" } as const;
    expect(resolveCascade(script, { harnessDefaults: { default: "claude" }, cascade: ["x"] })).toEqual([
      "script",
    ]);
    expect(resolveCascade({ ...script, harness: "sh" }, none)).toEqual(["sh"]);
    expect(resolveCascade(script, { harnessDefaults: { script: "bash" }, cascade: [] })).toEqual(["bash"]);
  });

  it("names no profile twice and at least one", () => {
    const names = fc.array(fc.constantFrom("a", "b", "c"));
    fc.assert(
      fc.property(
        names,
        names,
        fc.option(fc.constantFrom("a", "z"), { nil: undefined }),
        (own, rest, harness) => {
          const cascade = resolveCascade(
            { ...agent, cascade: own, harness },
            { harnessDefaults: {}, cascade: rest },
          );
          expect(cascade.length).toBeGreaterThan(0);
          expect(new Set(cascade).size).toBe(cascade.length);
        },
      ),
    );
  });
});
