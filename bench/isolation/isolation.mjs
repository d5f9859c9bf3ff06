// What other clients notice of functions that never come back or take all memory: latencies of a mutation and a query
// of eight ConvexClients, beside each of them and beside nothing. Usage: npm run bench:isolation
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { percentiles } from "../queue/measure.mjs";

const CLIENTS = 8;
/** For how long the others are measured, also after the bad one has been ended. */
const MEASURE_MS = 10_000;
const root = fileURLToPath(new URL("../..", import.meta.url));

const named = (path) => makeFunctionReference(path);

const CASES = [
  ["nothing", () => undefined],
  ["while(true) in a query", (bad) => bad.query(named("runtime:spinQuery"), {})],
  ["1 GiB in a mutation", (bad) => bad.mutation(named("runtime:hoard"), {})],
  ["endless promise chain in an action", (bad) => bad.action(named("runtime:chain"), {})],
  ["endless array in an action", (bad) => bad.action(named("runtime:hoardAction"), { how: "one array" })],
  ["endless buffers in an action", (bad) => bad.action(named("runtime:hoardAction"), { how: "buffers" })],
];

const folder = mkdtempSync(join(tmpdir(), "drover-isolation-"));
try {
  console.log(
    `${cpus().length} cores, load ${loadavg()[0].toFixed(1)} before; ${CLIENTS} clients, ${MEASURE_MS} ms each`,
  );
  for (const [name, misbehave] of CASES) console.log(await measure(name, misbehave));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** One line of figures, from a host of its own. */
async function measure(name, misbehave) {
  const host = await startHost(join(folder, `${CASES.findIndex(([each]) => each === name)}.sqlite`));
  const clients = Array.from({ length: CLIENTS }, () => new ConvexClient(host.url, { logger: false }));
  try {
    await Promise.all(clients.map((client, i) => one(client, i)));
    const until = performance.now() + MEASURE_MS;
    const bad = misbehave(new ConvexHttpClient(host.url, { logger: false }));
    const told = Promise.resolve(bad).then(
      () => "came to an end",
      (error) => `caller told: ${/maximum [^)]*/.exec(error.message)?.[0] ?? error.message.slice(0, 60)}`,
    );
    const taken = await Promise.all(clients.map((client, i) => many(client, i, until)));
    const { p50, p99 } = percentiles(taken.flat());
    const answer = await Promise.race([told, "still running"]);
    const worst = Math.max(...taken.flat());
    const figures = [p50, p99, worst].map((ms) => `${ms.toFixed(1)} ms`);
    return `${name}: p50 ${figures[0]}, p99 ${figures[1]}, worst ${figures[2]}, ${taken.flat().length} calls; ${answer}`;
  } finally {
    await Promise.all(clients.map((client) => client.close()));
    await host.stop();
  }
}

async function many(client, i, until) {
  const taken = [];
  while (performance.now() < until) taken.push(...(await one(client, i)));
  return taken;
}

/** Milliseconds of a mutation and of a query. */
async function one(client, i) {
  const begun = performance.now();
  const id = await client.mutation(named("tasks:add"), { queue: `q${i}`, title: "x" });
  const written = performance.now();
  await client.query(named("tasks:get"), { id });
  return [written - begun, performance.now() - written];
}

async function startHost(data) {
  const main = ["--import", "tsx", join(root, "host/main.ts")];
  const functions = join(root, "host/fixtures/app/convex");
  const ports = ["--port", "0", "--site-port", "0", "--admin-key", "bench"];
  const child = spawn(process.execPath, [...main, "--functions", functions, "--data", data, ...ports], {
    cwd: root,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const stop = async () => {
    const gone = once(child, "exit");
    child.kill("SIGTERM");
    await gone;
  };
  return { ...JSON.parse(line), stop };
}
