import { withCommitTs } from "../database/commitTs.ts";
import type { Transaction } from "../database/transaction.ts";
import { DeveloperError } from "../values/errors.ts";
import type { ConvexJson } from "../values/json.ts";
import { LIMITS } from "../values/limits.ts";
import type { FunctionsBundle } from "./bundleFormat.ts";
import { CallUse } from "./callUse.ts";
import { collectGarbage } from "./collectGarbage.ts";
import { checkCall, checkResult, type CallRules, type Named } from "./checkCall.ts";
import { after, type Eventually } from "./eventually.ts";
import { type Frame, logText, type Pagination, type RequestScope, seededRandom } from "./frame.ts";
import { type CallHost, Isolate, type Settled } from "./isolate.ts";
import { type Failure, OUT_OF_MEMORY, thrownFailure } from "./outcome.ts";
import { StackFrames } from "./stackFrames.ts";
import type { FunctionEntry } from "./registry.ts";
import type { RunningCall } from "./runningCall.ts";
import { asyncSyscall, type RunUdfArgs, syncSyscall } from "./syscalls/dispatch.ts";
import { openNested } from "./nestedCall.ts";
import { pathOf } from "./syscalls/address.ts";
import { readArgs } from "./syscalls/readArgs.ts";

/** A query or mutation to run, and the transaction it runs in. */
export interface Invocation {
  readonly call: Named;
  readonly scope: RequestScope;
  readonly tx: Transaction;
  readonly depth: number;
  /** End cursor of an earlier run of the same paginated query. */
  readonly journal: string | null;
}
export type Result =
  | { ok: true; value: string; journal: string | null }
  | { ok: false; failure: Failure; journal: string | null };

/**
 * Runs queries and mutations in vm contexts, one context per depth of call: a nested `runQuery` or `runMutation`
 * runs to its end inside the syscall of its caller, so calls nest like ordinary function calls.
 */
export class DeterministicRunner {
  #bundle: FunctionsBundle;
  #env: Record<string, string>;
  readonly #rules: CallRules;
  readonly #running: RunningCall | undefined;
  #stack: StackFrames;
  #isolates: Isolate[] = [];

  constructor(
    bundle: FunctionsBundle,
    env: Record<string, string>,
    { rules, running }: { rules: CallRules; running?: RunningCall | undefined },
  ) {
    this.#bundle = bundle;
    this.#stack = new StackFrames(bundle.sourceMap);
    this.#env = env;
    this.#rules = rules;
    this.#running = running;
  }

  /** The next call runs these functions with this environment. */
  replace(bundle: FunctionsBundle, env: Record<string, string>): void {
    this.#bundle = bundle;
    this.#stack = new StackFrames(bundle.sourceMap);
    this.#env = env;
    this.#isolates = [];
  }

  /** After a kill nothing is known of the contexts' state: the next call gets new ones. */
  discardIsolates(): void {
    this.#isolates = [];
    this.#running?.end();
    collectGarbage();
  }

  /** Checks and runs one call; its writes are in the transaction, kept or not by the caller. */
  run(invocation: Invocation): Eventually<Result> {
    const { call, scope, depth, journal } = invocation;
    const checked = checkCall(call, this.#rules, depth > 0 ? "nested" : scope.identity);
    if (!checked.ok) return { ok: false, failure: checked.failure, journal: null };
    const pagination: Pagination = { used: false, given: journal, made: null };
    const frame = makeFrame(invocation, checked.entry, pagination);
    const { path } = checked.entry;
    const args = JSON.stringify(call.args);
    if (depth === 0 && this.#running?.begin(path, args) === false) return failed(OUT_OF_MEMORY);
    const use = new CallUse();
    const host = this.#host(frame, use);
    const settled = this.#isolate(depth).run({ kind: call.kind, path, args, requestId: "", host });
    return after(settled, (done) => {
      if (depth === 0) this.#running?.end();
      if (frame.broken !== null) throw frame.broken;
      const failure = use.passed();
      if (failure === null) return this.#finish(frame, done);
      // With its contexts goes what the function keeps in variables of its modules.
      this.discardIsolates();
      return failed(failure);
    });
  }

  #finish(frame: Frame, settled: Settled): Result {
    const journal = frame.pagination.made;
    if (!settled.ok) return { ok: false, failure: thrownFailure(settled.thrown, this.#stack), journal };
    const problem = checkResult(frame.entry, settled.value, this.#rules.catalog);
    return problem === null
      ? { ok: true, value: settled.value, journal }
      : { ok: false, failure: problem, journal };
  }

  #host(frame: Frame, use: CallUse): CallHost {
    const whole = <T>(work: () => T): T => {
      const passed = use.passed();
      // The function may catch this and go on, but its result will not be taken.
      if (passed !== null) throw new DeveloperError(passed.detail);
      try {
        return work();
      } catch (error) {
        if (!(error instanceof DeveloperError)) frame.broken ??= error as Error;
        throw error;
      }
    };
    return {
      nowMs: frame.scope.nowMs,
      random: frame.random,
      log: (level, args) => frame.scope.log.addText(level, this.#stack.printed(logText(args))),
      syscall: (op, arg) => whole(() => syncSyscall(frame, op, readArgs(op, arg))),
      asyncSyscall: (op, arg) =>
        whole(() => {
          const args = readArgs(op, arg);
          if (op === "1.0/runUdf") return this.#nested(frame, args as RunUdfArgs);
          return asyncSyscall(frame, op, { args, registry: this.#rules.registry });
        }),
    };
  }

  #nested(frame: Frame, request: RunUdfArgs): Eventually<string> {
    const { udfType, args } = request;
    if (frame.depth + 1 >= LIMITS.callDepth) {
      throw new DeveloperError(`Cross component call depth limit exceeded (maximum ${LIMITS.callDepth})`);
    }
    if (udfType !== "query" && frame.entry.kind === "query") {
      const what = udfType === "mutation" ? "run a mutation" : "read a stale snapshot";
      throw new DeveloperError(`A query cannot ${what}.`);
    }
    const nested = openNested(frame.tx, request);
    const call = { path: pathOf(request), kind: nested.kind, args: [args] };
    const { scope, depth } = frame;
    const result = this.run({ call, scope, tx: nested.tx, depth: depth + 1, journal: null });
    if (udfType === "snapshotQuery" && result instanceof Promise) {
      // While it waits, its caller would go on without its own writes.
      nested.close(false);
      throw new DeveloperError(
        "A query with `useStaleSnapshot` cannot wait for `crypto.subtle`, a blob, a body or a stream.",
      );
    }
    return after(result, (done) => {
      nested.close(done.ok);
      if (!done.ok) throw new DeveloperError(done.failure.detail, done.failure.data);
      return done.value;
    });
  }

  #isolate(depth: number): Isolate {
    const present = this.#isolates[depth];
    if (present?.isReusable) return present;
    return (this.#isolates[depth] = new Isolate(this.#bundle, this.#env, "deterministic"));
  }
}

function makeFrame({ scope, tx, depth }: Invocation, entry: FunctionEntry, pagination: Pagination): Frame {
  const random = seededRandom(Math.floor(Math.random() * 0x1_0000_0000));
  return { entry, scope, tx, depth, random, pagination, streams: new Map(), broken: null };
}

/** Fills in the commit timestamp, in the documents that the transaction wrote and in the result. */
export function resolved(value: string, tx: Transaction): string {
  tx.resolveCommitTs();
  if (!value.includes('{"$commitTs":null}')) return value;
  return JSON.stringify(withCommitTs(JSON.parse(value) as ConvexJson, tx.ts));
}

export const failed = (failure: Failure): Result => ({ ok: false, failure, journal: null });
