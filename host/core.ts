import { ConflictLog } from "./database/conflicts.ts";
import { applySchema } from "./database/migrate.ts";
import type { Store } from "./database/store.ts";
import { Transaction } from "./database/transaction.ts";
import { Deployment } from "./deploy/deployment.ts";
import { envOf } from "./deploy/environment.ts";
import { FunctionLog } from "./deploy/functionLog.ts";
import { inspectBundle } from "./deploy/inspectBundle.ts";
import { systemQueries } from "./deploy/systemQueries.ts";
import { Authenticator } from "./functions/authenticate.ts";
import { dropUnfinishedUploads } from "./files/uploads.ts";
import type { FunctionsBundle } from "./functions/bundleFormat.ts";
import { Engine } from "./functions/engine.ts";
import { Meter } from "./functions/meter.ts";
import { Past } from "./functions/past.ts";
import { Registry } from "./functions/registry.ts";
import type { RunningCall } from "./functions/runningCall.ts";
import { Crons } from "./scheduler/crons.ts";
import { Scheduler } from "./scheduler/scheduler.ts";
import { Subscriptions } from "./subscriptions/subscriptions.ts";
import { StreamingExport } from "./transfer/streamingExport.ts";
import { Transfers } from "./transfer/transfers.ts";
import type { LogSink } from "./values/log.ts";

export interface CoreOptions {
  readonly store: Store;
  /** Path of the data file, or ":memory:". */
  readonly file: string;
  /** Told of each commit that is on disk, before anyone else. */
  readonly committed: (ts: bigint) => void;
  readonly bundle: FunctionsBundle;
  readonly env: Record<string, string>;
  readonly redact: boolean;
  readonly log: LogSink;
  readonly adminKey: string;
  readonly urls: { readonly cloud: string; readonly site: string };
  readonly simulateConflicts: boolean;
  readonly running: RunningCall | undefined;
}
export interface Core {
  readonly engine: Engine;
  readonly past: Past;
  /** Counts under conflict simulation; undefined without. */
  readonly conflicts: ConflictLog | undefined;
  readonly registry: Registry;
  readonly subscriptions: Subscriptions;
  readonly authenticator: Authenticator;
  readonly scheduler: Scheduler;
  readonly crons: Crons;
  readonly deployment: Deployment;
  readonly transfers: Transfers;
  readonly streamingExport: StreamingExport;
  readonly functionLog: FunctionLog;
  readonly meter: Meter;
  readonly urls: CoreOptions["urls"];
  readonly log: LogSink;
}

/**
 * Everything of a host but its ports: loads the functions, brings the tables to their schema, and wires the parts.
 * Scheduler and crons are not started yet.
 * @throws HostError naming what is wrong with functions or stored documents
 */
export function makeCore({ store, bundle, redact, log, adminKey, urls, ...options }: CoreOptions): Core {
  dropUnfinishedUploads(store.driver);
  // The names are those that Convex sets on every deployment.
  store.files.origin = urls.cloud;
  store.files.uploadKey = adminKey;
  const baseEnv = { CONVEX_CLOUD_URL: urls.cloud, CONVEX_SITE_URL: urls.site, ...options.env };
  const env = { ...baseEnv, ...storedEnv(store) };
  const loaded = inspectBundle(bundle, env);
  const registry = new Registry(loaded.functionsJson);
  applySchema(store, loaded.schema);
  const authenticator = new Authenticator(loaded.authJson, adminKey);
  const functionLog = new FunctionLog(registry);
  const meter = new Meter();
  const system = {
    functions: () => registry.all(),
    deployment: (): Deployment => deployment,
    urls,
  };
  const conflicts = options.simulateConflicts ? new ConflictLog() : undefined;
  const engine = new Engine({
    conflicts,
    running: options.running,
    store,
    bundle,
    rules: { registry, catalog: store.catalog },
    env,
    redact,
    log,
    systemQuery: systemQueries(system),
    executed: (execution) => {
      functionLog.add(execution);
      meter.executed(execution);
    },
  });
  engine.onCommit(({ ts }) => {
    options.committed(ts);
    meter.committed();
  });
  const past = new Past(engine, store, options.file);
  const subscriptions = new Subscriptions(engine);
  const jobs = { engine, registry, store, log };
  const scheduler = new Scheduler(jobs);
  const crons = new Crons(jobs, loaded.cronsJson);
  const parts = { store, engine, registry, authenticator, subscriptions, crons, baseEnv };
  const deployment: Deployment = new Deployment(parts, loaded);
  const transfers = new Transfers({ engine, deployment, subscriptions });
  const streamingExport = new StreamingExport(engine);
  return {
    ...parts,
    past,
    streamingExport,
    conflicts,
    scheduler,
    deployment,
    transfers,
    functionLog,
    meter,
    urls,
    log,
  };
}

function storedEnv(store: Store): Record<string, string> {
  const isNew = store.catalog.find("_environment_variables") === undefined;
  return isNew ? {} : envOf(new Transaction(store, store.clock.latest));
}
