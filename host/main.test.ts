/** Seam: `host/main.ts` as a process: its streams, exit codes, signals and the lock on its data file. */
import { once } from "node:events";
import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";
import { APP, hostArgs, hostProcess, httpClient, mutation, query, tempFolder } from "./fixtures/harness.ts";

it("stops cleanly on SIGTERM, keeps its data, and makes folder and file private", async () => {
  const data = join(tempFolder(), "new", "data.sqlite");
  const host = await hostProcess(hostArgs(data));
  await httpClient(host.url).mutation(mutation("tasks:add"), { queue: "a", title: "kept" });
  expect(statSync(dirname(data)).mode & 0o777).toBe(0o700);
  expect(statSync(data).mode & 0o777).toBe(0o600);
  expect(await host.end("SIGTERM")).toBe(0);
  const again = await hostProcess(hostArgs(data));
  expect(await httpClient(again.url).query(query("tasks:titles"), { queue: "a" })).toEqual(["kept"]);
  expect(await again.end("SIGINT")).toBe(0);
});

it("leaves a data file that another host holds alone, and names its pid", async () => {
  const data = join(tempFolder(), "data.sqlite");
  const first = await hostProcess(hostArgs(data));
  const second = await hostProcess(hostArgs(data));
  expect(second.child.exitCode).toBe(1);
  expect(second.stderr()).toContain(`in use by the host with pid ${first.child.pid}`);
  expect(await httpClient(first.url).query(query("tasks:titles"), { queue: "a" })).toEqual([]);
});

it("exits 1 on a file that is no data file, and on functions that it cannot run", async () => {
  const folder = tempFolder();
  const junk = join(folder, "junk.sqlite");
  writeFileSync(junk, "this is no database, it is a text of some length that SQLite will not take for one");
  const onJunk = await hostProcess(hostArgs(junk));
  expect(onJunk.child.exitCode).toBe(1);
  expect(onJunk.stderr()).toContain("cannot be opened");

  const functions = join(folder, "convex");
  mkdirSync(functions);
  const empty = await hostProcess(hostArgs(join(folder, "a.sqlite"), { functions }));
  expect(empty.stderr()).toContain("holds no modules");
  writeFileSync(join(functions, "convex.config.ts"), "export default {}");
  writeFileSync(join(functions, "a.ts"), "export const a = 1;");
  const components = await hostProcess(hostArgs(join(folder, "a.sqlite"), { functions }));
  expect(components.child.exitCode).toBe(1);
  expect(components.stderr()).toContain("has no components");
});

it("exits 2 when it is called wrongly", async () => {
  const host = await hostProcess(["--functions", APP, "--port", "seventy"]);
  expect(host.child.exitCode).toBe(2);
  expect(host.stderr()).toContain("Expected a port from 0 to 65535");
});

it("writes one line on stdout and everything else on stderr", async () => {
  const host = await hostProcess(hostArgs(":memory:"));
  let more = "";
  host.child.stdout!.on("data", (chunk) => (more += String(chunk)));
  await httpClient(host.url).query(query("runtime:say"), { value: "to the log" });
  const ended = once(host.child.stdout!, "end");
  await host.end("SIGTERM");
  await ended;
  expect(more).toBe("");
  expect(host.stderr()).toContain("to the log");
});
