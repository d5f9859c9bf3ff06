// The host as a process of its own over Drover's functions, and clients of it: the unmodified ConvexClient.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ConvexClient } from "convex/browser";
import { startHost as startHostHere } from "../../host/host.ts";
import { onEnd } from "./cleanUp.mjs";
import { withBench } from "./servers/server.mjs";
import { sign, testKeys } from "../../test/support/keys.ts";

/** No lease runs out while the bench works. */
const LEASE_MS = "600000";
const root = fileURLToPath(new URL("../..", import.meta.url));

/** `node`: options of the host's Node, as for a CPU profile. */
export async function startHost(folder, { node = [] } = {}) {
  const keys = await testKeys();
  const args = ["--functions", join(root, "convex"), "--data", join(folder, "data.sqlite3")];
  const ports = ["--port", "0", "--site-port", "0", "--admin-key", "bench"];
  const env = ["--env", `DROVER_JWKS=${keys.jwks}`, "--env", `DROVER_LEASE_MS=${LEASE_MS}`];
  const main = [...node, "--import", "tsx", join(root, "host/main.ts")];
  const child = spawn(
    ...withBench(process.execPath, [...main, ...args, ...ports, ...env]),
    // A group of its own: Ctrl+C is answered by the bench.
    { cwd: root, stdio: ["ignore", "pipe", "inherit"], detached: true },
  );
  const gone = once(child, "exit");
  const clients = [];
  const stop = onEnd(async () => {
    await Promise.all(clients.map((client) => client.close()));
    child.kill("SIGTERM");
    await gone;
  });
  const [line] = await Promise.race([
    once(createInterface({ input: child.stdout }), "line"),
    gone.then(([code]) => Promise.reject(new Error(`the host ended (${code}) before it answered`))),
  ]);
  const { url } = JSON.parse(line);
  const token = await tokenOf(keys);
  return { url, token, stop, client: clientsOf(url, token, clients), usage: () => usageOf(child.pid) };
}

/** The host inside this process, which can tell of the conflicts that it simulates. */
export async function startConflictingHost(folder) {
  const keys = await testKeys();
  const { url, stop, conflicts } = await startHostHere({
    functions: join(root, "convex"),
    data: join(folder, "data.sqlite3"),
    port: 0,
    sitePort: 0,
    adminKey: "bench",
    env: { DROVER_JWKS: keys.jwks, DROVER_LEASE_MS: LEASE_MS },
    simulateConflicts: true,
  });
  const clients = [];
  const stopAll = onEnd(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await stop();
  });
  const client = clientsOf(url, await tokenOf(keys), clients);
  return { client, conflicts, stop: stopAll, usage: () => usageOf(process.pid) };
}

const tokenOf = (keys) => sign(keys.privateJwk, { role: "admin", namespaces: "*" });

/** Makes clients, connected and authenticated, and keeps them in `clients`, to be closed with the host. */
export function clientsOf(url, token, clients) {
  return () => {
    const client = new ConvexClient(url, {
      skipConvexDeploymentUrlCheck: true,
      expectAuth: true,
      logger: false,
    });
    client.setAuth(async () => token);
    clients.push(client);
    return client;
  };
}

/** CPU seconds of a process so far, its memory now and at its highest; zeros where /proc does not tell. */
export function usageOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    const mib = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]) / 1024;
    return {
      cpuSeconds: (Number(stat[11]) + Number(stat[12])) / 100,
      residentMiB: mib("VmRSS"),
      peakMiB: mib("VmHWM"),
    };
  } catch {
    return { cpuSeconds: 0, residentMiB: 0, peakMiB: 0 };
  }
}
