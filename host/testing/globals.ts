import { AsyncLocalStorage } from "node:async_hooks";

/** What a function sees instead of a global of the test's realm, by name. */
type Overrides = Record<string, unknown>;

/**
 * Globals that each function has for itself: what it assigns to one is gone when it ends, and neither its callees nor
 * functions beside it see it. Only assignments to `globalThis` are caught, not changes inside an object.
 */
const OWN_GLOBALS = [
  ...["setTimeout", "clearTimeout", "setInterval", "clearInterval", "queueMicrotask", "structuredClone"],
  ...["Date", "Math", "console", "process", "performance", "atob", "btoa", "TextEncoder", "TextDecoder"],
  ...["fetch", "Request", "Response", "Headers", "URL", "URLSearchParams", "AbortController"],
  ...["crypto", "Crypto", "CryptoKey", "SubtleCrypto"],
];
const NOT_IN_TRANSACTIONS = ["fetch", "setTimeout", "clearTimeout", "setInterval", "clearInterval"];

const current = new AsyncLocalStorage<Overrides>();
/** Setters by their getters, also of accessors that `vi.unstubAllGlobals` may put back later. */
const installed = new WeakMap<() => unknown, (value: unknown) => void>();

/** Runs a function with globals of its own that begin as `overrides`. */
export function withOwnGlobals<T>(overrides: Overrides, work: () => T): T {
  installAccessors();
  return current.run(overrides, work);
}

/** Runs the harness's own code with the globals of the test, fake timers included. */
export function withTestGlobals<T>(work: () => T): T {
  return current.exit(work);
}

/** Globals of a query or mutation: a clock that stands still, and neither network nor timers. */
export function transactionGlobals(nowMs: number): Overrides {
  const refused = NOT_IN_TRANSACTIONS.map((name) => [name, () => refuse(name)] as const);
  return { ...Object.fromEntries(refused), ...pinnedDate(nowMs) };
}

/** A `Date` for which it is always `nowMs`. */
export function pinnedDate(nowMs: number): Overrides {
  const base = withTestGlobals(() => globalThis.Date);
  const pinned = new Proxy(base, {
    apply: () => String(new base(nowMs)),
    construct: (target, args: unknown[], made) =>
      Reflect.construct(target, args.length === 0 ? [nowMs] : args, made) as Date,
    get: (target, name, receiver): unknown =>
      name === "now" ? () => nowMs : Reflect.get(target, name, receiver),
  });
  return { Date: pinned };
}

function refuse(name: string): never {
  throw new Error(
    `\`${name}\` is not supported in Convex queries or mutations. Can't use it there: move this code to an action, ` +
      "which a mutation can start with `ctx.scheduler.runAfter(0, ...)`.",
  );
}

/**
 * Puts accessors in the place of the globals, again before every call: tests replace globals in between, and what they
 * put there is what functions then begin with.
 */
export function installAccessors(): void {
  for (const name of OWN_GLOBALS) {
    const own = Object.getOwnPropertyDescriptor(globalThis, name);
    const found = own ?? inherited(name);
    if (found === undefined || own?.configurable === false || isInstalled(own)) continue;
    install(name, found, own?.enumerable ?? false);
  }
}

/** A getter of the test's own has no setter in `installed`, and may have none at all. */
function isInstalled(own: PropertyDescriptor | undefined): boolean {
  const get = own === undefined ? undefined : (Reflect.get(own, "get") as (() => unknown) | undefined);
  const set = get === undefined ? undefined : installed.get(get);
  return set !== undefined && set === Reflect.get(own ?? {}, "set");
}

function install(name: string, shared: PropertyDescriptor, enumerable: boolean): void {
  const get = (): unknown => {
    const own = current.getStore();
    if (own !== undefined && Object.hasOwn(own, name)) return own[name];
    return "value" in shared ? shared.value : shared.get?.call(globalThis);
  };
  const set = (value: unknown): void => {
    const own = current.getStore();
    if (own !== undefined) own[name] = value;
    else if ("value" in shared && shared.writable === true) shared.value = value;
    else if (shared.set !== undefined) shared.set.call(globalThis, value);
    else throw new TypeError(`Cannot assign to read only global '${name}'`);
  };
  Object.defineProperty(globalThis, name, { get, set, enumerable, configurable: true });
  installed.set(get, set);
}

/** Found without asking a getter for its value. */
function inherited(name: string): PropertyDescriptor | undefined {
  let holder = Object.getPrototypeOf(globalThis) as object | null;
  for (; holder !== null; holder = Object.getPrototypeOf(holder) as object | null) {
    const found = Object.getOwnPropertyDescriptor(holder, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
