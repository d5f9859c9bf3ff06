/** A host and one runner as processes, built as the package builds them, with a client that runs batches. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ConvexClient } from "convex/browser";
import { build } from "esbuild";
import { api } from "../../convex/_generated/api.js";
import { bundleFunctions } from "../../host/host.ts";
import { sign, testKeys } from "../../test/support/keys.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const REQUIRE =
  'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);';
const NAMESPACE = "bench";

export interface Bench {
  runnerPid: number;
  hostPid: number;
  /** Runs scripts to their end; gives the jobs. */
  run: (commands: string[]) => Promise<{ handle: string; startedAt?: number }[]>;
  /** Runs one script that would go on for ever, cancels it, and gives the ms until its process is gone. */
  cancelOne: () => Promise<number>;
  close: () => Promise<void>;
}

export interface Folders {
  built: string;
  data: string;
}

/** `built` takes the programs (they need this checkout's node_modules), `data` what host and runner write. */
export async function openBench({ built, data }: Folders, slots: number): Promise<Bench> {
  await buildPrograms(built);
  const keys = await testKeys();
  const host = spawn(process.execPath, [
    ...profiled("host"),
    join(built, "bin", "host.js"),
    ...[
      "--functions",
      join(built, "functions"),
      "--data",
      join(data, "data.sqlite3"),
      "--admin-key",
      "bench",
    ],
    ...[
      "--port",
      "0",
      "--site-port",
      "0",
      "--env",
      `DROVER_JWKS=${keys.jwks}`,
      "--env",
      "DROVER_LEASE_MS=15000",
    ],
  ]);
  const [first] = (await once(host.stdout, "data")) as [Buffer];
  const { url } = JSON.parse(String(first)) as { url: string };
  const client = new ConvexClient(url, {
    skipConvexDeploymentUrlCheck: true,
    expectAuth: true,
    logger: false,
  });
  client.setAuth(() => sign(keys.privateJwk, { role: "admin", namespaces: "*" }));
  await client.mutation(api.namespaces.ensure, { namespace: NAMESPACE });
  const checkout = join(data, "checkout");
  mkdirSync(checkout);
  const settings = {
    ...{ url, name: "bench", home: data, namespace: NAMESPACE, checkout, slots, profiles: [] },
    privateJwk: keys.privateJwk,
  };
  const runner = spawn(process.execPath, [
    ...profiled("runner"),
    join(built, "bin", "runner.js"),
    JSON.stringify(settings),
  ]);
  runner.stderr.resume();
  await once(runner.stdout, "data");
  return {
    runnerPid: runner.pid ?? 0,
    hostPid: host.pid ?? 0,
    run: (commands) => runBatch(client, commands),
    cancelOne: () => cancelOne(client, join(data, "pid")),
    async close() {
      await client.close();
      for (const child of [runner, host]) await end(child);
    },
  };
}

async function buildPrograms(built: string): Promise<void> {
  await build({
    absWorkingDir: ROOT,
    entryPoints: {
      "bin/host": "host/main.ts",
      "bin/runner": "test/support/runnerProcess.ts",
      // Where a built host looks for what runs in its threads.
      "host/hostWorker": "host/thread/hostWorker.ts",
      "host/actionWorker": "host/functions/actionWorker.ts",
    },
    ...{ outdir: built, bundle: true, format: "esm", platform: "node", external: ["libsql"] },
    ...{ banner: { js: REQUIRE }, logLevel: "warning" },
  });
  writeFileSync(join(built, "package.json"), '{"type": "module"}');
  await bundleFunctions(join(ROOT, "convex"), join(built, "functions"));
}

/** With BENCH_PROFILE=FOLDER, where the time goes is written there as .cpuprofile files. */
function profiled(name: string): string[] {
  const { BENCH_PROFILE } = process.env;
  return BENCH_PROFILE === undefined
    ? []
    : ["--cpu-prof", `--cpu-prof-dir=${BENCH_PROFILE}`, `--cpu-prof-name=${name}.cpuprofile`];
}

async function runBatch(client: ConvexClient, commands: string[]) {
  const place = { namespace: NAMESPACE };
  const wish = { ...place, northStar: "bench", policy: "static" as const, independent: true };
  const { id } = await client.mutation(api.assignments.create, wish);
  const jobs = commands.map((context) => ({ type: "script" as const, context }));
  const done = new Promise<void>((resolve, reject) => {
    // The rows of the jobs are not read: a watcher of all of them would be computed anew at every commit.
    client.onUpdate(
      api.assignments.list,
      { ...place, limit: 1 },
      ([latest]) => (latest?.id === id && latest.status === "complete" ? resolve() : undefined),
      reject,
    );
  });
  await client.mutation(api.jobs.insert, { ...place, assignment: id, jobs });
  await done;
  return (await client.query(api.assignments.get, { ...place, assignment: id })).jobs;
}

async function cancelOne(client: ConvexClient, file: string): Promise<number> {
  rmSync(file, { force: true });
  const place = { namespace: NAMESPACE };
  const wish = { ...place, northStar: "cancel", policy: "static" as const, independent: true };
  const { id } = await client.mutation(api.assignments.create, wish);
  const job = {
    type: "script" as const,
    context: `echo $$ > ${file}.part; mv ${file}.part ${file}; sleep 600`,
  };
  const inserted = await client.mutation(api.jobs.insert, { ...place, assignment: id, jobs: [job] });
  const handle = inserted.kind === "inserted" ? (inserted.jobs[0]?.handle ?? "") : "";
  while (!existsSync(file)) await sleep(5);
  const process = `/proc/${readFileSync(file, "utf8").trim()}`;
  const since = performance.now();
  await client.mutation(api.jobs.cancel, { ...place, job: handle });
  while (existsSync(process)) await sleep(1);
  return performance.now() - since;
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}
