import { z } from "zod";
import type { FunctionsBundle } from "../functions/bundleFormat.ts";
import type { Driver } from "../storage/driver.ts";

const KEY = "deployment";

const sourceMap = z.string().optional();
const node = z.object({ script: z.string(), functionsJson: z.string(), sourceMap });
const module = z.object({
  path: z.string(),
  source: z.string(),
  sourceMap,
  sha256: z.string(),
  // Deployments of hosts that ran no "use node" modules do not say.
  environment: z.enum(["isolate", "node"]).default("isolate"),
});
const stored = z.object({
  bundle: z.object({
    script: z.string(),
    modules: z.array(z.string()),
    hash: z.string(),
    node: node.optional(),
    sourceMap,
    httpPrefix: z.string().optional(),
  }),
  /** What was pushed, so that the next push need only bring what has changed. */
  modules: z.array(module),
  udfServerVersion: z.string(),
});
export type StoredDeployment = z.infer<typeof stored>;
export type StoredModule = StoredDeployment["modules"][number];

/** What was last deployed to this data file, or null. */
export function readDeployment(driver: Driver): StoredDeployment | null {
  const row = driver.prepare("SELECT value FROM meta WHERE key = ?").get([KEY]);
  return row === undefined ? null : stored.parse(JSON.parse(String(row["value"])));
}

/** Keeps a deployment in the open transaction. */
export function writeDeployment(driver: Driver, deployment: StoredDeployment): void {
  driver.prepare("INSERT OR REPLACE INTO meta VALUES (?, ?)").run([KEY, JSON.stringify(deployment)]);
}

/** The bundle that runs after a restart. */
export function deployedBundle(driver: Driver): FunctionsBundle | null {
  return readDeployment(driver)?.bundle ?? null;
}
