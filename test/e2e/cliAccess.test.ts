/**
 * Seam: the CLI as an agent, a remote runner, a viewer and a stranger see it: processes with tokens in their
 * environment against a real host. Claims are made by a bare client, so that no agent has to run.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConvexHttpClient } from "convex/browser";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { signAdminToken, signToken } from "../../cli/keys/sign.ts";
import { ensureSigningKey } from "../../cli/keys/signingKey.ts";
import { api } from "../../convex/_generated/api.js";
import { drover, openWorkplace, type Workplace } from "./support/drover.ts";

let place: Workplace;
let elsewhere: string;
let admin: ConvexHttpClient;
let agentEnv: Record<string, string>;
let session: string;
let job: string;

beforeAll(async () => {
  place = await openWorkplace();
  elsewhere = mkdtempSync(join(tmpdir(), "drover-elsewhere-"));
  await place.drover("create", "Mine");
  await place.drover("create", "Yours", "--independent");
  await place.drover("insert-job", "1", "--type", "plan", "--context", "c");
  const key = await ensureSigningKey(place.home);
  admin = new ConvexHttpClient(place.url, {
    auth: (await signAdminToken(key)).token,
    skipConvexDeploymentUrlCheck: true,
  });
  const runner = {
    runner: "r",
    host: "h",
    version: "1",
    namespaces: ["shop"],
    pools: ["default"],
    slots: 1,
    profiles: ["claude"],
  };
  session = (await admin.mutation(api.sessions.start, runner)).session;
  job = (await admin.query(api.jobs.get, { namespace: "shop", job: "1.1" })).job.id;
  const claimed = await admin.mutation(api.work.claim, { namespace: "shop", session, job });
  if (claimed === null) throw new Error("the claim failed");
  const claims = {
    role: "agent",
    namespaces: "shop",
    assignment: claimed.assignment.id,
    job,
    attempt: String(claimed.job.attempt),
    session,
  } as const;
  const { token } = await signToken(key, { claims, seconds: 600 });
  agentEnv = {
    DROVER_URL: place.url,
    DROVER_NAMESPACE: "shop",
    DROVER_TOKEN: token,
    DROVER_ASSIGNMENT: "1",
    DROVER_JOB: "1.1",
    DROVER_ATTEMPT: "1",
    DROVER_HOME: join(elsewhere, "home"),
  };
});
afterAll(async () => {
  await place.close();
  rmSync(elsewhere, { recursive: true, force: true });
});

const asAgent = (...args: string[]) => drover(args, { cwd: elsewhere, env: agentEnv });

describe("an agent inside a job", () => {
  it("types no ids: the environment names assignment, job and token", async () => {
    const inserted = await asAgent("insert-job", "--type", "implement", "--context", "do it");
    expect(inserted.stderr).toBe("");
    expect(inserted.json().jobs).toMatchObject([{ handle: "1.2" }]);
    expect((await asAgent("update-assignment", "--decisions", "so it is")).json().decisions).toBe("so it is");
    expect((await asAgent("assignment")).json()).toMatchObject({ assignment: { number: 1 } });
    expect((await asAgent("job")).json()).toMatchObject({ job: { handle: "1.1" } });
  });

  it.each([
    ["update-assignment", "2", "--status", "complete"],
    ["insert-job", "2", "--type", "plan", "--context", "x"],
    ["assignment", "2"],
    ["create", "mine too"],
    ["queue"],
    ["assignments"],
    ["cancel", "1.2"],
    ["token", "list"],
  ])("may not: %s %s", async (...args) => {
    const call = await asAgent(...args);
    expect([2, 6]).toContain(call.code);
    expect(call.stdout).toBe("");
    expect(call.stderr).toMatch(/^drover: /);
  });

  it("does not become an admin by losing its token", async () => {
    const call = await drover(["queue"], {
      cwd: elsewhere,
      env: { ...agentEnv, DROVER_TOKEN: "", DROVER_HOME: place.home },
    });
    expect(call).toMatchObject({ code: 6, stdout: "" });
    expect(call.stderr).toContain("DROVER_TOKEN is missing");
  });

  it("loses its rights with its attempt", async () => {
    const ended = { profile: "claude", harness: "claude", verdict: "success", startedAt: 1, endedAt: 2 };
    const fence = { job, attempt: 1, session };
    await admin.mutation(api.work.report, {
      namespace: "shop",
      fence,
      ended,
      outcome: { kind: "complete", result: "done" },
    });
    const call = await asAgent("assignment");
    expect(call).toMatchObject({ code: 6, stdout: "" });
  });
});

describe("a token for another machine", () => {
  const remote = (token: string, ...args: string[]) =>
    drover(args, {
      cwd: elsewhere,
      env: {
        DROVER_URL: place.url,
        DROVER_NAMESPACE: "shop",
        DROVER_TOKEN: token,
        DROVER_HOME: join(elsewhere, "home"),
      },
    });

  it("is printed once, listed without its text, and good for its role only", async () => {
    const made = await place.drover(
      "token",
      "create",
      "--role",
      "viewer",
      "--label",
      "wall screen",
      "--expires",
      "1h",
    );
    expect(made.code).toBe(0);
    const { token, jti } = made.json() as { token: string; jti: string };
    const list = await place.drover("token", "list");
    expect(list.json()).toMatchObject([{ jti, role: "viewer", label: "wall screen", revoked: false }]);
    expect(list.stdout).not.toContain(token);
    expect((await remote(token, "queue")).json()).toMatchObject({ namespace: "shop" });
    expect(await remote(token, "create", "x")).toMatchObject({ code: 6, stdout: "" });
  });

  it("sees no other namespace: it reads like an unknown one", async () => {
    const { token } = (await place.drover("token", "create", "--role", "viewer")).json() as { token: string };
    const foreign = await remote(token, "queue", "--namespace", "other");
    const unknown = await place.drover("queue", "--namespace", "other");
    expect(foreign.code).toBe(unknown.code);
    expect(foreign.stdout).toBe("");
  });

  it("is refused at once when it is revoked", async () => {
    const { token, jti } = (await place.drover("token", "create", "--role", "viewer")).json() as {
      token: string;
      jti: string;
    };
    expect((await remote(token, "queue")).code).toBe(0);
    expect((await place.drover("token", "revoke", jti)).code).toBe(0);
    expect(await remote(token, "queue")).toMatchObject({ code: 6, stdout: "" });
  });

  it("comes from a machine that holds the key, and says so elsewhere", async () => {
    const env = { DROVER_URL: place.url, DROVER_NAMESPACE: "shop", DROVER_HOME: join(elsewhere, "empty") };
    const create = await drover(["token", "create", "--role", "viewer"], { cwd: elsewhere, env });
    expect(create.code).toBe(6);
    expect(create.stderr).toContain("holds no signing key");
    const stranger = await drover(["queue"], { cwd: elsewhere, env });
    expect(stranger.code).toBe(6);
    expect(stranger.stderr).toContain("drover token create");
  });
});
