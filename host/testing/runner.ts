import { AsyncLocalStorage } from "node:async_hooks";
import type { Transaction } from "../database/transaction.ts";
import { checkCall, checkResult } from "../functions/checkCall.ts";
import {
  type Frame,
  NO_METADATA,
  type RequestMetadata,
  type RequestScope,
  LogLines,
  seededRandom,
} from "../functions/frame.ts";
import type { Identity } from "../functions/identity.ts";
import { newRequestId } from "../functions/outcome.ts";
import type { FunctionEntry, FunctionKind } from "../functions/registry.ts";
import { type Address, pathOf } from "../functions/syscalls/address.ts";
import { asyncSyscall, type RunUdfArgs, syncSyscall } from "../functions/syscalls/dispatch.ts";
import { DeveloperError } from "../values/errors.ts";
import type { ConvexJson } from "../values/json.ts";
import { actionSyscall } from "./actionSyscalls.ts";
import type { Ran, TestBackend } from "./backend.ts";
import { raised, withParsedData } from "./errors.ts";
import type { Registered, TestModules } from "./modules.ts";

export interface Caller {
  readonly identity: Identity;
  readonly metadata?: Partial<RequestMetadata>;
}
export interface TestCall {
  readonly path: string;
  readonly kind: FunctionKind;
  readonly args: ConvexJson;
}
/** What runs now: a query or mutation has a frame, an action has none. */
interface Running {
  readonly runner: TestRunner;
  readonly scope: RequestScope;
  readonly frame: Frame | null;
  /** Nested calls share savepoints, so they run one after another. */
  nested: Promise<unknown>;
}

const running = new AsyncLocalStorage<Running>();

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
      requestId: newRequestId(),
      identity,
      metadata: { ...NO_METADATA, ...metadata },
      nowMs: Date.now(),
      log: new LogLines(() => undefined),
    };
  }

  /** Runs a call as a client would. */
  async call(call: TestCall, scope: RequestScope): Promise<Ran> {
    const { kind } = call;
    if (kind === "action") return await this.#action(call, scope);
    const ran = await this.backend.transact(kind, (tx) => this.inside(tx, call, { scope, depth: 0 }));
    if (kind === "mutation") await this.onScheduled();
    return ran;
  }

  /** Runs a query or mutation inside an open transaction. */
  async inside(tx: Transaction, call: TestCall, how: { scope: RequestScope; depth: number }): Promise<Ran> {
    const found = await this.#check(call);
    if (!found.ok) return found;
    const { entry, registered } = found;
    const frame = makeFrame(tx, entry, how);
    const text = JSON.stringify([call.args]);
    const invoke = () =>
      entry.kind === "query" ? registered.invokeQuery(text) : registered.invokeMutation(text);
    return await this.#run(entry, invoke, { scope: how.scope, frame });
  }

  /** Runs something that is neither query nor mutation, with what actions may do. */
  async asAction<T>(scope: RequestScope, work: () => Promise<T>): Promise<T> {
    return await running.run({ runner: this, scope, frame: null, nested: Promise.resolve() }, work);
  }

  async #action(call: TestCall, scope: RequestScope): Promise<Ran> {
    const found = await this.#check(call);
    if (!found.ok) return found;
    const { entry, registered } = found;
    const invoke = () => registered.invokeAction(scope.requestId, JSON.stringify([call.args]));
    return await this.#run(entry, invoke, { scope, frame: null });
  }

  async #check(
    call: TestCall,
  ): Promise<{ ok: true; entry: FunctionEntry; registered: Registered } | (Ran & { ok: false })> {
    const registered = await this.modules.find(call.path);
    const { catalog } = await this.backend.store();
    const rules = { registry: this.modules.registry, catalog };
    const checked = checkCall({ ...call, args: [call.args] }, rules, "nested");
    if (!checked.ok) return { ok: false, error: new Error(checked.failure.detail) };
    return { ok: true, entry: checked.entry, registered: registered as Registered };
  }

  async #run(
    entry: FunctionEntry,
    invoke: () => Promise<string>,
    how: Pick<Running, "scope" | "frame">,
  ): Promise<Ran> {
    try {
      const value = await running.run({ ...how, runner: this, nested: Promise.resolve() }, invoke);
      if (how.frame?.broken) throw how.frame.broken;
      const problem = checkResult(entry, value, (await this.backend.store()).catalog);
      return problem === null ? { ok: true, value } : { ok: false, error: new Error(problem.detail) };
    } catch (error) {
      return { ok: false, error: withParsedData(error) };
    }
  }
}

function makeFrame(
  tx: Transaction,
  entry: FunctionEntry,
  how: { scope: RequestScope; depth: number },
): Frame {
  const pagination = { used: false, given: null, made: null };
  return { ...how, tx, entry, pagination, streams: new Map(), random: seededRandom(1), broken: null };
}

/** `Convex` is what the functions' library calls; whose call it is, the asynchronous context knows. */
function installConvexGlobal(): void {
  const convex = {
    syscall: (op: string, arg: string) => {
      const { frame } = now();
      if (frame === null) throw new DeveloperError(`Unknown operation ${op}`);
      return syncSyscall(frame, op, JSON.parse(arg));
    },
    asyncSyscall: async (op: string, arg: string) => await answer(op, JSON.parse(arg)),
    jsSyscall: async (op: string, args: Record<string, unknown>) => await blobSyscall(op, args),
  };
  Object.assign(globalThis, { Convex: convex });
}

function now(): Running {
  const current = running.getStore();
  if (current !== undefined) return current;
  throw new Error(
    "This call is only possible inside a function: use t.run, t.query, t.mutation or t.action.",
  );
}

async function answer(op: string, args: unknown): Promise<string> {
  const current = now();
  const { frame, runner } = current;
  if (frame === null) return await actionSyscall(runner, current.scope, { op, args });
  if (op === "1.0/runUdf") {
    const next = current.nested.then(() => nestedCall(current, frame, args as RunUdfArgs));
    current.nested = next.catch(() => undefined);
    return await next;
  }
  // The registry learns of a function when it is first looked for.
  if (op === "1.0/schedule") await runner.modules.find(pathOf(args as Address));
  return asyncSyscall(frame, op, { args, registry: runner.modules.registry });
}

async function nestedCall({ runner, scope }: Running, frame: Frame, request: RunUdfArgs): Promise<string> {
  const { udfType, args } = request;
  const kind = udfType === "mutation" ? "mutation" : "query";
  if (kind === "mutation" && frame.entry.kind === "query")
    throw new DeveloperError("A query cannot run a mutation.");
  const close = kind === "mutation" ? frame.tx.openNested() : () => undefined;
  const ran = await runner.inside(
    frame.tx,
    { path: pathOf(request), kind, args },
    { scope, depth: frame.depth + 1 },
  );
  close(ran.ok);
  if (ran.ok) return ran.value;
  throw raised(ran.error);
}

async function blobSyscall(
  op: string,
  { blob, storageId, options }: Record<string, unknown>,
): Promise<unknown> {
  if (op === "storage/storeBlob") {
    const { sha256 } = (options ?? {}) as { sha256?: string };
    const bytes = Buffer.from(await (blob as Blob).arrayBuffer());
    const stored = { blob: bytes.toString("base64"), contentType: (blob as Blob).type, sha256 };
    return JSON.parse(await answer("1.0/storageStore", stored)) as string;
  }
  if (op !== "storage/getBlob") throw new DeveloperError(`Unknown operation ${op}`);
  const found = JSON.parse(await answer("1.0/storageGet", { storageId })) as Record<string, string> | null;
  if (found === null) return null;
  return new Blob([Buffer.from(found["blob"] ?? "", "base64")], { type: found["contentType"] ?? "" });
}
