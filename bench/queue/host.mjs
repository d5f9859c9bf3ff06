// The host as a process of its own over Drover's functions, and clients of it: the unmodified ConvexClient.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ConvexClient } from "convex/browser";
import { sign, testKeys } from "../../test/support/keys.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export async function startHost(folder, more = []) {
  const keys = await testKeys();
  const args = ["--functions", join(root, "convex"), "--data", join(folder, "data.sqlite3")];
  const ports = ["--port", "0", "--site-port", "0", "--admin-key", "bench"];
  const env = ["--env", `DROVER_JWKS=${keys.jwks}`, "--env", "DROVER_LEASE_MS=600000"];
  const child = spawn(
    process.execPath,
    ["--import", "tsx", join(root, "host/main.ts"), ...args, ...ports, ...env, ...more],
    { cwd: root, stdio: ["ignore", "pipe", "inherit"] },
  );
  const [line] = await once(createInterface({ input: child.stdout }), "line");
  const { url } = JSON.parse(line);
  const token = await sign(keys.privateJwk, { role: "admin", namespaces: "*" });
  const clients = [];
  return {
    url,
    /** Connected and authenticated; closed with the host. */
    client() {
      const client = new ConvexClient(url, {
        skipConvexDeploymentUrlCheck: true,
        expectAuth: true,
        logger: false,
      });
      client.setAuth(async () => token);
      clients.push(client);
      return client;
    },
    /** CPU seconds and peak memory of the host so far (Linux). */
    usage() {
      const stat = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1].split(" ");
      const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"));
      return { cpuSeconds: (Number(stat[11]) + Number(stat[12])) / 100, peakMiB: Number(peak[1]) / 1024 };
    },
    async stop() {
      await Promise.all(clients.map((client) => client.close()));
      const gone = once(child, "exit");
      child.kill("SIGTERM");
      await gone;
    },
  };
}
