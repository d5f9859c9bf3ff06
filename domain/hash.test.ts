/** Hashes and what rests on them: sameness of content, and who claims first. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { contentHash } from "./contentHash.ts";
import { hash53 } from "./hash.ts";
import { rankFor } from "./rendezvous.ts";

describe("hash53", () => {
  it("gives a safe whole number that depends on text and seed", () => {
    expect(hash53("a")).toBe(hash53("a"));
    expect(hash53("a")).not.toBe(hash53("b"));
    expect(hash53("a", 1)).not.toBe(hash53("a"));
    fc.assert(fc.property(fc.string(), (text) => Number.isSafeInteger(hash53(text))));
  });
});

describe("contentHash", () => {
  const job = { type: "plan", context: "c", cascade: ["a", "b"] };

  it("is the same for the same content and another for any other", () => {
    const others = [
      { ...job, type: "review" },
      { ...job, context: "d" },
      { ...job, repo: "o/r" },
      { ...job, cascade: ["b", "a"] },
    ].map(contentHash);
    expect(contentHash({ ...job })).toBe(contentHash(job));
    expect(new Set([contentHash(job), ...others]).size).toBe(5);
  });
});

describe("rankFor", () => {
  const sessions = fc.uniqueArray(fc.string({ minLength: 1 }), { minLength: 1, maxLength: 20 });

  it("gives every session of a job a place of its own", () => {
    fc.assert(
      fc.property(fc.string(), sessions, (job, all) => {
        const ranks = all.map((session) => rankFor(job, session, all)).sort((a, b) => a - b);
        expect(ranks).toEqual(all.map((_, i) => i));
      }),
    );
  });

  it("moves nobody else's first choice when a session leaves", () => {
    fc.assert(
      fc.property(fc.string(), sessions, (job, all) => {
        const first = all.find((session) => rankFor(job, session, all) === 0) ?? "";
        const [leaver] = all.filter((session) => session !== first);
        const rest = all.filter((session) => session !== leaver);
        expect(rankFor(job, first, rest)).toBe(0);
      }),
    );
  });

  it("puts a session that is not among them last", () => {
    expect(rankFor("j", "x", ["a", "b"])).toBe(2);
  });

  it("spreads first choices over the sessions", () => {
    const all = ["a", "b", "c", "d"];
    const wins = Array.from({ length: 4000 }, (_, i) =>
      all.findIndex((s) => rankFor(`job${i}`, s, all) === 0),
    );
    for (const i of [0, 1, 2, 3]) expect(wins.filter((w) => w === i).length).toBeGreaterThan(800);
  });
});
