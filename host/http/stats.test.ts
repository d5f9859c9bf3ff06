/** Seam: `/api/host_stats` of a live host, asked by an administrator and by nobody. */
import { expect, it } from "vitest";
import type { HostStats } from "./statsRoute.ts";
import { ADMIN_KEY, convexClient, fixtureHost, mutation, watch } from "../fixtures/harness.ts";

it("tells an administrator what the host has done, and nobody else", async () => {
  const host = await fixtureHost();
  const client = convexClient(host.url);
  const titles = watch(client, "tasks:titles", { queue: "a" });
  for (let i = 0; i < 3; i++) await client.mutation(mutation("tasks:add"), { queue: "a", title: `${i}` });
  await titles.until((value) => value.length === 3);
  await expect(client.mutation(mutation("tasks:refuse"), { reason: "x" })).rejects.toThrow();

  const ask = (headers: Record<string, string>) => fetch(`${host.url}/api/host_stats`, { headers });
  expect((await ask({})).status).toBe(403);
  expect((await ask({ authorization: "Convex wrong" })).status).toBe(403);
  const answer = await ask({ authorization: `Convex ${ADMIN_KEY}` });
  const stats = (await answer.json()) as HostStats;
  expect(stats).toMatchObject({ sockets: 1, queries: 1, subscriptions: 1 });
  expect(stats.commits).toBeGreaterThanOrEqual(3);
  expect(stats.memoryBytes).toBeGreaterThan(1_000_000);
  const of = (path: string) => stats.functions.find((each) => each.path === path)!;
  expect(of("tasks:add")).toMatchObject({ calls: 3, failures: 0 });
  expect(of("tasks:refuse")).toMatchObject({ calls: 1, failures: 1 });
  expect(of("tasks:add").maxMs).toBeGreaterThanOrEqual(of("tasks:add").meanMs);
});
