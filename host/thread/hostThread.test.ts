/**
 * Seam: a real host process with little memory, whose function takes all of it without ever calling the host. What is
 * shown is that the process goes on, that nothing is lost, and what everybody is told.
 */
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  convexClient,
  hostArgs,
  hostProcess,
  httpClient,
  mutation,
  query,
  tempFolder,
  watch,
} from "../fixtures/harness.ts";

const SMALL_HEAP = ["env", "NODE_OPTIONS=--max-old-space-size=256"];

it("goes on in a new thread when a mutation fills the heap, and tells its client", async () => {
  const host = await hostProcess(hostArgs(join(tempFolder(), "data.sqlite")), SMALL_HEAP);
  const other = convexClient(host.url);
  const titles = watch(other, "tasks:titles", { queue: "others" });
  await other.mutation(mutation("tasks:add"), { queue: "others", title: "before" });
  const hoarding = convexClient(host.url).mutation(mutation("runtime:hoard"), { how: "arrays", mib: 4_096 });
  await expect(hoarding).rejects.toThrow("JavaScript execution ran out of memory");
  await other.mutation(mutation("tasks:add"), { queue: "others", title: "after" });
  expect(await titles.until((seen: string[]) => seen.length === 2)).toEqual(["before", "after"]);
  expect(await other.query(query("marks:texts"), { text: "hoard" })).toBe(0);
  expect(host.stderr()).toContain("The function runtime:hoard took all memory");
  expect(await host.end("SIGTERM")).toBe(0);
});

it.each([
  ["promise", "Error: a promise that fails"],
  ["write", "Error: Failed to insert or update a document in table"],
  ["listener", "Error: a listener that throws"],
  ["body", "SyntaxError: "],
  ["stream", "Error: a stream that fails"],
])("outlives a %s that a function left behind and that fails, and says so", async (what, text) => {
  const host = await hostProcess(hostArgs(join(tempFolder(), "data.sqlite")));
  const client = httpClient(host.url);
  expect(await client.mutation(mutation("webApis:leave"), { what })).toBe("over");
  while (!host.stderr().includes("left behind")) await new Promise(setImmediate);
  expect(host.stderr()).toContain(text);
  expect(await client.mutation(mutation("webApis:leave"), { what })).toBe("over");
});

it("stops with what it could not do: a port that is taken ends the process with its reason", async () => {
  const first = await hostProcess(hostArgs(join(tempFolder(), "data.sqlite")));
  const port = Number(new URL(first.url).port);
  const second = await hostProcess(hostArgs(join(tempFolder(), "data.sqlite"), { port }));
  expect(second.child.exitCode).toBe(1);
  expect(second.stderr()).toContain(`${port}`);
  expect(await httpClient(first.url).query(query("tasks:titles"), { queue: "others" })).toEqual([]);
});
