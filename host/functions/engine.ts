import type { Attempt, Commit, Committed } from "../database/task.ts";
import { Committer } from "../database/committer.ts";
import { SessionRequests } from "../database/sessionRequests.ts";
import type { Store } from "../database/store.ts";
import { Transaction } from "../database/transaction.ts";
import { DeveloperError } from "../values/errors.ts";
import { Answers } from "./answers.ts";
import { actionCalls } from "./actionCalls.ts";
import { ActionRunner } from "./actions.ts";
import type { FunctionsBundle } from "./bundleFormat.ts";
import type { Answer, Call, EngineOptions, MutationCall, OneOff, QueryAnswer, QueryCall } from "./calls.ts";
import type { Named } from "./checkCall.ts";
import { DeterministicRunner, failed, resolved, type Result } from "./deterministic.ts";
import { after, type Eventually } from "./eventually.ts";
import { NO_METADATA, type RequestScope } from "./frame.ts";
import { mayCallInternal, SYSTEM } from "./identity.ts";
import { type CallOutcome, CONFLICTED, type Failure, RAN_AWAY } from "./outcome.ts";
import { canonicalPath, Registry } from "./registry.ts";
import { makeGuard } from "./watchdog.ts";

export type { Answer, Call, Execution, MutationCall, QueryAnswer, QueryCall } from "./calls.ts";

/** Runs functions: queries and mutations in this thread, one after another, actions in threads of their own. */
export class Engine {
  readonly committer: Committer;
  readonly #options: EngineOptions;
  readonly #runner: DeterministicRunner;
  readonly #actions: ActionRunner;
  readonly #requests: SessionRequests;
  readonly #answers: Answers;
  readonly #listeners: ((commit: Commit) => void)[] = [];

  constructor(options: EngineOptions) {
    const { bundle, env, rules, store } = options;
    this.#options = options;
    this.#requests = new SessionRequests(store.driver);
    this.#answers = new Answers(options);
    this.#runner = new DeterministicRunner(bundle, env, { rules, running: options.running });
    const guard = makeGuard(() => this.#runner.discardIsolates());
    this.committer = new Committer(store, guard, {
      onCommit: (commit) => {
        for (const listener of this.#listeners) listener(commit);
      },
      ...(options.conflicts && { conflicts: options.conflicts }),
    });
    const calls = actionCalls({
      committer: this.committer,
      runner: this.#runner,
      registry: rules.registry,
      transact: (work) => this.transact(work),
    });
    this.#actions = new ActionRunner(bundle, env, { rules, calls });
  }

  /** Timestamp of the last commit. */
  get latestTs(): bigint {
    return this.#options.store.clock.latest;
  }

  /** Calls the listener after every COMMIT, before the answers of its mutations are given. */
  onCommit(listener: (commit: Commit) => void): void {
    this.#listeners.push(listener);
  }

  async query(call: QueryCall): Promise<QueryAnswer> {
    const scope = this.#answers.scope(call);
    const { value, ts } = await this.committer.read({
      run: (tx) => {
        const result = this.#runQuery(call, scope, tx);
        return after(result, (done) => ({ commit: false, value: { done, reads: tx.reads.merged() } }));
      },
      runaway: () => ({ done: failed(RAN_AWAY), reads: [] }),
    });
    return {
      outcome: this.#answers.outcome(call, scope, value.done),
      ts,
      reads: value.reads,
      journal: value.done.journal,
    };
  }

  /** Runs a query on data of an earlier time. */
  async queryAt({ store, ts }: { store: Store; ts: bigint }, call: QueryCall): Promise<CallOutcome> {
    const scope = this.#answers.scope(call);
    const { value } = await this.committer.read({
      run: () => {
        const result = this.#runQuery(call, scope, new Transaction(store, ts));
        return after(result, (done) => ({ commit: false, value: done }));
      },
      runaway: () => failed(RAN_AWAY),
    });
    return this.#answers.outcome(call, scope, value);
  }

  async mutate(call: MutationCall): Promise<Answer> {
    const scope = this.#answers.scope(call);
    const { value, ts } = await this.committer.write<Result | Answer>({
      run: (tx) => {
        const earlier = this.#earlierAnswer(call);
        if (earlier !== null) return { commit: false, value: earlier };
        const result = this.#run({ ...call, kind: "mutation" }, { scope, tx, journal: null });
        return after(result, (done) => this.#conclude(call, tx, { done, scope }));
      },
      runaway: () => failed(RAN_AWAY),
      label: canonicalPath(call.path),
      conflicted: () => failed(CONFLICTED),
    });
    return "outcome" in value ? value : { outcome: this.#answers.outcome(call, scope, value), ts };
  }

  async action(call: Call): Promise<CallOutcome> {
    const scope = this.#answers.scope(call);
    const result = await this.#actions.run({ ...call, kind: "action" }, scope);
    return this.#answers.outcome(call, scope, { ...result, journal: null });
  }

  /** Runs a query with functions around it that are not those of the deployment. */
  async oneOff(functions: OneOff, call: Call): Promise<CallOutcome> {
    const { rules, running } = this.#options;
    const own = { ...rules, registry: new Registry(functions.functionsJson) };
    const runner = new DeterministicRunner(functions.bundle, functions.env, { rules: own, running });
    const scope = this.#answers.scope(call);
    const query = { call: { ...call, kind: "query" as const }, scope, depth: 0, journal: null };
    const { value } = await this.committer.read({
      run: (tx) => after(runner.run({ ...query, tx }), (done) => ({ commit: false, value: done })),
      runaway: () => failed(RAN_AWAY),
    });
    return this.#answers.outcome(call, scope, value);
  }

  /** The answer of the HTTP action for a request: null when no route matches, a message when it failed. */
  async http(request: Request, who: Pick<Call, "identity" | "metadata">): Promise<Response | string | null> {
    const path = `${request.method} ${new URL(request.url).pathname}`;
    const scope = this.#answers.scope({ path, ...who });
    const answer = await this.#actions.http(request, scope);
    if (answer === null) return null;
    const isAnswered = answer instanceof Response;
    const result: Result = isAnswered ? { ok: true, value: "null", journal: null } : failed(answer);
    const outcome = this.#answers.outcome({ path }, scope, result);
    return outcome.kind === "success" ? (answer as Response) : outcome.message;
  }

  /**
   * Runs host code in a write transaction of its own.
   * @throws DeveloperError when the code throws one; its writes are taken back then
   */
  async transact<T>(work: (tx: Transaction) => Eventually<Attempt<T>>): Promise<Committed<T>> {
    const { value, ts } = await this.committer.write<{ done: T } | { refused: DeveloperError }>({
      run: (tx) => {
        try {
          return after(work(tx), ({ commit, value: done }) => ({ commit, value: { done } }));
        } catch (error) {
          if (error instanceof DeveloperError) return { commit: false, value: { refused: error } };
          throw error;
        }
      },
      runaway: () => ({ refused: new DeveloperError("The host's own transaction ran into the time limit.") }),
    });
    if ("refused" in value) throw value.refused;
    return { value: value.done, ts };
  }

  /** Like `transact`, for work that may take long, runs no function, and needs no watchdog. */
  async maintain<T>(work: (tx: Transaction) => T): Promise<Committed<T>> {
    const { value, ts } = await this.committer.write<{ done: T } | { failed: unknown }>({
      isTrusted: true,
      run: (tx) => {
        try {
          return { commit: true, value: { done: work(tx) } };
        } catch (error) {
          return { commit: false, value: { failed: error } };
        }
      },
      runaway: () => ({ failed: new Error("The host's own transaction was ended.") }),
    });
    if ("failed" in value) throw value.failed;
    return { value: value.done, ts };
  }

  /** From now on these functions run; the registry is the caller's to change in the same step. */
  replaceFunctions(bundle: FunctionsBundle, env: Record<string, string>): void {
    this.#runner.replace(bundle, env);
    this.#actions.replace(bundle, env);
  }

  /** Reads with host code. */
  async inspect<T>(work: (tx: Transaction) => T): Promise<T> {
    const task = {
      isTrusted: true,
      run: (tx: Transaction) => ({ commit: false, value: work(tx) }),
      runaway: (): T => {
        throw new Error("The host's own read ran into the time limit.");
      },
    };
    return (await this.committer.read(task)).value;
  }

  /** Runs a function inside a transaction of the host (the scheduler marks its job in the same one). */
  runInside(tx: Transaction, call: Named, scheduledFunctionId: string | null): Eventually<Failure | null> {
    const metadata = { ...NO_METADATA, scheduledFunctionId };
    const scope = this.#answers.scope({ path: call.path, identity: SYSTEM, metadata });
    const result = this.#run(call, { scope, tx, journal: null });
    return after(result, (done) => {
      if (done.ok) return null;
      this.#options.log({ kind: "functionFailed", path: call.path, message: done.failure.detail });
      return done.failure;
    });
  }

  /** Finishes what is queued in the database, ends the threads of actions, and refuses everything after. */
  async close(): Promise<void> {
    await this.committer.close();
    await this.#actions.close();
  }

  /** Deletes some answers that no client will ask for again, and some changes that are too old. */
  async sweep(): Promise<void> {
    await this.transact(() => {
      this.#requests.sweep();
      return { commit: true, value: null };
    });
    const sweepChanges = async () => (await this.maintain(({ store }) => store.changes.sweep())).value;
    while (await sweepChanges());
  }

  #runQuery(call: QueryCall, scope: RequestScope, tx: Transaction): Eventually<Result> {
    return (
      this.#systemQuery(call, tx) ??
      this.#run({ ...call, kind: "query" }, { scope, tx, journal: call.journal })
    );
  }

  #systemQuery(call: Call, tx: Transaction): Result | null {
    if (!call.path.startsWith("_system/") || !mayCallInternal(call.identity)) return null;
    try {
      const value = this.#options.systemQuery?.(call, tx) ?? null;
      return value === null ? null : { ok: true, value, journal: null };
    } catch (error) {
      if (error instanceof DeveloperError) return failed({ detail: error.message });
      throw error;
    }
  }

  #run(
    call: Named,
    how: { scope: RequestScope; tx: Transaction; journal: string | null },
  ): Eventually<Result> {
    return this.#runner.run({ call, depth: 0, ...how });
  }

  #conclude(
    call: MutationCall,
    tx: Transaction,
    run: { done: Result; scope: RequestScope },
  ): Attempt<Result> {
    const { done, scope } = run;
    if (!done.ok) return { commit: false, value: done };
    const value = resolved(done.value, tx);
    if (call.dedupe !== undefined && tx.hasWritten) {
      const answer = JSON.stringify({ value, logLines: scope.log.lines });
      this.#requests.record(call.dedupe, { ts: tx.ts, answer });
    }
    return { commit: true, value: { ...done, value } };
  }

  #earlierAnswer({ dedupe }: MutationCall): Answer | null {
    const stored = dedupe === undefined ? undefined : this.#requests.find(dedupe);
    if (stored === undefined) return null;
    const { value, logLines } = JSON.parse(stored.answer) as { value: string; logLines: string[] };
    return { ts: stored.ts, outcome: { kind: "success", value, logLines } };
  }
}
