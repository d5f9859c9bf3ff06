/** Tokens: what is written down, listed and revoked, and what the deployment signs for an agent. */
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from "../domain/roles.ts";
import { api } from "./_generated/api.js";
import { errorOf, openQueue } from "./queue.testkit.ts";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
});

const token = { jti: "t", role: "runner" as const, namespaces: "main", label: "laptop", expiresAt: 5 };

async function keys() {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  return {
    signing: JSON.stringify({ ...(await exportJWK(privateKey)), kid: "k1", use: "sig", alg: "ES256" }),
    jwks: createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256" }] }),
  };
}

async function held() {
  const q = await openQueue();
  await q.insert(await q.create(), {});
  const session = await q.startSession();
  const claimed = await q.claim(session, "1.1");
  return { q, claimed, fence: { job: claimed?.job.id ?? "", attempt: 1, session } };
}

describe("tokens:agent", () => {
  it("signs a token that says what the agent is bound to, and that works", async () => {
    const { q, claimed, fence } = await held();
    const { signing, jwks } = await keys();
    vi.stubEnv("DROVER_SIGNING_KEY", signing);
    const { token: jwt } = await q.admin.action(api.tokens.agent, { fence });
    const { payload, protectedHeader } = await jwtVerify(jwt, jwks, {
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
      currentDate: new Date(),
    });
    expect(protectedHeader).toEqual({ alg: "ES256", typ: "JWT", kid: "k1" });
    expect(payload).toMatchObject({
      role: "agent",
      namespaces: "main",
      assignment: claimed?.assignment.id,
      job: fence.job,
      attempt: "1",
      session: fence.session,
    });
    expect(payload.exp).toBe(Math.floor(Date.now() / 1000) + 1800 + 3600);
    const agent = q.t.withIdentity({ ...payload, subject: payload.sub ?? "" });
    expect(await agent.query(api.jobs.get, { namespace: "main", job: "1.1" })).toMatchObject({
      job: { status: "running" },
    });
  });

  it("signs none for an attempt that is over", async () => {
    const { q, fence } = await held();
    await q.report(fence, { kind: "complete", result: "" });
    expect(await errorOf(q.admin.action(api.tokens.agent, { fence }))).toMatchObject({ code: "LEASE_LOST" });
  });

  it("signs none for a job of a namespace that the runner may not see", async () => {
    const { q, fence } = await held();
    const other = q.as({ role: "runner", namespaces: "other", pools: "*" });
    expect(await errorOf(other.action(api.tokens.agent, { fence }))).toMatchObject({ code: "NOT_FOUND" });
  });

  it.each(["{}", "no json", '{"kty":"RSA"}'])("says what is wrong with the key %j", async (key) => {
    const { q, fence } = await held();
    vi.stubEnv("DROVER_SIGNING_KEY", key);
    expect(await errorOf(q.admin.action(api.tokens.agent, { fence }))).toMatchObject({
      code: "INVALID",
      message: expect.stringContaining("expected a private P-256 key"),
    });
  });

  it("signs with a key without a kid", async () => {
    const { q, fence } = await held();
    const { signing } = await keys();
    const { kid: _kid, ...key } = JSON.parse(signing) as { kid: string };
    vi.stubEnv("DROVER_SIGNING_KEY", JSON.stringify(key));
    expect((await q.admin.action(api.tokens.agent, { fence })).token.split(".")).toHaveLength(3);
  });
});

describe("registered tokens", () => {
  it("are listed newest first, once each, to those who could have made them", async () => {
    const q = await openQueue();
    await q.admin.mutation(api.tokens.register, token);
    await q.admin.mutation(api.tokens.register, { ...token, label: "again" });
    await q.admin.mutation(api.tokens.register, { ...token, jti: "all", namespaces: "*" });
    expect(await q.admin.query(api.tokens.list, {})).toMatchObject([
      { jti: "all" },
      { ...token, revoked: false },
    ]);
    const bound = q.as({ role: "admin", namespaces: "main" });
    expect((await bound.query(api.tokens.list, {})).map(({ jti }) => jti)).toEqual(["t"]);
    expect(await errorOf(bound.mutation(api.tokens.revoke, { jti: "all" }))).toMatchObject({
      code: "NOT_FOUND",
    });
  });

  it.each(["*", "other", "main,other"])("may not grant %s beyond the own grant", async (namespaces) => {
    const q = await openQueue();
    const bound = q.as({ role: "admin", namespaces: "main" });
    expect(await errorOf(bound.mutation(api.tokens.register, { ...token, namespaces }))).toMatchObject({
      code: "NOT_ALLOWED",
    });
  });

  it("are revoked once and for all", async () => {
    const q = await openQueue();
    await q.admin.mutation(api.tokens.register, token);
    for (let i = 0; i < 2; i += 1) await q.admin.mutation(api.tokens.revoke, { jti: "t" });
    expect(await q.admin.query(api.tokens.list, {})).toMatchObject([{ revoked: true }]);
    expect(await errorOf(q.admin.mutation(api.tokens.revoke, { jti: "none" }))).toMatchObject({
      code: "NOT_FOUND",
    });
  });
});
