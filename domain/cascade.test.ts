/** Seam: the pure rules of the cascade. The table below is the specification; the property holds over all histories. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TRANSIENT_WAITS_MS } from "./backoff.ts";
import { nextStep, type EndedTry, type NextStep, type ProfileHealth } from "./cascade.ts";

const healthy = (): ProfileHealth => ({ kind: "healthy" });
const cascade = ["a", "b", "c"];
const step = (tries: EndedTry[], health: (profile: string) => ProfileHealth = healthy) =>
  nextStep({ cascade, tries, health });
const tried = (...list: string[]): EndedTry[] =>
  list.map((one) => {
    const [profile = "", effect = ""] = one.split(" ");
    return { profile, effect: effect as EndedTry["effect"] };
  });

describe("the next step of a cascade", () => {
  const run = (profile: string, waitMs = 0): NextStep => ({ kind: "run", profile, waitMs });
  it.each<[string, EndedTry[], NextStep]>([
    ["begins with the first profile", [], run("a")],
    ["ends with a success", tried("a done"), { kind: "settled" }],
    ["ends with the job's own outcome", tried("a limited", "b outcome"), { kind: "settled" }],
    ["ends when it was interrupted", tried("a interrupted"), { kind: "settled" }],
    ["falls from a limit to the next profile", tried("a limited"), run("b")],
    ["falls from an unusable profile to the next", tried("a machine"), run("b")],
    ["tries a transient failure again after half a minute", tried("a transient"), run("a", 30_000)],
    ["and once more after a minute", tried("a transient", "a transient"), run("a", 60_000)],
    ["and then falls to the next profile", tried("a transient", "a transient", "a transient"), run("b")],
    [
      "counts transient failures per profile",
      tried("a transient", "a transient", "a transient", "b transient"),
      run("b", 30_000),
    ],
  ])("%s", (_title, tries, expected) => expect(step(tries)).toEqual(expected));

  it("skips profiles that are limited, offline or not offered", () => {
    const health = (profile: string): ProfileHealth =>
      profile === "a"
        ? { kind: "limited", reason: "weekly" }
        : profile === "b"
          ? { kind: "notOffered" }
          : healthy();
    expect(step([], health)).toEqual(run("c"));
  });

  it("does not wait for a profile that has become limited meanwhile", () => {
    const health = (profile: string): ProfileHealth =>
      profile === "a" ? { kind: "limited", reason: "weekly" } : healthy();
    expect(step(tried("a transient"), health)).toEqual(run("b"));
  });

  it("names the earliest reset and every profile's reason when nobody is left", () => {
    const health = (profile: string): ProfileHealth =>
      profile === "a"
        ? { kind: "limited", until: 500, reason: "weekly limit" }
        : profile === "b"
          ? { kind: "limited", until: 300, reason: "5-hour limit" }
          : { kind: "offline", reason: "no login" };
    const last = step(tried("c machine"), health);
    expect(last).toMatchObject({ kind: "exhausted", until: 300 });
    expect((last as { reason: string }).reason).toMatch(/a: weekly limit.*b: 5-hour limit.*c: no login/);
  });

  it("goes on after a failure of the job's own where fallbacks are for that, and ends with the last that can run", () => {
    const offline = (profile: string): ProfileHealth =>
      profile === "b" ? { kind: "offline", reason: "no login" } : healthy();
    const next = (...all: string[]) =>
      nextStep({ cascade, tries: tried(...all), health: offline, fallThrough: true });
    expect(next("a outcome")).toEqual(run("c"));
    expect(next("a outcome", "c outcome")).toEqual({ kind: "settled" });
    expect(next("a done")).toEqual({ kind: "settled" });
    expect(next("a interrupted")).toEqual({ kind: "settled" });
  });

  it("comes to an end on every path, within three runs of each profile", () => {
    const effects = ["done", "limited", "transient", "machine", "outcome", "interrupted"] as const;
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...effects), { minLength: 20, maxLength: 20 }), (ends) => {
        const tries: EndedTry[] = [];
        for (const effect of ends) {
          const next = step(tries);
          if (next.kind !== "run") break;
          tries.push({ profile: next.profile, effect });
        }
        expect(step(tries).kind).not.toBe("run");
        for (const profile of cascade)
          expect(tries.filter((one) => one.profile === profile).length).toBeLessThanOrEqual(
            1 + TRANSIENT_WAITS_MS.length,
          );
        const order = tries.map((one) => cascade.indexOf(one.profile));
        expect(order).toEqual([...order].sort((x, y) => x - y));
      }),
    );
  });
});
