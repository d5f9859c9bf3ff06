import { randomUUID } from "node:crypto";
import { changeSchema, checkSchema } from "../database/migrate.ts";
import type { Store } from "../database/store.ts";
import type { Transaction } from "../database/transaction.ts";
import type { Authenticator } from "../functions/authenticate.ts";
import type { Engine } from "../functions/engine.ts";
import type { Registry } from "../functions/registry.ts";
import type { Crons } from "../scheduler/crons.ts";
import type { Subscriptions } from "../subscriptions/subscriptions.ts";
import { HostError } from "../values/errors.ts";
import { type AppDefinition, checkEnv, readAppDefinition } from "./appDefinition.ts";
import { changeEnv, type EnvChange, envOf } from "./environment.ts";
import { inspectBundle, type LoadedFunctions } from "./inspectBundle.ts";
import { modulesOf, type PushRequest } from "./pushRequest.ts";
import { relink } from "./relink.ts";
import { besideOthers, linkTestQuery } from "./testQuery.ts";
import { readDeployment, type StoredDeployment, writeDeployment } from "./storedDeployment.ts";

/** Pushes that were started and neither finished nor given up; older ones are forgotten. */
const PENDING_PUSHES = 8;

export interface DeploymentWiring {
  readonly store: Store;
  readonly engine: Engine;
  readonly registry: Registry;
  readonly authenticator: Authenticator;
  readonly subscriptions: Subscriptions;
  readonly crons: Crons;
  /** What the environment holds below the variables that were set with `convex env`. */
  readonly baseEnv: Record<string, string>;
}
export interface StartedPush {
  readonly id: string;
  readonly functions: LoadedFunctions;
  readonly before: LoadedFunctions;
  readonly stored: StoredDeployment;
  readonly app: AppDefinition;
}
export type SchemaCheck = { kind: "fits" } | { kind: "misfit"; error: string } | { kind: "gone" };

/** The functions that run now, and how others take their place while the host runs. */
export class Deployment {
  readonly #wiring: DeploymentWiring;
  readonly #pushes = new Map<string, StartedPush>();
  #current: LoadedFunctions;

  constructor(wiring: DeploymentWiring, current: LoadedFunctions) {
    this.#wiring = wiring;
    this.#current = current;
  }

  get current(): LoadedFunctions {
    return this.#current;
  }

  /** What was pushed last, or null. */
  get pushed(): StoredDeployment | null {
    return readDeployment(this.#wiring.store.driver);
  }

  /**
   * Links and loads what was pushed; nothing runs it yet.
   * @param how `isEvaluated`: it is only looked at, as for types to be written, so variables may still be missing
   * @throws HostError naming what is wrong with it
   */
  async start(request: PushRequest, how: { isEvaluated: boolean }): Promise<StartedPush> {
    const { env } = this.#current;
    const modules = modulesOf(request, this.pushed);
    const app = await readAppDefinition(request.appDefinition.definition, env);
    // Ahead of the modules, which may fail to load for want of a variable, and would not say so as well.
    if (!how.isEvaluated) this.#checkEnv(app);
    const bundle = { ...(await relink(modules, env)), httpPrefix: app.httpPrefix };
    const functions = inspectBundle(bundle, env);
    const { udfServerVersion } = request.appDefinition;
    const stored = { bundle: { ...bundle, modules: [...bundle.modules] }, modules, udfServerVersion };
    const push = { id: randomUUID(), functions, before: this.#current, stored, app };
    this.#pushes.set(push.id, push);
    for (const id of [...this.#pushes.keys()].slice(0, -PENDING_PUSHES)) this.#pushes.delete(id);
    return push;
  }

  /**
   * The running functions and one module more, `testQuery`, which nobody else sees.
   * @throws HostError when it does not load
   */
  async withTestQuery(source: string): Promise<LoadedFunctions> {
    const { bundle, env } = this.#current;
    const own = await linkTestQuery(source);
    const script = `${bundle.script}\n${besideOthers(own)}`;
    return inspectBundle({ ...bundle, script, sourceMap: undefined }, env);
  }

  find(id: string): StartedPush | undefined {
    return this.#pushes.get(id);
  }

  /** Whether the stored documents fit the schema of a push. */
  async checkSchema(id: string): Promise<SchemaCheck> {
    const push = this.#pushes.get(id);
    if (push === undefined) return { kind: "gone" };
    return await this.#wiring.engine.inspect(({ store }) => {
      try {
        checkSchema(store, push.functions.schema);
        return { kind: "fits" as const };
      } catch (error) {
        if (error instanceof HostError) return { kind: "misfit" as const, error: error.message };
        throw error;
      }
    });
  }

  /**
   * Puts the functions of a push in the place of the running ones: schema, indexes, crons and code change in one
   * transaction, and every subscription is evaluated again.
   * @throws HostError when it is unknown or a document does not fit; everything is then as before
   */
  async finish(id: string, dryRun: boolean): Promise<StartedPush> {
    const push = this.#pushes.get(id);
    if (push === undefined) throw new HostError("This push is not known (any more). Push again.");
    if (dryRun) return push;
    this.#pushes.delete(id);
    // The environment may have changed since the push was started.
    this.#checkEnv(push.app);
    const functions = inspectBundle(push.functions.bundle, this.#current.env);
    await this.#activate(functions, (tx) => writeDeployment(tx.store.driver, push.stored));
    return push;
  }

  /**
   * Sets and removes environment variables; the functions are loaded again with them.
   * @throws DeveloperError or HostError when a name is invalid or the functions do not load with the new values
   */
  async changeEnv(changes: readonly EnvChange[]): Promise<void> {
    const env = await this.#wiring.engine.inspect((tx) => envOf(tx));
    for (const { name, value } of changes) {
      if (typeof value === "string") env[name] = value;
      else delete env[name];
    }
    const functions = inspectBundle(this.#current.bundle, { ...this.#wiring.baseEnv, ...env });
    await this.#activate(functions, (tx) => changeEnv(tx, changes));
  }

  #checkEnv(app: AppDefinition): void {
    checkEnv(app, this.#current.env, this.#wiring.store.catalog);
  }

  async #activate(functions: LoadedFunctions, record: (tx: Transaction) => void): Promise<void> {
    const { engine, crons, subscriptions } = this.#wiring;
    const before = this.#current;
    try {
      const { value: times } = await engine.maintain((tx) => {
        record(tx);
        changeSchema(tx.store, functions.schema);
        return this.#takeOver(functions);
      });
      crons.arm(times);
    } catch (error) {
      await this.#goBack(before);
      throw error;
    }
    subscriptions.invalidateAll();
  }

  /** Inside the transaction, so that the next mutation in the queue already meets schema and functions of one push. */
  #takeOver(functions: LoadedFunctions): Map<string, number> {
    const { engine, registry, authenticator, crons } = this.#wiring;
    registry.replace(functions.functionsJson);
    authenticator.replace(functions.authJson);
    engine.replaceFunctions(functions.bundle, functions.env);
    this.#current = functions;
    return crons.replace(functions.cronsJson);
  }

  /** Reads the tables again, after a transaction that changed them was taken back. */
  async reloadTables(): Promise<void> {
    await this.#wiring.engine.maintain(({ store }) => {
      store.catalog.reload();
      changeSchema(store, this.#current.schema);
    });
  }

  async #goBack(before: LoadedFunctions): Promise<void> {
    const { engine, crons } = this.#wiring;
    const { value: times } = await engine.maintain((tx) => {
      tx.store.catalog.reload();
      changeSchema(tx.store, before.schema);
      return this.#takeOver(before);
    });
    crons.arm(times);
  }
}
