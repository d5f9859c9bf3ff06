/** The processes of a run: one host, three runners, each behind a proxy of its own. All can be killed and come back. */
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { bundleFunctions } from "../../host/host.ts";
import { testKeys, type TestKeys } from "../support/keys.ts";
import { RUNNERS, type RunnerName } from "./plan.ts";
import { openProxy, type Proxy } from "./proxy.ts";

const HERE = dirname(fileURLToPath(import.meta.url));
const ROOT = dirname(dirname(HERE));
const SLOTS = 4;
/** Starts of a host that ends before it answers, and the time between two of them, ms. */
const HOST_STARTS = 20;
const HOST_START_MS = 500;
const REQUIRE =
  'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);';

export interface World {
  folder: string;
  /** The host without a proxy. */
  url: string;
  keys: TestKeys;
  namespace: string;
  journal: string;
  proxies: Readonly<Record<RunnerName | "client", Proxy>>;
  startHost(): Promise<void>;
  startRunner(name: RunnerName, env?: Record<string, string>): void;
  runner(name: RunnerName): ChildProcess | undefined;
  host(): ChildProcess | undefined;
  homeOf(name: RunnerName): string;
  /** Ends everything that was started here. */
  close(): Promise<void>;
}

export interface Programs {
  host: string;
  runner: string;
  functions: string;
}

/** Bundles host and runner, so that a restart costs a fifth of a second; `folder` lies where npm packages are found. */
export async function buildPrograms(folder: string): Promise<Programs> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: {
      "bin/host": "host/main.ts",
      "bin/runner": "test/chaos/runnerMain.ts",
      // Where a built host looks for what runs in its threads.
      "host/hostWorker": "host/thread/hostWorker.ts",
      "host/actionWorker": "host/functions/actionWorker.ts",
    },
    outdir: folder,
    bundle: true,
    format: "esm",
    platform: "node",
    external: ["libsql"],
    banner: { js: REQUIRE },
    logLevel: "warning",
  });
  writeFileSync(join(folder, "package.json"), '{"type": "module"}');
  await bundleFunctions(join(ROOT, "convex"), join(folder, "functions"));
  return {
    host: join(folder, "bin", "host.js"),
    runner: join(folder, "bin", "runner.js"),
    functions: join(folder, "functions"),
  };
}

export async function openWorld(
  folder: string,
  programs: Programs,
  { leaseMs }: { leaseMs: number },
): Promise<World> {
  const [port, sitePort, keys] = [await freePort(), await freePort(), await testKeys()];
  const proxies = {
    one: await openProxy(port),
    two: await openProxy(port),
    three: await openProxy(port),
    client: await openProxy(port),
  };
  const journal = join(folder, "journal");
  const templates = join(folder, "templates");
  mkdirSync(join(folder, "checkout"), { recursive: true });
  mkdirSync(templates, { recursive: true });
  writeFileSync(journal, "");
  writeFileSync(join(templates, "chat.md"), "---\ntitle: chaos\n---\n{{ CONTEXT }}\n");
  const children = new Map<string, ChildProcess>();
  const launch = (name: string, args: string[], env: Record<string, string> = {}) => {
    const child = spawn(process.execPath, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, CHAOS_JOURNAL: journal, ...env },
    });
    child.stderr.pipe(createWriteStream(join(folder, `${name}.log`), { flags: "a" }));
    children.set(name, child);
    return child;
  };
  const homeOf = (name: string) => join(folder, "homes", name);
  const world: World = {
    ...{ folder, keys, journal, proxies, homeOf, url: `http://127.0.0.1:${port}`, namespace: "app" },
    async startHost() {
      for (let start = 1; ; start += 1) {
        const child = launch("host", [
          programs.host,
          ...[
            "--functions",
            programs.functions,
            "--data",
            join(folder, "data.sqlite3"),
            "--admin-key",
            "chaos",
          ],
          ...["--port", String(port), "--site-port", String(sitePort)],
          ...["--env", `DROVER_JWKS=${keys.jwks}`, "--env", `DROVER_LEASE_MS=${leaseMs}`],
        ]);
        const isUp = once(child.stdout, "data").then(() => true);
        if (await Promise.race([isUp, once(child, "exit").then(() => false)])) return;
        // While it was down, somebody's connection may have begun at its port: who keeps a host up starts it again.
        if (start === HOST_STARTS)
          throw new Error(`the host did not start ${HOST_STARTS} times: see host.log`);
        await sleep(HOST_START_MS);
      }
    },
    startRunner(name, env) {
      mkdirSync(homeOf(name), { recursive: true });
      const agent = (format: string) => ["/bin/sh", join(HERE, "agent.sh"), format];
      const settings = {
        ...{ url: proxies[name].url, name, home: homeOf(name), namespace: "app", slots: SLOTS, templates },
        checkout: join(folder, "checkout"),
        privateJwk: keys.privateJwk,
        profiles: ["mock", "spare"].map((profile) => ({
          ...{ name: profile, type: "command", command: agent("stream"), output: "claude" },
        })),
      };
      launch(name, [programs.runner, JSON.stringify(settings)], env);
    },
    runner: (name) => children.get(name),
    host: () => children.get("host"),
    async close() {
      for (const child of children.values()) await end(child);
      for (const proxy of Object.values(proxies)) await proxy.close();
    },
  };
  await world.startHost();
  for (const name of RUNNERS) world.startRunner(name);
  return world;
}

/** Kills a process, stopped ones too, and waits for its end. */
export async function end(child: ChildProcess, signal: NodeJS.Signals = "SIGKILL"): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill(signal);
  await exited;
}

/** True where the size of files can be limited for a running process: the full disk that needs no root. */
export const canFillDisk = spawnSync("prlimit", ["--version"]).status === 0;

/** From now on no write of the process gets anything onto disk; or it does again. */
export function setDiskFull(pid: number, full: boolean): void {
  spawnSync("prlimit", ["--pid", String(pid), `--fsize=${full ? 0 : "unlimited"}:unlimited`]);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
