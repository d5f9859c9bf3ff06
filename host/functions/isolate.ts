import { randomUUID, webcrypto } from "node:crypto";
import { setTimeout as startTimer } from "node:timers";
import vm from "node:vm";
import { DeveloperError, HostError, messageOf } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";
import type { FunctionsBundle } from "./bundleFormat.ts";
import { RAN_AWAY, type Thrown } from "./outcome.ts";
import { type Realm, realmOf, type Runtime } from "./realm.ts";
import {
  HOST_CLASSES,
  sandboxGlobals,
  subtle,
  SUBTLE_METHODS,
  type SubtleMethod,
  WAITING,
} from "./sandboxGlobals.ts";
import { SANDBOX_SOURCE } from "./sandboxSource.ts";
import type { FunctionKind } from "./registry.ts";
import { unawaited } from "./unawaited.ts";
import { actionTimers, type ActionTimers } from "./actionTimers.ts";

/** Module-level code that runs longer than this is taken for an endless loop. */
const LOAD_MS = 5_000;
/** Time for a query or mutation that waits for `crypto.subtle`. */
const PENDING_MS = 5_000;
/**
 * Turns of the event loop for a query or mutation that waits for something else: blobs, bodies and streams work in
 * promises of Node's own, of which the host learns nothing until the function goes on.
 */
const IDLE_TURNS = 100;
/** Kept from load time, because tests replace the global timers. */
const nextTurn = setImmediate;

/** What a call needs from the host while it runs. */
export interface CallHost {
  syscall(op: string, arg: string): string;
  asyncSyscall(op: string, arg: string): string | Promise<string>;
  log(level: string, args: unknown[]): void;
  readonly nowMs: number;
  random(): number;
}
export interface IsolateCall {
  readonly kind: FunctionKind;
  readonly path: string;
  /** JSON of the array of arguments. */
  readonly args: string;
  readonly requestId: string;
  readonly host: CallHost;
}
export type Settled<T = string> = { ok: true; value: T } | { ok: false; thrown: Thrown };

type Modules = Record<string, { default?: unknown } | undefined>;
/** The two ends of a promise that lives inside the context. */
interface InnerPromise {
  resolve(value: unknown): void;
  reject(failure: { message: string; data?: string }): void;
}
interface Control {
  modules(modules: unknown): string;
  exportOf(module: unknown): string | null;
  jsonOf(value: unknown): string;
  routes(router: unknown): string;
  start(): void;
  lookup(router: unknown, path: string, method: string): readonly [unknown, string, string] | null;
  http(endpoint: unknown, request: Request): void;
}
interface RunningCall extends Omit<IsolateCall, "path"> {
  path: string;
  succeed(value: unknown): void;
  fail(thrown: Thrown): void;
}

const NEVER = "Error: The function awaits a promise that nothing will resolve.";

const sandbox = new vm.Script(SANDBOX_SOURCE, { filename: "convexRuntime.js" });
const start = new vm.Script("__drover.start()");
const pump = new vm.Script("undefined");

/**
 * One vm context with the functions loaded. A deterministic one (queries, mutations) has a microtask queue of its
 * own that is emptied inside `run`, so that a call is over when `run` returns. It serves one call at a time.
 */
export class Isolate {
  /** Work that the functions started and that has not come back: syscalls, timers, crypto. */
  readonly #outstanding: string[] = [];
  #call: RunningCall | null = null;
  /** Something of Node's own may come back after the call that began it: into another one, if that were in this context. */
  #mayWait = false;
  /** Ends a call that waits, with the reason. */
  #giveUp: ((reason: string) => void) | null = null;
  readonly #realm: Realm;
  readonly #control: Control;
  readonly #modules: Modules;
  readonly #runtime: Runtime;
  readonly #timers: ActionTimers | null;
  readonly functionsJson: string;

  constructor(bundle: Pick<FunctionsBundle, "script">, env: Record<string, string>, runtime: Runtime) {
    this.#runtime = runtime;
    this.#timers = runtime === "action" ? actionTimers() : null;
    this.#realm = realmOf(runtime, { ...sandboxGlobals(env), ...this.#timers?.globals });
    const prelude = this.#realm.run(sandbox) as (bridge: object) => Control;
    this.#control = prelude(this.#bridge());
    const drover = { start: () => this.#control.start() };
    Object.defineProperty(this.#realm.globals, "__drover", { value: drover });
    try {
      const script = new vm.Script(bundle.script, { filename: "functions.js" });
      this.#realm.run(script, { timeout: LOAD_MS });
      this.#modules = this.#realm.globals["__droverModules"] as Modules;
      this.functionsJson = this.#control.modules(this.#modules);
    } catch (error) {
      throw new HostError(`The functions cannot be loaded: ${messageOf(error)}`);
    }
  }

  /** True when the isolate may serve another call: nothing of the last one can still come back. */
  get isReusable(): boolean {
    // What "use node" functions leave behind in their thread cannot be seen.
    if (this.#runtime === "node") return false;
    return (
      this.#call === null &&
      !this.#mayWait &&
      this.#outstanding.length === 0 &&
      (this.#timers?.running().length ?? 0) === 0
    );
  }

  /** JSON of `module.default.export()`, or null. */
  exportOf(module: string): string | null {
    return this.#control.exportOf(this.#modules[module]);
  }

  /** JSON of `module.default`. */
  defaultJson(module: string): string {
    return this.#control.jsonOf(this.#modules[module]?.default);
  }

  /** JSON of `[path, method]` of every route of `http.ts`. */
  routes(): string {
    return this.#control.routes(this.#modules["http"]?.default);
  }

  /** Runs a query or mutation. Settles before it returns, unless the function waits for `crypto.subtle` or a stream. */
  run(call: IsolateCall): Settled | Promise<Settled> {
    let settled: Settled | null = null;
    let wake: ((settled: Settled) => void) | null = null;
    this.#begin<string>(call, (result) => {
      this.#call = null;
      settled = result;
      wake?.(result);
    });
    this.#realm.run(start);
    if (settled !== null) return settled;
    return new Promise<Settled>((resolve) => {
      wake = resolve;
      const giveUp = (text: string) => resolve({ ok: false, thrown: { text, frames: "", data: undefined } });
      this.#giveUp = giveUp;
      startTimer(() => giveUp(NEVER), PENDING_MS).unref();
      this.#turn(IDLE_TURNS);
    }).finally(() => (this.#giveUp = null));
  }

  /** Lets the function go on for as long as something of Node's own may still come back to it. */
  #turn(left: number): void {
    // What the host counts goes on by itself when it arrives.
    if (this.#call === null || this.#giveUp === null || this.#outstanding.length > 0) return;
    if (left === 0) return this.#giveUp(NEVER);
    nextTurn(() => {
      this.#pump();
      this.#turn(left - 1);
    });
  }

  /** The context's own microtasks only run after an evaluation in it; they may compute without end. */
  #pump(): void {
    try {
      this.#realm.run(pump, { timeout: LIMITS.userTimeMs });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
      this.#giveUp?.(`Error: ${RAN_AWAY.detail}`);
    }
  }

  /** Runs an action; timers and requests that it leaves behind are ended. */
  async runAction(call: IsolateCall): Promise<Settled> {
    return await this.#untilSettled<string>(call, () => this.#control.start());
  }

  /**
   * Runs the HTTP action that `call.path` leads to and hands its answer (null: no route) to `respond`. While that sends
   * the body the action may still write it, so its calls and timers end only afterwards.
   */
  async runHttp(
    call: IsolateCall,
    request: Request,
    respond: (answer: Settled<unknown> | null) => Promise<void>,
  ): Promise<void> {
    const router = this.#modules["http"]?.default;
    const route = this.#control.lookup(router, call.path, request.method);
    if (route === null) return await respond(null);
    const [endpoint, method, path] = route;
    const named = { ...call, path: `${method} ${path}` };
    await this.#untilSettled(named, () => this.#control.http(endpoint, request), respond);
  }

  async #untilSettled<T>(
    call: IsolateCall,
    begin: () => void,
    then?: (result: Settled<T>) => Promise<void>,
  ): Promise<Settled<T>> {
    const result = await new Promise<Settled<T>>((resolve) => {
      this.#begin<T>(call, resolve);
      begin();
    });
    await then?.(result);
    const left = [...this.#outstanding, ...(this.#timers?.running() ?? [])];
    if (left.length > 0) call.host.log("warn", [unawaited(left)]);
    this.#call = null;
    this.#timers?.end();
    return result;
  }

  #begin<T>(call: IsolateCall, settle: (result: Settled<T>) => void): void {
    this.#call = {
      ...call,
      succeed: (value) => settle({ ok: true, value: value as T }),
      fail: ({ text, frames, data }) => settle({ ok: false, thrown: { text, frames, data } }),
    };
  }

  #host(): CallHost {
    if (this.#call === null) throw new DeveloperError("This call is only possible while a function runs.");
    return this.#call.host;
  }

  #bridge(): object {
    return {
      runtime: this.#runtime,
      subtleMethods: SUBTLE_METHODS,
      classes: HOST_CLASSES,
      waiting: WAITING,
      mayWait: () => (this.#mayWait ||= this.#call !== null),
      call: () => this.#call,
      syscall: (op: string, arg: string) => {
        try {
          return { value: this.#host().syscall(op, arg) };
        } catch (error) {
          return { failure: refusalOf(error) };
        }
      },
      asyncSyscall: (op: string, arg: string, promise: InnerPromise) => {
        this.#settle(op, () => this.#host().asyncSyscall(op, arg), promise);
      },
      subtle: (method: SubtleMethod, args: unknown[], promise: InnerPromise) => {
        this.#settle(`crypto.subtle.${method}`, () => subtle(method, args), promise);
      },
      log: (level: string, args: unknown[]) => this.#call?.host.log(level, args),
      // Without a call it is the modules that ask, while they load.
      now: () => this.#call?.host.nowMs ?? Date.now(),
      random: () => this.#call?.host.random() ?? Math.random(),
      getRandomValues: (array: Uint8Array) => webcrypto.getRandomValues(array),
      randomUUID: () => randomUUID(),
    };
  }

  /** Answers at once when the work is done at once, which keeps a whole call inside one evaluation. */
  #settle(name: string, work: () => unknown, promise: InnerPromise): void {
    try {
      const value = work();
      if (!(value instanceof Promise)) return promise.resolve(value);
      this.#outstanding.push(name);
      void value
        // Arrows of the host: a reaction that is an inner function would wait in the inner queue, which nobody empties.
        .then(
          (result) => promise.resolve(result),
          (error: unknown) => promise.reject(refusalOf(error)),
        )
        .then(() => this.#arrived(name));
    } catch (error) {
      promise.reject(refusalOf(error));
    }
  }

  #arrived(name: string): void {
    this.#outstanding.splice(this.#outstanding.indexOf(name), 1);
    if (this.#runtime !== "deterministic") return;
    this.#pump();
    this.#turn(IDLE_TURNS);
  }
}

/** An error as the inner side raises it again. */
export function refusalOf(error: unknown): { message: string; data?: string } {
  const message = messageOf(error);
  if (!(error instanceof DeveloperError) || error.data === undefined) return { message };
  return { message, data: JSON.stringify(error.data) };
}
