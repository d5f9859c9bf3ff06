/**
 * Seam: a real host process on a disk that is full or read-only: a small file system of its own, in a mount namespace
 * that ends with the process. Observed through HTTP, the unmodified client and stderr.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  convexClient,
  hostArgs,
  hostProcess,
  httpClient,
  mutation,
  query,
  tempFolder,
} from "./fixtures/harness.ts";

/** How this machine lets us mount; null where it does not (containers without the right, other systems). */
const mounting = [
  ["unshare", "-rm"],
  ["unshare", "-m"],
].find(
  ([program = "", ...args]) =>
    spawnSync(program, [...args, "sh", "-c", "mount -t tmpfs -o size=1m tmpfs /mnt"]).status === 0,
);

const TITLE = "x".repeat(100_000);
const add = (url: string, title: string) =>
  fetch(`${url}/api/mutation`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ path: "tasks:add", args: { queue: "a", title } }),
  });

describe.runIf(mounting !== undefined)("a disk", () => {
  const within = (script: string) => [...mounting!, "sh", "-c", `${script} && exec "$0" "$@"`];

  it("that is full refuses writes in words, keeps what it acknowledged, and goes on when there is room", async () => {
    const folder = tempFolder();
    const mounted = join(folder, "disk");
    mkdirSync(mounted);
    const data = join(mounted, "data.sqlite");
    const launcher = within(
      `mount -t tmpfs -o size=8m tmpfs ${mounted} && head -c 3000000 /dev/zero > ${mounted}/ballast`,
    );
    const host = await hostProcess(hostArgs(data), launcher);
    const acknowledged: string[] = [];
    let refused: Response | null = null;
    for (let i = 0; refused === null; i++) {
      const title = `${i} ${TITLE}`;
      const answer = await add(host.url, title);
      if (answer.status === 200) acknowledged.push(title);
      else refused = answer;
    }
    expect(refused.status).toBe(500);
    expect(await refused.json()).toEqual({
      code: "InternalServerError",
      message: "The change could not be saved: database or disk is full; the call may be tried again",
    });
    const titles = () => httpClient(host.url).query(query("tasks:titles"), { queue: "a" });
    expect(await titles()).toEqual(acknowledged);

    const client = convexClient(host.url);
    let isSaved = false;
    const waiting = client.mutation(mutation("tasks:add"), { queue: "a", title: `late ${TITLE}` });
    void waiting.then(() => (isSaved = true));
    // The client was turned away at least once and has come back.
    while (host.stderr().split("could not be saved").length < 4) await new Promise(setImmediate);
    expect(isSaved).toBe(false);
    rmSync(`/proc/${host.child.pid}/root${mounted}/ballast`);
    await waiting;
    expect(await titles()).toEqual([...acknowledged, `late ${TITLE}`]);
    expect(await host.end("SIGTERM")).toBe(0);
  }, 60_000);

  it("that is read-only ends the start with what to do, and its data stays as it is", async () => {
    const folder = tempFolder();
    const data = join(folder, "data.sqlite");
    const first = await hostProcess(hostArgs(data));
    await httpClient(first.url).mutation(mutation("tasks:add"), { queue: "a", title: "kept" });
    await first.end("SIGTERM");
    const readOnly = within(`mount --bind ${folder} ${folder} && mount -o remount,ro,bind ${folder}`);
    const host = await hostProcess(hostArgs(data), readOnly);
    expect(host.child.exitCode).toBe(1);
    expect(host.stderr()).toMatch(
      /data\.sqlite cannot be opened: EROFS.*Make its folder writable for this user/s,
    );
    const again = await hostProcess(hostArgs(data));
    expect(await httpClient(again.url).query(query("tasks:titles"), { queue: "a" })).toEqual(["kept"]);
  }, 60_000);
});

it("a data folder that is a file ends the start with its name", async () => {
  const file = join(tempFolder(), "file");
  writeFileSync(file, "");
  const host = await hostProcess(hostArgs(join(file, "data.sqlite")));
  expect(host.child.exitCode).toBe(1);
  expect(host.stderr()).toContain(`The folder ${file} of the data file cannot be made`);
});
