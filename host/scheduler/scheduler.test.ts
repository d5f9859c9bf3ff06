/** Seam: scheduled functions through real hosts, also across a restart on the same data file. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  convexClient,
  fixtureHost,
  hostArgs,
  hostProcess,
  httpClient,
  mutation,
  query,
  tempApp,
  tempFolder,
  watch,
} from "../fixtures/harness.ts";

const state = (kind: string) => (job: { state: { kind: string } } | null) => job?.state.kind === kind;

describe("a scheduled mutation", () => {
  it("runs once, and its row says so reactively", async () => {
    const host = await fixtureHost();
    const client = convexClient(host.url);
    const id = await client.mutation(mutation("marks:later"), { text: "soon", afterMs: 0 });
    const job = await watch(client, "marks:job", { id }).until(state("success"));
    expect(job).toMatchObject({ name: "marks.js:write", args: [{ text: "soon" }] });
    expect(job.completedTime).toBeGreaterThanOrEqual(job.scheduledTime);
    expect(await client.query(query("marks:texts"), { text: "soon" })).toBe(1);
  });

  it("that throws is failed with its error, and has written nothing", async () => {
    const host = await fixtureHost();
    const client = convexClient(host.url);
    const id = await client.mutation(mutation("marks:later"), { text: "boom", afterMs: 0, fail: true });
    const job = await watch(client, "marks:job", { id }).until(state("failed"));
    expect(job.state.error).toContain("Uncaught Error: exploded: boom");
    expect(await client.query(query("marks:texts"), { text: "boom" })).toBe(0);
  });

  it("can be canceled while it waits", async () => {
    const host = await fixtureHost();
    const client = convexClient(host.url);
    const id = await client.mutation(mutation("marks:later"), { text: "never", afterMs: 3_600_000 });
    await client.mutation(mutation("marks:cancel"), { id });
    expect((await client.query(query("marks:job"), { id })).state).toEqual({ kind: "canceled" });
    await client.mutation(mutation("marks:cancel"), { id });
  });

  it("cannot be canceled when it has come to its end", async () => {
    const host = await fixtureHost();
    const client = convexClient(host.url);
    const id = await client.mutation(mutation("marks:later"), { text: "soon", afterMs: 0 });
    await watch(client, "marks:job", { id }).until(state("success"));
    await expect(client.mutation(mutation("marks:cancel"), { id })).rejects.toThrow(
      "already completed (success)",
    );
  });

  it("that a failed mutation scheduled does not exist", async () => {
    const host = await fixtureHost();
    const client = convexClient(host.url);
    const wrong = client.mutation(mutation("marks:later"), { text: "x", afterMs: 6 * 366 * 24 * 3_600_000 });
    await expect(wrong).rejects.toThrow("within 5 years");
  });
});

it("runs a scheduled action, whose writes are mutations of their own", async () => {
  const host = await fixtureHost();
  const client = convexClient(host.url);
  const id = await client.mutation(mutation("marks:actLater"), { text: "acted" });
  await watch(client, "marks:job", { id }).until(state("success"));
  expect(await client.query(query("marks:texts"), { text: "acted" })).toBe(1);
});

it("lets a running action that is canceled end, and cancels what it schedules from then on, also by a mutation", async () => {
  const host = await fixtureHost();
  const client = convexClient(host.url);
  const id = await client.mutation(mutation("marks:scheduleWhenTold"), {});
  const job = watch(client, "marks:job", { id });
  await job.until(state("inProgress"));
  await client.mutation(mutation("marks:cancel"), { id });
  await client.mutation(mutation("marks:write_"), { text: "told" });
  const ended = watch(client, "marks:texts", { text: "ended" });
  await ended.until((count: number) => count === 1);
  const later = await client.query(query("marks:jobs"), {});
  expect(later.map((each: { name: string; state: object }) => [each.name, each.state])).toEqual([
    ["marks.js:actWhenTold", { kind: "canceled" }],
    ["marks.js:write", { kind: "canceled" }],
    ["marks.js:write", { kind: "canceled" }],
  ]);
});

it("runs what fell due while no host was up, once, also after a kill", async () => {
  const data = join(tempFolder(), "data.sqlite");
  const args = hostArgs(data);
  const first = await hostProcess(args);
  const writer = httpClient(first.url);
  const ids = await Promise.all(
    Array.from({ length: 20 }, (_, i) =>
      writer.mutation(mutation("marks:later"), { text: `due ${i}`, afterMs: 600 }, { skipQueue: true }),
    ),
  );
  await first.end("SIGKILL");
  expect(existsSync(`${data}.lock`)).toBe(true);

  const host = await fixtureHost({ data });
  const client = convexClient(host.url);
  await Promise.all(ids.map((id) => watch(client, "marks:job", { id }).until(state("success"))));
  for (let i = 0; i < ids.length; i++)
    expect(await client.query(query("marks:texts"), { text: `due ${i}` })).toBe(1);
});

it("fails an action that was running when the host was killed, and does not run it again", async () => {
  const data = join(tempFolder(), "data.sqlite");
  const first = await hostProcess(hostArgs(data));
  const id = await httpClient(first.url).mutation(mutation("marks:actForEver"), {});
  await watch(convexClient(first.url), "marks:job", { id }).until(state("inProgress"));
  await first.end("SIGKILL");
  const host = await fixtureHost({ data });
  const job = await httpClient(host.url).query(query("marks:job"), { id });
  expect(job.state).toEqual({ kind: "failed", error: "Transient error while executing action" });
});

it("starts a new interval cron at once, and not again when the host restarts before its time", async () => {
  const data = join(tempFolder(), "data.sqlite");
  for (let start = 0; start < 2; start++) {
    const host = await fixtureHost({ data });
    const client = convexClient(host.url);
    await watch(client, "marks:texts", { text: "cron" }).until((count) => count === 1);
    expect(await client.query(query("marks:texts"), { text: "daily" })).toBe(0);
    await host.stop();
  }
});

it("refuses a cron that names no function", async () => {
  const functions = tempApp({
    "crons.ts": `import { cronJobs, makeFunctionReference } from "convex/server";
      const crons = cronJobs();
      crons.interval("lost", { hours: 1 }, makeFunctionReference("nowhere:fn") as never);
      export default crons;`,
  });
  await expect(fixtureHost({ functions })).rejects.toThrow(
    'crons.ts: "lost" runs "nowhere:fn", which is no mutation or action',
  );
});
