import type { Committer } from "../database/committer.ts";
import type { Attempt, Committed } from "../database/task.ts";
import type { Transaction } from "../database/transaction.ts";
import type { ActionCalls } from "./actions.ts";
import { type DeterministicRunner, failed, resolved } from "./deterministic.ts";
import { after } from "./eventually.ts";
import { RAN_AWAY } from "./outcome.ts";
import type { Registry } from "./registry.ts";
import { FILE_OPS } from "./syscalls/files.ts";
import { cancelJob, schedule } from "./syscalls/schedule.ts";

interface Parts {
  readonly committer: Committer;
  readonly runner: DeterministicRunner;
  readonly registry: Registry;
  transact<T>(work: (tx: Transaction) => Attempt<T>): Promise<Committed<T>>;
}

/** What actions do to the database: every operation is a transaction of its own. */
export function actionCalls(parts: Parts): ActionCalls {
  const { committer, runner, registry } = parts;
  const one = async <T>(work: (tx: Transaction) => T): Promise<T> =>
    (await parts.transact((tx) => ({ commit: true, value: work(tx) }))).value;
  return {
    transact: async (call, scope) => {
      const task = {
        run: (tx: Transaction) => {
          // Depth 1: a function calls it, so it may be internal.
          const result = runner.run({ call, scope, tx, depth: 1, journal: null });
          return after(result, (done) => ({
            commit: done.ok,
            value: done.ok ? { ...done, value: resolved(done.value, tx) } : done,
          }));
        },
        runaway: () => failed(RAN_AWAY),
      };
      const committed = call.kind === "query" ? committer.read(task) : committer.write(task);
      return (await committed).value;
    },
    schedule: (request, parent) => one((tx) => schedule(tx, { registry, parent }, request)),
    file: (op, args) => one((tx) => FILE_OPS[op](tx, args)),
    cancelJob: (id) => one((tx) => cancelJob(tx, registry, id)),
  };
}
