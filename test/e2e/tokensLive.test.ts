/**
 * Seam: the real functions on a live host, and unmodified clients whose tokens are revoked, run out, were signed by
 * somebody else, or belong to another attempt, while an honest client watches the same query.
 */
import { ConvexClient } from "convex/browser";
import { expect, it, onTestFinished } from "vitest";
import { api } from "../../convex/_generated/api.js";
import { sign, testKeys } from "../support/keys.ts";
import { insertScripts, queueHost, type QueueHost } from "../support/queueHost.ts";

function clientWith(host: QueueHost, token: string): ConvexClient {
  const client = new ConvexClient(host.url, {
    skipConvexDeploymentUrlCheck: true,
    expectAuth: true,
    logger: false,
    unsavedChangesWarning: false,
  });
  client.setAuth(() => Promise.resolve(token));
  onTestFinished(() => client.close());
  return client;
}

/** Collects what a client is told of the list of assignments. */
function watchList(client: ConvexClient, namespace: string) {
  const errors: Error[] = [];
  const counts: number[] = [];
  let look = () => {};
  client.onUpdate(
    api.assignments.list,
    { namespace },
    (list) => (counts.push(list.length), look()),
    (error) => (errors.push(error), look()),
  );
  const until = (fact: () => boolean) =>
    new Promise<void>((resolve) => {
      look = () => {
        if (fact()) resolve();
      };
      look();
    });
  return { errors, counts, until };
}

it("a revoked token loses its live queries and its mutations at once, and nobody else does", async () => {
  const host = await queueHost();
  const { admin, namespace, keys } = host;
  const claims = { role: "admin", namespaces: namespace } as const;
  const stolen = clientWith(host, await sign(keys.privateJwk, claims, { jti: "stolen" }));
  const honest = clientWith(host, await sign(keys.privateJwk, claims, { jti: "honest" }));
  for (const jti of ["stolen", "honest"]) {
    const token = {
      jti,
      role: "admin" as const,
      namespaces: namespace,
      label: jti,
      expiresAt: Date.now() + 3_600_000,
    };
    await admin.mutation(api.tokens.register, token);
  }
  const [theirs, ours] = [watchList(stolen, namespace), watchList(honest, namespace)];
  await Promise.all([theirs.until(() => theirs.counts.length > 0), ours.until(() => ours.counts.length > 0)]);
  await admin.mutation(api.tokens.revoke, { jti: "stolen" });
  await theirs.until(() => theirs.errors.length > 0);
  expect(JSON.stringify((theirs.errors[0] as { data?: unknown }).data)).toMatch(
    /UNAUTHENTICATED|NOT_ALLOWED/,
  );
  const create = { namespace, northStar: "x", policy: "static" as const };
  await expect(stolen.mutation(api.assignments.create, create)).rejects.toThrow(/revoked/);
  await honest.mutation(api.assignments.create, create);
  await ours.until(() => ours.counts.at(-1) === 1);
  expect(ours.errors).toEqual([]);
  expect(theirs.counts).toEqual([0]);
});

it("a token that was signed by somebody else, or has run out, reaches no function", async () => {
  const host = await queueHost();
  const claims = { role: "admin", namespaces: "*" } as const;
  const foreign = await sign((await testKeys()).privateJwk, claims);
  const past = await sign(host.keys.privateJwk, claims, { expiresAt: Math.floor(Date.now() / 1000) - 3_600 });
  for (const token of [foreign, past]) {
    const answer = await fetch(`${host.url}/api/query`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ path: "assignments:list", args: { namespace: host.namespace } }),
    });
    expect(answer.status).toBe(401);
    const watched = watchList(clientWith(host, token), host.namespace);
    await watched.until(() => watched.errors.length + watched.counts.length > 0);
    expect(watched.counts).toEqual([]);
    expect(JSON.stringify((watched.errors[0] as { data?: unknown }).data)).toContain("UNAUTHENTICATED");
  }
});

it("an agent's token is worth nothing once its attempt has ended, for its live queries too", async () => {
  const host = await queueHost({ leaseMs: 60_000 });
  const { admin, namespace, keys } = host;
  const [handle = ""] = await insertScripts(host, [{ context: "true" }]);
  const { session } = await admin.mutation(api.sessions.start, {
    ...{ runner: "r", host: "h", version: "1", namespaces: [namespace], pools: ["default"] },
    ...{ slots: 1, profiles: ["script"] },
  });
  const claimed = await admin.mutation(api.work.claim, { namespace, session, job: handle });
  if (claimed === null) throw new Error("not claimed");
  const { id, attempt } = claimed.job;
  const binding = { assignment: claimed.assignment.id, job: id, attempt: String(attempt), session };
  const agent = clientWith(
    host,
    await sign(keys.privateJwk, { role: "agent", namespaces: namespace, ...binding }),
  );
  let told = () => {};
  const errors: Error[] = [];
  const seen: string[] = [];
  const args = { namespace, job: handle };
  agent.onUpdate(
    api.jobs.get,
    args,
    ({ job }) => (seen.push(job.status), told()),
    (error) => (errors.push(error), told()),
  );
  const until = (fact: () => boolean) =>
    new Promise<void>((resolve) => ((told = () => fact() && resolve()), told()));
  await until(() => seen.length > 0);
  await admin.mutation(api.work.report, {
    ...{
      namespace,
      fence: { job: id, attempt, session },
      outcome: { kind: "complete" as const, result: "ok" },
    },
    ended: { profile: "script", harness: "script", verdict: "success", startedAt: 1, endedAt: 2 },
  });
  await until(() => errors.length > 0);
  expect(seen).toEqual(["running"]);
});
