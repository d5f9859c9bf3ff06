/**
 * Seam: the real functions on the embedded host, two runners as processes that say they are on two machines, and a real
 * CLI as the first profile of both, against the provider double. Observed is what the queue says of the profile and of
 * the attempts, and what the provider was asked.
 */
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { api } from "../../convex/_generated/api.js";
import { STREAM_KINDS, type StreamKind } from "../../runner/harness/port.ts";
import { startProvider, type Provider } from "../provider/provider.ts";
import { queueHost, runnerProcess, untilJob, type QueueHost } from "../support/queueHost.ts";
import { realProfile } from "./realClis.ts";

const HOUR_S = 3600;
/** From the first refusal to the end of the second profile's work, ms. */
const TAKEOVER_MS = 30_000;
/** The queue adds half a minute to a reset; the run itself takes some seconds. */
const RESET_SLACK_MS = 120_000;
const SUBSCRIPTION = { ANTHROPIC_API_KEY: null, CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat01-dummy" };

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider({});
});
afterAll(() => provider.close());
beforeEach(() => void (provider.requests.length = 0));

const asked = (scenario: string) => provider.requests.filter((one) => one.scenario === scenario).length;

interface Machine {
  name: string;
  /** The CLI of its first profile, and how the provider answers that. */
  first: StreamKind;
  scenario: string;
}

/** Two profiles, each with a HOME of its own. */
async function profilesOn(host: QueueHost, { name: machine, first, scenario }: Machine) {
  const made = async (name: string, kind: StreamKind, wanted: string) => {
    const home = join(host.home, machine, name);
    await mkdir(home, { recursive: true });
    const params = wanted === "usage-limit" ? { resetIn: HOUR_S } : undefined;
    const profile = await realProfile(kind, { baseUrl: provider.url(wanted, params), home });
    // Claude hears of a reset with a subscription alone.
    const login = kind === "claude" && params !== undefined ? SUBSCRIPTION : {};
    return { ...profile, name, env: { ...profile.env, ...login } };
  };
  const second = first === "claude" ? "codex" : "claude";
  return [await made("first", first, scenario), await made("second", second, "text")];
}

async function runnerOn(host: QueueHost, machine: Machine) {
  const profiles = await profilesOn(host, machine);
  return runnerProcess(host, { name: machine.name, host: machine.name, profiles });
}

async function insertJob({ admin, namespace }: QueueHost): Promise<string> {
  const wish = { namespace, northStar: "say hello", policy: "static" as const, independent: true };
  const { id } = await admin.mutation(api.assignments.create, wish);
  const jobs = [{ type: "chat" as const, context: "Say hello.", cascade: ["first", "second"] }];
  const inserted = await admin.mutation(api.jobs.insert, { namespace, assignment: id, jobs });
  if (inserted.kind !== "inserted") throw new Error(inserted.reason);
  return inserted.jobs[0]?.handle ?? "";
}

const completed = (host: QueueHost, handle: string) =>
  untilJob(host, handle, ({ job }) => ["complete", "failed"].includes(job.status));
const profilesOf = ({ attempts }: Awaited<ReturnType<typeof completed>>) =>
  attempts.map((attempt) => attempt.profile);
const healthIn = ({ admin, namespace }: QueueHost) => admin.query(api.health.list, { namespace });

describe.each(STREAM_KINDS)("a fleet whose first profile is the real %s", (kind) => {
  it("hears from one runner of a limit, and no other runner asks the account again before its reset", async () => {
    const host = await queueHost({ leaseMs: 15_000 });
    const one = await runnerOn(host, { name: "one", first: kind, scenario: "usage-limit" });
    const since = Date.now();
    const first = await insertJob(host);
    while (asked("usage-limit") === 0) await sleep(50);
    const refused = Date.now();
    const view = await completed(host, first);
    expect(Date.now() - refused).toBeLessThan(TAKEOVER_MS);
    expect(view.job.status).toBe("complete");
    expect(profilesOf(view)).toEqual(["first", "second"]);

    const health = await healthIn(host);
    expect(health).toMatchObject([{ profile: "first", scope: "account", kind: "limited" }]);
    const ahead = (health[0]?.until ?? 0) - since;
    // Gemini names its daily quota and no time: that ends at midnight in California.
    if (kind === "gemini") expect(ahead).toBeGreaterThan(0);
    else expect(Math.abs(ahead - HOUR_S * 1000)).toBeLessThan(RESET_SLACK_MS);

    one.child.kill("SIGTERM");
    await one.exited;
    const before = asked("usage-limit");
    await runnerOn(host, { name: "two", first: kind, scenario: "usage-limit" });
    const other = await completed(host, await insertJob(host));
    expect(other.job.status).toBe("complete");
    expect(profilesOf(other)).toEqual(["second"]);
    expect(other.attempts[0]?.why).toContain("first: limited until");
    expect(asked("usage-limit")).toBe(before);
  });

  it("hears of a refused key as the matter of one machine: the other one tries its own", async () => {
    const host = await queueHost({ leaseMs: 15_000 });
    const one = await runnerOn(host, { name: "one", first: kind, scenario: "auth" });
    expect(profilesOf(await completed(host, await insertJob(host)))).toEqual(["first", "second"]);
    expect(await healthIn(host)).toMatchObject([
      { profile: "first", scope: "machine", machine: "one", kind: "offline" },
    ]);
    one.child.kill("SIGTERM");
    await one.exited;
    await runnerOn(host, { name: "two", first: kind, scenario: "text" });
    expect(profilesOf(await completed(host, await insertJob(host)))).toEqual(["first"]);
  });
});
