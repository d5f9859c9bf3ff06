import { type ConflictCount, ConflictLog } from "./database/conflicts.ts";
import { applySchema } from "./database/migrate.ts";
import { parseSchema } from "./database/schema.ts";
import { openStore, type Store } from "./database/store.ts";
import { Authenticator } from "./functions/authenticate.ts";
import { loadFunctions } from "./functions/bundle.ts";
import type { FunctionsBundle } from "./functions/bundleFormat.ts";
import { Engine } from "./functions/engine.ts";
import { Isolate } from "./functions/isolate.ts";
import { Registry } from "./functions/registry.ts";
import { apiRoutes } from "./http/api.ts";
import { acceptSync, listen, type Listener } from "./http/listen.ts";
import { siteRoutes } from "./http/site.ts";
import { Crons } from "./scheduler/crons.ts";
import { Scheduler } from "./scheduler/scheduler.ts";
import { type DataFile, openDataFile } from "./storage/dataFile.ts";
import { Subscriptions } from "./subscriptions/subscriptions.ts";
import { SocketServer } from "./sync/socketServer.ts";
import type { LogSink } from "./values/log.ts";

export { bundleFunctions } from "./functions/bundle.ts";
export type { FunctionsBundle } from "./functions/bundleFormat.ts";
export { HostError } from "./values/errors.ts";
export type { HostLog } from "./values/log.ts";

export interface HostOptions {
  /** A folder written by `bundleFunctions`, a Convex source folder, or a bundle. */
  functions: string | FunctionsBundle;
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

/** Actions under way when the host stops get this long; then they are lost, as by a kill. */
const STOP_JOBS_MS = 3_000;

/**
 * Starts a Convex-compatible server over one SQLite file; resolves when it answers.
 * @throws HostError saying what is wrong with functions, data file, schema or ports, and what to do
 */
export async function startHost(options: HostOptions): Promise<RunningHost> {
  const bundle =
    typeof options.functions === "string" ? await loadFunctions(options.functions) : options.functions;
  const data = await openDataFile(options.data);
  for (const text of data.notes) options.log?.({ kind: "host", level: "warn", text });
  try {
    const store = openStore(data.driver);
    return await start(options, bundle, { store, data, close: () => data.close() });
  } catch (error) {
    data.close();
    throw error;
  }
}

async function start(
  options: HostOptions,
  bundle: FunctionsBundle,
  data: { store: Store; data: Pick<DataFile, "acknowledged">; close: () => void },
): Promise<RunningHost> {
  const { env = {}, log = () => undefined, redact = false, adminKey } = options;
  const { store } = data;
  const loaded = new Isolate(bundle, env, "deterministic");
  const registry = new Registry(loaded.functionsJson);
  const schema = loaded.exportOf("schema");
  applySchema(store, schema === null ? { tables: [] } : parseSchema(schema));
  const authenticator = new Authenticator(loaded.defaultJson("auth.config"), adminKey);
  const rules = { registry, catalog: store.catalog };
  const conflicts = options.simulateConflicts === true ? new ConflictLog() : undefined;
  const engine = new Engine({ store, bundle, rules, env, redact, log, conflicts });
  engine.onCommit(({ ts }) => data.data.acknowledged(ts));
  const subscriptions = new Subscriptions(engine);
  const jobs = { engine, registry, store, log };
  const scheduler = new Scheduler(jobs);
  const crons = new Crons(jobs, loaded.exportOf("crons"));
  const wiring = { engine, subscriptions, authenticator, registry, log };
  const sockets = new SocketServer(wiring);
  const listeners = await openListeners(options, wiring, sockets).catch(async (error: unknown) => {
    await sockets.stop();
    throw error;
  });
  await scheduler.start();
  await crons.start();
  const stopAll = async () => {
    const closing = Promise.all(listeners.map((listener) => listener.close()));
    await sockets.stop();
    await Promise.race([Promise.all([scheduler.stop(), crons.stop()]), grace()]);
    await closing;
    await engine.close();
    data.close();
  };
  let stopping: Promise<void> | undefined;
  const [api, site] = listeners;
  return {
    url: api.url,
    siteUrl: site.url,
    stop: () => (stopping ??= stopAll()),
    conflicts: () => Object.fromEntries(conflicts?.counts ?? []),
  };
}

async function openListeners(
  options: HostOptions,
  wiring: Omit<Parameters<typeof apiRoutes>[0], "allowed">,
  sockets: SocketServer,
): Promise<[Listener, Listener]> {
  const bind = options.bind ?? "127.0.0.1";
  const allowed = { bind, names: options.allowedHosts ?? [] };
  const api = await listen(apiRoutes({ ...wiring, allowed }), { port: options.port, bind, what: "clients" });
  acceptSync(api.server, sockets, allowed);
  try {
    const site = await listen(siteRoutes({ ...wiring, allowed }), {
      port: options.sitePort,
      bind,
      what: "HTTP actions",
    });
    return [api, site];
  } catch (error) {
    await api.close();
    throw error;
  }
}

function grace(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, STOP_JOBS_MS).unref());
}
