/**
 * Seam: hosts whose wall clock (Date.now of this process) goes back by a day, between two starts and under a running
 * host. Observed are timestamps and orders as clients see them, crons, and what the log says.
 */
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import {
  convexClient,
  fixtureHost,
  httpClient,
  mutation,
  query,
  rawSocket,
  tempApp,
  tempFolder,
  watch,
} from "./fixtures/harness.ts";
import type { HostLog } from "./values/log.ts";

const DAY_MS = 86_400_000;
const SESSION = "3f2c8a0e-0000-4000-8000-000000000009";
const realNow = Date.now.bind(Date);
const setBack = () => vi.spyOn(Date, "now").mockImplementation(() => realNow() - DAY_MS);
afterEach(() => vi.restoreAllMocks());

const tsOf = (text: string) => Buffer.from(text, "base64").readBigUInt64LE(0);
const adding = (requestId: number, title: string) => ({
  type: "Mutation",
  requestId,
  udfPath: "tasks:add",
  args: [{ queue: "a", title }],
});

it("after a start with a clock of yesterday timestamps, order and resent mutations are as before", async () => {
  const data = join(tempFolder(), "data.sqlite");
  const first = await fixtureHost({ data });
  const before = await rawSocket(first.url);
  before.connect(SESSION);
  before.send(adding(1, "before"));
  const early = await before.message("MutationResponse");
  await first.stop();

  setBack();
  const lines: HostLog[] = [];
  const host = await fixtureHost({ data, log: (line) => lines.push(line) });
  const texts = lines.flatMap((line) => (line.kind === "host" ? [line.text] : []));
  expect(texts.join()).toMatch(/clock is 86\d{3} s behind the last commit/);
  const after = await rawSocket(host.url);
  after.connect(SESSION, { connectionCount: 1, maxObservedTimestamp: early.ts });
  after.send(adding(1, "before"));
  expect(await after.message("MutationResponse")).toEqual(early);
  after.send(adding(2, "after"));
  const late = await after.message("MutationResponse", ({ requestId }) => requestId === 2);
  expect(tsOf(late.ts)).toBeGreaterThan(tsOf(early.ts));
  expect(await httpClient(host.url).query(query("tasks:titles"), { queue: "a" })).toEqual([
    "before",
    "after",
  ]);
});

it("a running host whose clock is set back goes on to answer and to tell its subscribers", async () => {
  const host = await fixtureHost();
  const client = convexClient(host.url);
  const titles = watch(client, "tasks:titles", { queue: "a" });
  await client.mutation(mutation("tasks:add"), { queue: "a", title: "0" });
  setBack();
  for (let i = 1; i <= 5; i++) await client.mutation(mutation("tasks:add"), { queue: "a", title: `${i}` });
  expect(await titles.until((value) => value.length === 6)).toEqual(["0", "1", "2", "3", "4", "5"]);
  const id = await client.mutation(mutation("marks:later"), { text: "soon", afterMs: 1 });
  await watch(client, "marks:job", { id }).until((job) => job?.state.kind === "success");
});

it("crons go on by the new time, across a start and under a running host", async () => {
  const functions = tempApp({
    "schema.ts": 'import { defineSchema } from "convex/server"; export default defineSchema({});',
    "marks.ts": `
      import { mutationGeneric as mutation, queryGeneric as query } from "convex/server";
      export const write = mutation({ args: {}, handler: async (ctx) => { await ctx.db.insert("marks", {}); } });
      export const count = query({ args: {}, handler: async (ctx) => (await ctx.db.query("marks").collect()).length });
    `,
    "crons.ts": `
      import { cronJobs, makeFunctionReference } from "convex/server";
      const crons = cronJobs();
      crons.interval("beat", { seconds: 1 }, makeFunctionReference("marks:write"), {});
      export default crons;
    `,
  });
  const data = join(tempFolder(), "data.sqlite");
  const first = await fixtureHost({ data, functions });
  await watch(convexClient(first.url), "marks:count").until((count) => count >= 1);
  await first.stop();
  const back = setBack();
  const host = await fixtureHost({ data, functions });
  const counts = watch(convexClient(host.url), "marks:count");
  const now = await counts.until((count) => count >= 2);
  back.mockImplementation(() => realNow() - 2 * DAY_MS);
  await counts.until((count) => count >= now + 3);
});
