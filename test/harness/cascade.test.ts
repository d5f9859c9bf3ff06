/**
 * Seam: a runner over a backend in memory with the real CLIs as its profiles, against the provider double. Observed
 * are attempts, health and outcome; each CLI by itself is tested in realClis.test.ts.
 */
import { join } from "node:path";
import { mkdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startProvider, type Provider } from "../provider/provider.ts";
import { MemoryBackend } from "../support/memoryBackend.ts";
import { startTestRunner, testPlace, type TestPlace, type TestRunner } from "../support/startTestRunner.ts";
import { realProfile, REAL_KINDS, type RealKind } from "./realClis.ts";

const HOUR_S = 3600;
/** From the refusal to the end of the second profile, ms: how long a CLI takes to start is not the cascade's. */
const TAKEOVER_MS = 30_000;
const SUBSCRIPTION = { ANTHROPIC_API_KEY: null, CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat01-dummy" };
/** How exactly a reset is known, ms: half a minute is added to it, and the run itself takes some seconds. */
const RESET_SLACK_MS = 120_000;

let provider: Provider;
let backend: MemoryBackend;
let place: TestPlace;
let runner: TestRunner | undefined;
beforeAll(async () => {
  provider = await startProvider({});
});
afterAll(() => provider.close());
beforeEach(async () => {
  backend = new MemoryBackend();
  place = await testPlace();
  provider.requests.length = 0;
});
afterEach(async () => {
  await runner?.kill();
  await place.remove();
});

const profile = async (kind: RealKind, name: string, scenario: string) => {
  const home = join(place.home, name);
  await mkdir(home);
  const params = scenario === "usage-limit" ? { resetIn: HOUR_S } : undefined;
  const made = await realProfile(kind, { baseUrl: provider.url(scenario, params), home });
  // Claude hears of a reset with a subscription alone.
  const login = kind === "claude" && params !== undefined ? SUBSCRIPTION : {};
  return { ...made, name, env: { ...made.env, ...login } };
};
const run = async (first: RealKind, scenario: string) => {
  const second = first === "claude" ? "codex" : "claude";
  const profiles = [await profile(first, "first", scenario), await profile(second, "second", "text")];
  const cascade = ["first", "second"];
  const job = backend.add("1.1", { type: "chat", class: "agent", context: "Say hello.", cascade });
  const since = Date.now();
  runner = await startTestRunner(backend, place, { profiles });
  while (provider.requests.length === 0) await sleep(50);
  const refused = Date.now();
  await backend.until(() => job.outcome !== undefined);
  return { job, since, tookMs: Date.now() - refused };
};

describe.each(REAL_KINDS)("the real %s as the first profile", (kind) => {
  it("gives way soon when it is limited for an hour, and everybody hears until when", async () => {
    const { job, since, tookMs } = await run(kind, "usage-limit");
    expect(job.rows.map((row) => row.profile)).toEqual(["first", "second"]);
    expect(job.outcome).toMatchObject({ kind: "complete", result: "Hello from the double." });
    expect(tookMs).toBeLessThan(TAKEOVER_MS);
    expect(backend.health).toMatchObject([{ profile: "first", scope: "account", kind: "limited" }]);
    const until = backend.health[0]?.until;
    const ahead = (until ?? 0) - since;
    // Gemini names its daily quota and no time: that ends at midnight in California.
    if (kind === "gemini") expect(ahead).toBeGreaterThan(0);
    else expect(Math.abs(ahead - HOUR_S * 1000)).toBeLessThan(RESET_SLACK_MS);
  });

  it("is blocked on this machine alone when its key is refused", async () => {
    const { job } = await run(kind, "auth");
    expect(job.rows.map((row) => row.verdict)).toEqual(["auth", "success"]);
    expect(backend.health).toMatchObject([{ profile: "first", scope: "machine", kind: "offline" }]);
  });
});
