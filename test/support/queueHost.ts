/** The real functions on the embedded host, with an admin client and runners in this process or as processes. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ConvexClient } from "convex/browser";
import { onTestFinished } from "vitest";
import { api } from "../../convex/_generated/api.js";
import { loadFunctions } from "../../host/functions/bundle.ts";
import { startHost } from "../../host/host.ts";
import { sign, testKeys, type TestKeys } from "./keys.ts";
import type { RunnerSettings } from "./runnerOptions.ts";

const CONVEX = fileURLToPath(new URL("../../convex", import.meta.url));
const RUNNER = fileURLToPath(new URL("./runnerProcess.ts", import.meta.url));
/** Short, so that a killed runner's jobs are free soon. */
const LEASE_MS = 1500;

let bundle: ReturnType<typeof loadFunctions> | undefined;

export interface QueueHost {
  url: string;
  keys: TestKeys;
  admin: ConvexClient;
  /** DROVER_HOME of the runners. */
  home: string;
  checkout: string;
  namespace: string;
}

/** Everything is stopped and removed at the end of the test. */
export async function queueHost(options: { leaseMs?: number } = {}): Promise<QueueHost> {
  bundle ??= loadFunctions(CONVEX);
  const keys = await testKeys();
  const home = await mkdtemp(join(tmpdir(), "drover-queue-"));
  const host = await startHost({
    functions: await bundle,
    data: join(home, "data.sqlite3"),
    port: 0,
    sitePort: 0,
    adminKey: "test-admin-key",
    env: { DROVER_JWKS: keys.jwks, DROVER_LEASE_MS: String(options.leaseMs ?? LEASE_MS) },
  });
  const admin = new ConvexClient(host.url, {
    skipConvexDeploymentUrlCheck: true,
    expectAuth: true,
    logger: false,
  });
  admin.setAuth(() => sign(keys.privateJwk, { role: "admin", namespaces: "*" }));
  onTestFinished(async () => {
    await admin.close();
    await host.stop();
    await rm(home, { recursive: true, force: true });
  });
  const namespace = "app";
  await admin.mutation(api.namespaces.ensure, { namespace });
  return { url: host.url, keys, admin, home, checkout: await mkdtemp(join(home, "checkout-")), namespace };
}

/** Creates an assignment of policy `static` and inserts script jobs; gives their handles in order. */
export async function insertScripts(
  { admin, namespace }: QueueHost,
  jobs: { context: string; key?: string; after?: string[] }[],
): Promise<string[]> {
  const assignment = await admin.mutation(api.assignments.create, {
    namespace,
    northStar: "run the scripts",
    policy: "static",
    independent: true,
  });
  const inserted = await admin.mutation(api.jobs.insert, {
    namespace,
    assignment: assignment.id,
    jobs: jobs.map((job) => ({ type: "script" as const, ...job })),
  });
  if (inserted.kind !== "inserted") throw new Error(inserted.reason);
  return inserted.jobs.map((job) => job.handle);
}

type JobView = Awaited<ReturnType<typeof getJob>>;

export function getJob({ admin, namespace }: QueueHost, job: string) {
  return admin.query(api.jobs.get, { namespace, job });
}

/** Resolves with the job once `fact` holds of it. */
export function untilJob(
  host: QueueHost,
  handle: string,
  fact: (view: JobView) => boolean,
): Promise<JobView> {
  return new Promise((resolve, reject) => {
    const args = { namespace: host.namespace, job: handle };
    const stop = host.admin.onUpdate(
      api.jobs.get,
      args,
      (view) => {
        if (!fact(view)) return;
        resolve(view);
        setImmediate(stop);
      },
      reject,
    );
  });
}

export interface RunnerProcess {
  child: ChildProcess;
  pid: number;
  /** Resolves with the exit code or signal. */
  exited: Promise<number | string | null>;
  stderr: () => string;
}

/** A runner as a process of its own, ready once this resolves; killed at the end of the test. */
export async function runnerProcess(
  host: QueueHost,
  settings: Partial<RunnerSettings> = {},
  env: Record<string, string> = {},
): Promise<RunnerProcess> {
  const child = spawn(
    process.execPath,
    ["--import", "tsx", RUNNER, JSON.stringify(settingsFor(host, settings))],
    {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, ...env },
    },
  );
  let stderr = "";
  child.stderr.on("data", (chunk) => (stderr += String(chunk)));
  const exited = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string | null);
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await exited;
  });
  const ready = once(createInterface({ input: child.stdout }), "line").then(() => true);
  if (!(await Promise.race([ready, exited.then(() => false)])))
    throw new Error(`the runner ended: ${stderr}`);
  return { child, pid: child.pid ?? 0, exited, stderr: () => stderr };
}

export function settingsFor(host: QueueHost, change: Partial<RunnerSettings>): RunnerSettings {
  return {
    url: host.url,
    name: "one",
    home: host.home,
    namespace: host.namespace,
    checkout: host.checkout,
    slots: 2,
    profiles: [],
    privateJwk: host.keys.privateJwk,
    ...change,
  };
}
