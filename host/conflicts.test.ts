/** Seam: a real host that simulates conflicts, and mutations that arrive together over one socket each. */
import { expect, it } from "vitest";
import { convexClient, fixtureHost, mutation, query } from "./fixtures/harness.ts";

const CLIENTS = 8;

it("retries a mutation whose reads another has changed, and gives up after four retries", async () => {
  const host = await fixtureHost({ simulateConflicts: true });
  const clients = Array.from({ length: CLIENTS }, () => convexClient(host.url));
  const [first] = clients as [ReturnType<typeof convexClient>];
  for (let i = 0; i < 40; i++) await first.mutation(mutation("tasks:add"), { queue: "a", title: `${i}` });
  // All of them read the head of the queue and take it.
  const claims = clients.flatMap((client) =>
    Array.from({ length: 4 }, () => client.mutation(mutation("tasks:claim"), { queue: "a" })),
  );
  const settled = await Promise.allSettled(claims);
  const won = settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
  const lost = settled.flatMap((each) => (each.status === "rejected" ? [String(each.reason)] : []));
  expect(new Set(won).size).toBe(won.length);
  const counts = host.conflicts()["tasks:claim"]!;
  expect(counts.calls).toBe(claims.length);
  expect(counts.failed).toBe(lost.length);
  expect(counts.tries).toBeGreaterThan(counts.calls);
  for (const message of lost) expect(message).toContain("changed while this mutation was being run");
  const ready = await first.query(query("tasks:next"), { queue: "a" });
  expect(ready.title).toBe(String(won.length));
});

it("lets mutations pass that read nothing of each other", async () => {
  const host = await fixtureHost({ simulateConflicts: true });
  const clients = Array.from({ length: CLIENTS }, () => convexClient(host.url));
  await Promise.all(
    clients.map((client, i) => client.mutation(mutation("tasks:add"), { queue: `${i}`, title: "x" })),
  );
  expect(host.conflicts()["tasks:add"]).toEqual({ calls: CLIENTS, tries: CLIENTS, failed: 0 });
});
