import type { Attempt } from "../database/task.ts";
import type { Transaction } from "../database/transaction.ts";
import type { Engine } from "../functions/engine.ts";
import { SYSTEM } from "../functions/identity.ts";
import { canonicalPath, type Registry } from "../functions/registry.ts";
import type { Driver, Statement } from "../storage/driver.ts";
import { DeveloperError, HostError, messageOf } from "../values/errors.ts";
import type { ConvexJson } from "../values/json.ts";
import { Alarm } from "./alarm.ts";
import { nextRun, type Schedule } from "./cronTime.ts";
import type { SchedulerWiring } from "./scheduler.ts";

interface CronSpec {
  name: string;
  args: ConvexJson[];
  schedule: Schedule;
}

/** Pause before a cron is tried again after the host itself failed. */
const RETRY_MS = 5_000;

/** Runs the crons of `crons.ts`: one run at a time each, missed runs skipped, the next time kept in the data file. */
export class Crons {
  readonly #wiring: SchedulerWiring;
  #specs: Map<string, CronSpec>;
  readonly #alarms = new Map<string, Alarm>();
  readonly #running = new Set<Promise<void>>();
  readonly #rows: CronRows;
  #stopped = false;

  /** @param exported JSON of `crons.export()`, or null when there is no crons.ts */
  constructor(wiring: SchedulerWiring, exported: string | null) {
    this.#wiring = wiring;
    this.#rows = new CronRows(wiring.store.driver);
    this.#specs = readCrons(exported, wiring.registry);
  }

  async start(): Promise<void> {
    const times = await this.#wiring.engine.transact(() => ({ commit: true, value: this.#reconcile() }));
    this.arm(times.value);
  }

  /** Takes over other crons inside an open transaction; gives when each is due, for `arm`. */
  replace(exported: string | null): Map<string, number> {
    this.#specs = readCrons(exported, this.#wiring.registry);
    return this.#reconcile();
  }

  /** Waits for these times and for no other. */
  arm(times: ReadonlyMap<string, number>): void {
    for (const alarm of this.#alarms.values()) alarm.clear();
    this.#alarms.clear();
    for (const [name, atMs] of times) {
      this.#alarms.set(name, new Alarm(() => this.#ring(name)));
      this.#alarms.get(name)?.setBy(atMs);
    }
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const alarm of this.#alarms.values()) alarm.clear();
    await Promise.all(this.#running);
  }

  /** A cron whose schedule is unchanged keeps its time; one that was due while the host was down runs now, once. */
  #reconcile(): Map<string, number> {
    const known = this.#rows.all();
    for (const name of known.keys()) if (!this.#specs.has(name)) this.#rows.remove(name);
    const times = new Map<string, number>();
    for (const [name, spec] of this.#specs) {
      const row = known.get(name);
      const isSame = row?.spec === JSON.stringify(spec);
      const nowMs = Date.now();
      const latest = nextRun(name, spec.schedule, { nowMs, previousMs: isSame ? nowMs : null });
      // A stored time further off than any schedule puts it is one of a clock that has been set back since.
      const next = isSame ? Math.min(row.next, latest) : latest;
      this.#rows.put(name, spec, next);
      times.set(name, next);
    }
    return times;
  }

  #ring(name: string): void {
    if (this.#stopped) return;
    const spec = this.#specs.get(name);
    if (spec === undefined) return;
    const run = this.#runOnce(name, spec)
      .catch((error: unknown) => {
        this.#wiring.log({ kind: "host", level: "error", text: `cron ${name}: ${messageOf(error)}` });
        return Date.now() + RETRY_MS;
      })
      .then((next) => {
        this.#running.delete(run);
        if (!this.#stopped) this.#alarms.get(name)?.setBy(next);
      });
    this.#running.add(run);
  }

  async #runOnce(name: string, spec: CronSpec): Promise<number> {
    const { engine, registry } = this.#wiring;
    const path = canonicalPath(spec.name);
    const isAction = registry.find(path)?.kind === "action";
    const dueMs = this.#rows.all().get(name)?.next ?? Date.now();
    const advance = () => {
      const next = nextRun(name, spec.schedule, { nowMs: Date.now(), previousMs: dueMs });
      // A deploy may have removed it while it ran.
      if (this.#specs.has(name)) this.#rows.put(name, spec, next);
      return next;
    };
    const skip = async () => (await engine.transact(() => ({ commit: true, value: advance() }))).value;
    if (isAction) {
      const next = await skip();
      await engine.action({ path, args: spec.args, identity: SYSTEM });
      return Math.max(next, Date.now());
    }
    try {
      const run = (tx: Transaction) => runMutation(engine, tx, { path, args: spec.args, advance });
      return (await engine.transact(run)).value;
    } catch (error) {
      if (error instanceof DeveloperError) return await skip();
      throw error;
    }
  }
}

function runMutation(
  engine: Engine,
  tx: Transaction,
  cron: { path: string; args: ConvexJson[]; advance: () => number },
): Attempt<number> | Promise<Attempt<number>> {
  const close = tx.openNested();
  const failure = engine.runInside(tx, { path: cron.path, kind: "mutation", args: cron.args }, null);
  const conclude = (result: unknown): Attempt<number> => {
    close(result === null);
    tx.resolveCommitTs();
    return { commit: true, value: cron.advance() };
  };
  return failure instanceof Promise ? failure.then(conclude) : conclude(failure);
}

/**
 * The crons of `crons.export()`.
 * @throws HostError when one names no mutation or action
 */
export function readCrons(exported: string | null, registry: Registry): Map<string, CronSpec> {
  const specs = new Map(Object.entries(JSON.parse(exported ?? "{}") as Record<string, CronSpec>));
  for (const [name, spec] of specs) {
    const kind = registry.find(canonicalPath(spec.name))?.kind;
    if (kind === "mutation" || kind === "action") continue;
    throw new HostError(`crons.ts: "${name}" runs "${spec.name}", which is no mutation or action.`);
  }
  return specs;
}

/** The `crons` table. */
class CronRows {
  readonly #all: Statement;
  readonly #put: Statement;
  readonly #remove: Statement;

  constructor(driver: Driver) {
    this.#all = driver.prepare("SELECT name, spec, next FROM crons");
    this.#put = driver.prepare("INSERT OR REPLACE INTO crons VALUES (?, ?, ?)");
    this.#remove = driver.prepare("DELETE FROM crons WHERE name = ?");
  }

  all(): Map<string, { spec: string; next: number }> {
    const rows = this.#all.all();
    return new Map(
      rows.map((row) => [String(row["name"]), { spec: String(row["spec"]), next: Number(row["next"]) }]),
    );
  }

  put(name: string, spec: CronSpec, next: number): void {
    this.#put.run([name, JSON.stringify(spec), next]);
  }

  remove(name: string): void {
    this.#remove.run([name]);
  }
}
