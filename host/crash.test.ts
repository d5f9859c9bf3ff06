/**
 * Seam: a real host process that is killed three times under load, and eight unmodified clients that know nothing of
 * it. SIGKILL does not test a power failure; that is SQLite's `synchronous=FULL`.
 */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
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
} from "./fixtures/harness.ts";

const CLIENTS = 8;
const KILLS = 3;
/** Acknowledged mutations between two kills. */
const BETWEEN_KILLS = 150;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

it("loses and doubles no acknowledged mutation when it is killed, and clients come back by themselves", async () => {
  const port = await freePort();
  const data = join(tempFolder(), "data.sqlite");
  const args = hostArgs(data, { port });
  let host = await hostProcess(args);
  const clients = Array.from({ length: CLIENTS }, () => convexClient(host.url));
  const watched = watch(clients[0]!, "tasks:next", { queue: "end" });
  await watched.until((value) => value === null);

  const acknowledged: string[] = [];
  let isOver = false;
  let milestone = () => {};
  const load = clients.map(async (client, c) => {
    for (let i = 0; !isOver; i++) {
      const title = `client ${c} task ${i}`;
      await client.mutation(mutation("tasks:add"), { queue: "load", title });
      acknowledged.push(title);
      milestone();
    }
  });
  const reach = (count: number) =>
    new Promise<void>((resolve) => {
      milestone = () => {
        if (acknowledged.length >= count) resolve();
      };
      milestone();
    });
  for (let kill = 1; kill <= KILLS; kill++) {
    await reach(kill * BETWEEN_KILLS);
    await host.end("SIGKILL");
    host = await hostProcess(args);
    expect(host.url).toBe(`http://127.0.0.1:${port}`);
  }
  await reach((KILLS + 1) * BETWEEN_KILLS);
  isOver = true;
  await Promise.all(load);

  const rows = await httpClient(host.url).query(query("tasks:titles"), { queue: "load" });
  expect([...rows].sort()).toEqual([...acknowledged].sort());
  expect(new Set(rows).size).toBe(rows.length);
  await clients[1]!.mutation(mutation("tasks:add"), { queue: "end", title: "the end" });
  expect((await watched.until((value) => value !== null)).title).toBe("the end");
}, 180_000);
