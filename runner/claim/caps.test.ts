/** Seam: the rule alone over declared loads, then a daemon over a backend in memory that has slots to spare. */
import { setTimeout as sleep } from "node:timers/promises";
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryBackend } from "../../test/support/memoryBackend.ts";
import {
  startTestRunner,
  testPlace,
  type TestPlace,
  type TestRunner,
} from "../../test/support/startTestRunner.ts";
import type { RunnerOptions } from "../options.ts";
import { fitsCaps, type Load } from "./caps.ts";

const word = (...words: string[]) => fc.constantFrom(...words);
const load = fc.record({
  namespace: word("a", "b"),
  repo: fc.option(word("r", "s"), { nil: undefined }),
  profile: fc.option(word("p", "q"), { nil: undefined }),
});

describe("caps", () => {
  it("never let more jobs of a namespace, a repo or a profile run than they say", () => {
    fc.assert(
      fc.property(fc.array(load, { maxLength: 30 }), fc.nat({ max: 4 }), (wishes, cap) => {
        const present: Load[] = [];
        const caps = { limits: { jobsPerNamespace: cap + 2, jobsPerRepo: cap }, ofProfile: () => cap + 1 };
        for (const wish of wishes) if (fitsCaps(() => present, wish, caps)) present.push(wish);
        const most = (part: keyof Load) =>
          Math.max(
            0,
            ...["a", "b", "r", "s", "p", "q"].map((one) => present.filter((l) => l[part] === one).length),
          );
        expect(most("namespace")).toBeLessThanOrEqual(cap + 2);
        expect(most("repo")).toBeLessThanOrEqual(cap);
        expect(most("profile")).toBeLessThanOrEqual(cap + 1);
      }),
    );
  });

  it("hold nothing back where nothing is said", () => {
    const none = { limits: { jobsPerNamespace: Infinity, jobsPerRepo: Infinity }, ofProfile: () => Infinity };
    const next = { namespace: "a", repo: "r", profile: "p" };
    expect(fitsCaps(() => Array.from({ length: 99 }, () => next), next, none)).toBe(true);
  });
});

describe("a runner with slots to spare", () => {
  let backend: MemoryBackend;
  let place: TestPlace;
  let runner: TestRunner | undefined;
  beforeEach(async () => {
    backend = new MemoryBackend();
    place = await testPlace();
  });
  afterEach(async () => {
    await runner?.kill();
    await place.remove();
  });

  /** Six jobs that run until they are let go; gives the most that were seen at once. */
  const mostAtOnce = async (change: Partial<RunnerOptions>, cascade: string[], repo?: string) => {
    const wait = 'touch "$DROVER_JOB.on"; while [ ! -e go ]; do sleep 0.02; done; rm "$DROVER_JOB.on"';
    const job = { context: wait, cascade, ...(repo === undefined ? {} : { repo }) };
    const jobs = Array.from({ length: 6 }, (_, i) => backend.add(`1.${i + 1}`, job));
    runner = await startTestRunner(backend, place, { slots: 6, ...change });
    const on = () => readdirSync(place.checkout).filter((name) => name.endsWith(".on")).length;
    while (on() === 0) await sleep(10);
    // As long as the claims of the others would take.
    await sleep(300);
    const most = on();
    writeFileSync(join(place.checkout, "go"), "");
    await backend.until(() => jobs.every((job) => job.outcome !== undefined));
    expect(existsSync(join(place.checkout, "go"))).toBe(true);
    return most;
  };

  it("runs no more jobs of a namespace than its cap, and all of them in the end", async () => {
    expect(await mostAtOnce({ limits: { jobsPerNamespace: 2 } }, ["script"])).toBe(2);
  });

  it("runs no more jobs of a repo than its cap", async () => {
    const namespaces = { app: { repos: { "o/r": place.checkout }, defaultPath: place.checkout } };
    expect(await mostAtOnce({ namespaces, limits: { jobsPerRepo: 3 } }, ["script"], "o/r")).toBe(3);
  });

  it("runs no more jobs of a profile than its cap", async () => {
    const one = { name: "one", type: "script" as const, maxConcurrent: 1 };
    expect(await mostAtOnce({ profiles: [one] }, ["one"])).toBe(1);
  });

  it("runs as many as it has slots where there is no cap", async () => {
    expect(await mostAtOnce({}, ["script"])).toBe(6);
  });
});
