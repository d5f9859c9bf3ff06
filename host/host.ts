import type { ConflictCount } from "./database/conflicts.ts";
import { makeCore } from "./core.ts";
import { openStore, type Store } from "./database/store.ts";
import { NO_FUNCTIONS } from "./deploy/inspectBundle.ts";
import { deployedBundle } from "./deploy/storedDeployment.ts";
import { loadFunctions } from "./functions/bundle.ts";
import type { FunctionsBundle } from "./functions/bundleFormat.ts";
import type { RunningCall } from "./functions/runningCall.ts";
import { apiRoutes } from "./http/api.ts";
import { listen, type Listener } from "./http/listen.ts";
import { siteRoutes } from "./http/site.ts";
import { openDataFile } from "./storage/dataFile.ts";
import { SocketServer } from "./sync/socketServer.ts";
import type { LogSink } from "./values/log.ts";

export { bundleFunctions } from "./functions/bundle.ts";
export type { FunctionsBundle } from "./functions/bundleFormat.ts";
export type { HostLog } from "./values/log.ts";

export interface HostOptions {
  /**
   * A folder written by `bundleFunctions`, a Convex source folder, or a bundle. Without it the host runs what was
   * last deployed to the data file, or waits for a deploy. With it, a deploy holds until the next start.
   */
  functions?: string | FunctionsBundle;
  /** SQLite file, or ":memory:". */
  data: string;
  /** 0 takes any free port. */
  port: number;
  /** Port of the HTTP actions; 0 takes any free port. */
  sitePort: number;
  /** Address to listen on; 127.0.0.1 unless given. */
  bind?: string;
  /** Names, beside loopback ones and addresses, by which clients may call the host. */
  allowedHosts?: string[];
  adminKey: string;
  /** What functions and auth.config.ts see as `process.env`. */
  env?: Record<string, string>;
  /** Hides messages of failed functions from clients, as production deployments do. */
  redact?: boolean;
  log?: LogSink;
  /**
   * Makes mutations that arrive together conflict as on Convex Cloud: each runs on the data as all of them found it,
   * and is tried again, up to 4 times, when another has changed what it read. Costs every mutation twice.
   */
  simulateConflicts?: boolean;
}

export interface RunningHost {
  readonly url: string;
  readonly siteUrl: string;
  /** Finishes what is under way, closes the data file and gives its lock back. May be called again. */
  stop(): Promise<void>;
  /** Tries and failures by mutation under `simulateConflicts`; empty without. */
  conflicts(): Record<string, ConflictCount>;
}

/** What a host has of the thread that it runs in. */
export interface ThreadParts {
  /** Where the process sees which query or mutation runs. */
  readonly running?: RunningCall;
  /** An earlier thread of this process has ended on the data file without closing it. */
  readonly follows?: boolean;
}

/** Actions under way when the host stops get this long; then they are lost, as by a kill. */
const STOP_JOBS_MS = 3_000;
const LOOPBACK = "127.0.0.1";

/**
 * Starts a Convex-compatible server over one SQLite file; resolves when it answers.
 * @throws HostError saying what is wrong with functions, data file, schema or ports, and what to do
 */
export async function startHost(options: HostOptions, thread: ThreadParts = {}): Promise<RunningHost> {
  const given =
    typeof options.functions === "string"
      ? await loadFunctions(options.functions)
      : (options.functions ?? null);
  const data = await openDataFile(options.data, { isOurs: thread.follows ?? false });
  for (const text of data.notes) options.log?.({ kind: "host", level: "warn", text });
  try {
    const ports = await openPorts(options);
    try {
      return await start(options, given, {
        store: openStore(data.driver),
        running: thread.running,
        acknowledged: (ts) => data.acknowledged(ts),
        close: () => data.close(),
        ...ports,
      });
    } catch (error) {
      await Promise.all([ports.api.close(), ports.site.close()]);
      throw error;
    }
  } catch (error) {
    data.close();
    throw error;
  }
}

interface Resources {
  readonly store: Store;
  readonly running: RunningCall | undefined;
  readonly api: Listener;
  readonly site: Listener;
  acknowledged(ts: bigint): void;
  close(): void;
}

async function start(
  options: HostOptions,
  given: FunctionsBundle | null,
  resources: Resources,
): Promise<RunningHost> {
  const { store, api, site } = resources;
  const core = makeCore({
    store,
    file: options.data,
    committed: (ts) => resources.acknowledged(ts),
    bundle: given ?? deployedBundle(store.driver) ?? NO_FUNCTIONS,
    env: options.env ?? {},
    redact: options.redact ?? false,
    log: options.log ?? (() => undefined),
    adminKey: options.adminKey,
    urls: { cloud: api.url, site: site.url },
    simulateConflicts: options.simulateConflicts ?? false,
    running: resources.running,
  });
  const sockets = new SocketServer(core);
  const wiring = {
    ...core,
    sockets,
    allowed: { bind: options.bind ?? LOOPBACK, names: options.allowedHosts ?? [] },
  };
  await core.scheduler.start();
  await core.crons.start();
  api.serve(apiRoutes(wiring));
  api.acceptSync(sockets, wiring.allowed);
  site.serve(siteRoutes(wiring));
  const stopAll = async () => {
    const closing = Promise.all([api.close(), site.close()]);
    await sockets.stop();
    await Promise.race([Promise.all([core.scheduler.stop(), core.crons.stop()]), grace()]);
    await closing;
    await core.transfers.close();
    await core.engine.close();
    core.past.close();
    resources.close();
  };
  let stopping: Promise<void> | undefined;
  return {
    url: api.url,
    siteUrl: site.url,
    stop: () => (stopping ??= stopAll()),
    conflicts: () => Object.fromEntries(core.conflicts?.counts ?? []),
  };
}

async function openPorts(options: HostOptions): Promise<{ api: Listener; site: Listener }> {
  const bind = options.bind ?? LOOPBACK;
  const api = await listen({ port: options.port, bind, what: "clients" });
  try {
    return { api, site: await listen({ port: options.sitePort, bind, what: "HTTP actions" }) };
  } catch (error) {
    await api.close();
    throw error;
  }
}

function grace(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, STOP_JOBS_MS).unref());
}
