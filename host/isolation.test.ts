/**
 * Seam: real host processes with functions that never come back or take all memory, and other clients beside them.
 * What is shown is that the others get on, and what the caller is told; how long it takes is in the benchmarks.
 */
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  action,
  convexClient,
  hostArgs,
  hostProcess,
  httpClient,
  mutation,
  query,
  tempFolder,
} from "./fixtures/harness.ts";

const start = () => hostProcess(hostArgs(join(tempFolder(), "data.sqlite")));
const add = (client: ReturnType<typeof convexClient>, title: string) =>
  client.mutation(mutation("tasks:add"), { queue: "others", title });

it("kills a query that loops for ever, and others get on meanwhile", async () => {
  const host = await start();
  const other = convexClient(host.url);
  const spinning = httpClient(host.url).query(query("runtime:spinQuery"), {});
  const added = Promise.all(Array.from({ length: 20 }, (_, i) => add(other, `${i}`)));
  await expect(spinning).rejects.toThrow("Function execution timed out (maximum duration: 1s)");
  await added;
  expect(await other.query(query("tasks:titles"), { queue: "others" })).toHaveLength(20);
});

it.each([
  { how: "buffers", mib: 600 },
  { how: "arrays", mib: 600 },
  // As much may need more than its second, and is refused for the one or the other.
  { how: "buffers", mib: 1_024 },
])(
  "refuses a mutation that takes $mib MiB in $how and takes its writes back, and others get on",
  async (much) => {
    const host = await start();
    const other = convexClient(host.url);
    const hoarding = httpClient(host.url).mutation(mutation("runtime:hoard"), much);
    const refused = expect(hoarding).rejects.toThrow(
      /ran out of memory \(maximum memory usage: 512 MB\)|timed out \(maximum duration: 1s\)/,
    );
    await Promise.all(Array.from({ length: 20 }, (_, i) => add(other, `${i}`)));
    await refused;
    expect(await other.query(query("marks:texts"), { text: "hoard" })).toBe(0);
    expect(await httpClient(host.url).mutation(mutation("runtime:hoard"), { how: much.how, mib: 16 })).toBe(
      16,
    );
  },
);

it("runs everything else while an action never gives its thread back", async () => {
  const host = await start();
  const chained = httpClient(host.url).action(action("runtime:chain"), {});
  chained.catch(() => undefined);
  while (!host.stderr().includes("chained")) await new Promise(setImmediate);
  const other = convexClient(host.url);
  await add(other, "meanwhile");
  expect(await other.action(action("marks:act"), { text: "x" })).toBeDefined();
  expect(await other.query(query("tasks:titles"), { queue: "others" })).toEqual(["meanwhile"]);
  expect(await host.end("SIGTERM")).toBe(0);
});

it.each(["pieces", "one array", "buffers", "bit by bit"])(
  "ends an action that takes all memory in %s, and tells its caller so",
  async (how) => {
    const host = await start();
    const other = convexClient(host.url);
    const hoarding = httpClient(host.url).action(action("runtime:hoardAction"), { how });
    const refused = expect(hoarding).rejects.toThrow(
      "JavaScript execution ran out of memory (maximum memory usage: 512 MB)",
    );
    await add(other, "meanwhile");
    await refused;
    await add(other, "after");
    expect(await other.query(query("tasks:titles"), { queue: "others" })).toEqual(["meanwhile", "after"]);
  },
  120_000,
);
