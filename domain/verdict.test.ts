/** Seam: the table of verdict kinds. Which stream leads to which kind is asserted beside the adapters. */
import { expect, it } from "vitest";
import { cascadeStep, isLimit, VERDICT_KINDS } from "./verdict.ts";

it("lets only success count as done", () => {
  expect(VERDICT_KINDS.filter((kind) => cascadeStep(kind) === "done")).toEqual(["success"]);
});

it("marks the account as limited for rate limits, plan limits and billing", () => {
  expect(VERDICT_KINDS.filter(isLimit)).toEqual(["usage_limit", "rate_limit", "billing"]);
});

it("blocks the profile on this machine when it can never work here", () => {
  expect(VERDICT_KINDS.filter((kind) => cascadeStep(kind) === "machine")).toEqual([
    "auth",
    "forbidden",
    "model_not_found",
    "config",
    "untrusted_dir",
    "not_installed",
  ]);
});

it("never blames profile or job for an interruption", () => {
  expect(VERDICT_KINDS.filter((kind) => cascadeStep(kind) === "interrupted")).toEqual(["cancelled"]);
});

it("takes what another try cannot change as the job's own outcome", () => {
  for (const kind of ["refusal", "truncated", "budget", "max_turns", "timeout", "failed"] as const) {
    expect(cascadeStep(kind)).toBe("outcome");
  }
});
