import type { Transaction } from "../database/transaction.ts";
import { checkCall, checkResult } from "../functions/checkCall.ts";
import {
  type Frame,
  LogLines,
  NO_METADATA,
  type RequestMetadata,
  type RequestScope,
  seededRandom,
} from "../functions/frame.ts";
import type { Identity } from "../functions/identity.ts";
import type { FunctionEntry } from "../functions/registry.ts";
import type { Ran, TestBackend, Work } from "./backend.ts";
import { inWordsOfTheMock, withParsedData } from "./errors.ts";
import { transactionGlobals, withOwnGlobals } from "./globals.ts";
import type { Registered, TestModules } from "./modules.ts";
import { type Inside, inTurn, openTransaction, runAs, type TestCall } from "./running.ts";
import { INLINE, installConvexGlobal } from "./syscalls.ts";

export interface Caller {
  readonly identity: Identity;
  readonly metadata?: Partial<RequestMetadata>;
}

const PLACEHOLDER = '{"$commitTs":null}';
let requests = 0;

/** Runs functions in the test's own realm, over the host's transactions. */
export class TestRunner {
  readonly backend: TestBackend;
  readonly modules: TestModules;
  /** Called before a call that may have scheduled something is answered. */
  onScheduled: () => Promise<void> = () => Promise.resolve();

  constructor(backend: TestBackend, modules: TestModules) {
    this.backend = backend;
    this.modules = modules;
    installConvexGlobal();
  }

  scopeOf({ identity, metadata }: Caller): RequestScope {
    return {
      // Counted, so that making one takes nothing from a mocked source of randomness.
      requestId: `fake-request-id-${requests++}`,
      identity,
      metadata: { ...NO_METADATA, ...metadata },
      nowMs: Date.now(),
      log: new LogLines(() => undefined),
    };
  }

  /** Runs a call as a client would, or as part of the transaction that it is made in. */
  async call(call: TestCall, scope: RequestScope): Promise<Ran> {
    if (call.kind === "action") return await this.#action(call, scope);
    const isNested = openTransaction(this) !== null;
    const ran = await this.transact(call.kind, (tx, nowMs) =>
      this.inside(tx, call, { scope, depth: isNested ? 1 : 0, nowMs }),
    );
    if (call.kind === "mutation" && !isNested) await this.onScheduled();
    return ran;
  }

  /** Runs work in the open transaction that it is asked for in, else in one of its own. */
  async transact(kind: "query" | "mutation", work: Work): Promise<Ran> {
    const open = openTransaction(this);
    if (open === null) return await this.backend.transact(kind, work);
    return await inTurn(open, async () => {
      const close = kind === "mutation" ? open.frame.tx.openNested() : open.frame.tx.usage.openNested();
      const ran = await work(open.frame.tx, open.nowMs);
      close(ran.ok);
      return ran;
    });
  }

  /** Runs a query or mutation inside an open transaction. */
  async inside(tx: Transaction, call: TestCall, how: Inside): Promise<Ran> {
    const found = await this.#check(call);
    if (!found.ok) return found;
    const { entry, registered } = found;
    const frame = makeFrame(tx, entry, how);
    const text = JSON.stringify([call.args]);
    const invoke = () =>
      entry.kind === "query" ? registered.invokeQuery(text) : registered.invokeMutation(text);
    const { scope, nowMs } = how;
    return await this.#run(entry, invoke, { scope, frame, nowMs });
  }

  /** Runs something that is neither query nor mutation, with what actions may do. */
  async asAction<T>(scope: RequestScope, work: () => Promise<T>): Promise<T> {
    return await runAs({ runner: this, scope, path: "http", frame: null, nowMs: null }, () =>
      withOwnGlobals({}, work),
    );
  }

  async #action(call: TestCall, scope: RequestScope): Promise<Ran> {
    const found = await this.#check(call);
    if (!found.ok) return found;
    const { entry, registered } = found;
    const invoke = () => registered.invokeAction(scope.requestId, JSON.stringify([call.args]));
    return await this.#run(entry, invoke, { scope, frame: null, nowMs: null });
  }

  async #check(
    call: TestCall,
  ): Promise<{ ok: true; entry: FunctionEntry; registered: Registered } | (Ran & { ok: false })> {
    const registered = await this.modules.find(call.path);
    const { catalog } = await this.backend.store();
    const rules = { registry: this.modules.registry, catalog };
    const checked = checkCall({ ...call, args: [call.args] }, rules, "nested");
    if (!checked.ok) return refused(await this.#inContext(call.path, checked.failure.detail));
    return { ok: true, entry: checked.entry, registered: registered as Registered };
  }

  /** A missing module is what most tests that run ahead of their functions meet, so it is told from a missing export. */
  async #inContext(path: string, detail: string): Promise<string> {
    const [module = ""] = path.split(":", 1);
    const isMissing = (await this.modules.module(module)) === undefined;
    return isMissing && !path.startsWith(INLINE)
      ? `Could not find module for: "${module}"\n${detail}`
      : detail;
  }

  async #run(
    entry: FunctionEntry,
    invoke: () => Promise<string>,
    how: { scope: RequestScope; frame: Frame | null; nowMs: number | null },
  ): Promise<Ran> {
    const { frame, nowMs } = how;
    const globals = nowMs === null ? {} : transactionGlobals(nowMs);
    try {
      const value = await runAs({ ...how, path: entry.path, runner: this }, () =>
        withOwnGlobals(globals, invoke),
      );
      if (frame?.broken) throw frame.broken;
      if (entry.kind === "query" && frame?.depth === 0 && value.includes(PLACEHOLDER))
        return refused(`Function ${entry.path} return value invalid: a query has no commit timestamp.`);
      const problem = checkResult(entry, value, (await this.backend.store()).catalog);
      return problem === null ? { ok: true, value } : refused(problem.detail);
    } catch (error) {
      return { ok: false, error: withParsedData(error) };
    }
  }
}

function refused(detail: string): Ran & { ok: false } {
  return { ok: false, error: inWordsOfTheMock(new Error(detail)) };
}

function makeFrame(tx: Transaction, entry: FunctionEntry, { scope, depth }: Inside): Frame {
  const pagination = { used: false, given: null, made: null };
  const random = seededRandom(1);
  return { scope, depth, tx, entry, pagination, streams: new Map(), random, broken: null };
}
