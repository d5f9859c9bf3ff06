/**
 * Seam: a real host process that is killed again and again under load, also while it starts, and sixteen unmodified
 * clients that know nothing of it. Three kills here, as many as DROVER_KILLS says in `npm run crash`. SIGKILL does not
 * test a power failure; that is SQLite's `synchronous=FULL`.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, existsSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { expect, it } from "vitest";
import {
  convexClient,
  hostArgs,
  hostProcess,
  httpClient,
  MAIN,
  mutation,
  query,
  tempFolder,
  watch,
} from "./fixtures/harness.ts";
import { pageProblems } from "./storage/checkDataFile.ts";
import { openDriver } from "./storage/openDriver.ts";

const CLIENTS = 16;
const KILLS = Number(process.env["DROVER_KILLS"] ?? 3);
/** Acknowledged mutations between two kills, at least; up to twice as many, so that kills hit any moment. */
const BETWEEN_KILLS = 60;
/** A start is killed after at most this time: before, while and after it opens the file. */
const EARLY_MS = 1_500;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** What SQLite says of the files as the kill has left them; on a copy, so that the next host finds them like this. */
async function problemsOf(data: string): Promise<string[]> {
  const copy = join(tempFolder(), "copy.sqlite");
  for (const end of ["", "-wal"])
    if (existsSync(`${data}${end}`)) copyFileSync(`${data}${end}`, `${copy}${end}`);
  const driver = await openDriver(copy);
  const problems = pageProblems(driver, "integrity_check");
  driver.close();
  return problems;
}

async function startAndKillEarly(args: string[]): Promise<void> {
  const child = spawn(process.execPath, ["--import", "tsx", MAIN, ...args], { stdio: "ignore" });
  const exited = once(child, "exit");
  setTimeout(() => child.kill("SIGKILL"), Math.random() * EARLY_MS);
  await exited;
}

it(
  "loses and doubles no acknowledged mutation when it is killed, and clients come back by themselves",
  async () => {
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
    let early = 0;
    for (let kill = 1; kill <= KILLS; kill++) {
      await reach(acknowledged.length + Math.ceil(BETWEEN_KILLS * (1 + Math.random())));
      await host.end("SIGKILL");
      expect(await problemsOf(data)).toEqual([]);
      if (kill % 4 === 0) {
        await startAndKillEarly(args);
        early++;
      }
      host = await hostProcess(args);
      expect(host.stderr()).toContain("was checked and is sound");
      expect(host.url).toBe(`http://127.0.0.1:${port}`);
    }
    await reach(acknowledged.length + BETWEEN_KILLS);
    isOver = true;
    await Promise.all(load);

    const rows: string[] = await httpClient(host.url).query(query("tasks:titles"), { queue: "load" });
    expect([...rows].sort()).toEqual([...acknowledged].sort());
    expect(new Set(rows).size).toBe(rows.length);
    await clients[1]!.mutation(mutation("tasks:add"), { queue: "end", title: "the end" });
    expect((await watched.until((value) => value !== null)).title).toBe("the end");
    if (process.env["DROVER_KILLS"] !== undefined) {
      process.stdout.write(
        `${KILLS} kills under load and ${early} while starting, ${CLIENTS} clients: ` +
          `${acknowledged.length} acknowledged, ${rows.length} present, each once; every file sound\n`,
      );
    }
  },
  60_000 + KILLS * 30_000,
);
