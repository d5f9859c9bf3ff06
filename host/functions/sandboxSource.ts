/**
 * The script that turns an empty vm context into Convex's runtime. It is text, not a function, because it must be
 * compiled inside the context: its promises, errors and dates then belong to the functions' own realm.
 *
 * It takes `bridge` (what the host offers) and gives back `control` (what the host may call). Failures cross the
 * border as plain records and become Errors on the inner side, else `instanceof Error` would fail there.
 */
export const SANDBOX_SOURCE = String.raw`(bridge) => {
"use strict";
const define = (name, value) =>
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
const raise = (failure) => {
  const error = new Error(failure.message);
  if (failure.data !== undefined) error.data = JSON.parse(failure.data);
  return error;
};
const later = (start) =>
  new Promise((resolve, reject) => start({ resolve, reject: (failure) => reject(raise(failure)) }));

const base64Of = (buffer) => {
  const bytes = new Uint8Array(buffer);
  const parts = [];
  // More arguments than this overflow the stack.
  for (let at = 0; at < bytes.length; at += 8192) parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)));
  return btoa(parts.join(""));
};
define("Convex", Object.freeze({
  syscall(op, arg) {
    const answer = bridge.syscall(op, arg);
    if (answer.failure) throw raise(answer.failure);
    return answer.value;
  },
  asyncSyscall: (op, arg) => later((promise) => bridge.asyncSyscall(op, arg, promise)),
  async jsSyscall(op, { blob, options, ...rest }) {
    if (op === "storage/storeBlob") {
      const arg = { ...rest, sha256: options?.sha256, contentType: blob.type, blob: base64Of(await blob.arrayBuffer()) };
      return JSON.parse(await Convex.asyncSyscall("1.0/storageStore", JSON.stringify(arg)));
    }
    if (op !== "storage/getBlob") throw new Error(op + " is not supported by this host.");
    const found = JSON.parse(await Convex.asyncSyscall("1.0/storageGet", JSON.stringify(rest)));
    if (found === null) return null;
    const bytes = Uint8Array.from(atob(found.blob), (char) => char.charCodeAt(0));
    return new Blob([bytes], { type: found.contentType ?? "" });
  },
}));

const levels = ["debug", "error", "info", "log", "trace", "warn"];
const print = (level) => (...args) => bridge.log(level, args);
const console = Object.fromEntries(levels.map((level) => [level, print(level)]));
const timers = new Map();
console.assert = (ok, ...args) => { if (!ok) bridge.log("error", ["Assertion failed:", ...args]); };
for (const like of ["group", "groupCollapsed", "table", "dir", "dirxml"]) console[like] = console.log;
for (const silent of ["groupEnd", "clear"]) console[silent] = () => {};
const counts = new Map();
console.count = (label = "default") => {
  counts.set(label, (counts.get(label) ?? 0) + 1);
  bridge.log("info", [label + ": " + counts.get(label)]);
};
console.countReset = (label = "default") => { counts.delete(label); };
console.time = (label = "default") => { timers.set(label, Date.now()); };
console.timeLog = (label = "default", ...args) => {
  bridge.log("info", [label + ": " + (Date.now() - timers.get(label)) + "ms", ...args]);
};
console.timeEnd = (label = "default") => { console.timeLog(label); timers.delete(label); };
define("console", console);
// Node.js has the rest itself.
const isWeb = bridge.runtime !== "node";
if (isWeb) {
  define("queueMicrotask", (callback) => { void Promise.resolve().then(callback); });
  define("self", globalThis);
  // What Node.js itself makes or throws (a parsed body, the TypeError of new URL) is of the same classes as here.
  const isOf = Function.prototype[Symbol.hasInstance];
  for (const [name, outer] of Object.entries(bridge.classes)) {
    const inner = globalThis[name];
    const value = function (thing) { return isOf.call(this, thing) || (this === inner && isOf.call(outer, thing)); };
    Object.defineProperty(inner, Symbol.hasInstance, { value, configurable: true });
  }
}

if (bridge.runtime === "deterministic") {
  const RealDate = Date;
  const FrozenDate = function Date(...args) {
    if (!new.target) return new RealDate(bridge.now()).toString();
    return Reflect.construct(RealDate, args.length === 0 ? [bridge.now()] : args, new.target);
  };
  Object.setPrototypeOf(FrozenDate, RealDate);
  FrozenDate.prototype = RealDate.prototype;
  FrozenDate.now = () => bridge.now();
  RealDate.prototype.constructor = FrozenDate;
  define("Date", FrozenDate);
  Math.random = () => bridge.random();
  define("performance", Object.freeze({ now: () => 0, timeOrigin: 0 }));
  const actionsOnly = (name) => () => {
    throw new Error("Can't use " + name + " in queries and mutations. Please consider using an action. " +
      "See https://docs.convex.dev/functions/actions for more details.");
  };
  for (const name of ["setTimeout", "setInterval", "setImmediate"]) define(name, actionsOnly(name));
  define("fetch", actionsOnly("fetch()"));
  define("clearTimeout", () => {});
  define("clearInterval", () => {});
  for (const name of bridge.waiting) {
    const value = globalThis[name];
    const get = () => { bridge.mayWait(); return value; };
    Object.defineProperty(globalThis, name, { get, set: (other) => define(name, other), configurable: true });
  }
}

const subtle = Object.freeze(Object.fromEntries(bridge.subtleMethods.map((method) => [
  method,
  (...args) => later((promise) => bridge.subtle(method, args, promise)),
])));
if (isWeb) define("crypto", Object.freeze({
  getRandomValues: (array) => bridge.getRandomValues(array),
  randomUUID: () => bridge.randomUUID(),
  subtle,
}));

const functions = new Map();
const kindOf = (value) =>
  value.isQuery ? "query" : value.isMutation ? "mutation" : value.isAction ? "action" : null;

const describe = (value, path) => ({
  path,
  kind: kindOf(value),
  visibility: value.isInternal ? "internal" : "public",
  args: value.exportArgs(),
  returns: value.exportReturns(),
});

const analyze = (modules) => {
  const found = [];
  for (const [name, module] of Object.entries(modules)) {
    for (const [key, value] of Object.entries(module)) {
      if (typeof value !== "function" || !kindOf(value)) continue;
      const path = name + ":" + key;
      functions.set(path, value);
      found.push(describe(value, path));
    }
  }
  return JSON.stringify(found);
};

const thrown = (error) => {
  const isError = error instanceof Error || Object.prototype.toString.call(error) === "[object Error]";
  const text = isError ? error.name + ": " + error.message : String(error);
  const frames = isError && typeof error.stack === "string"
    ? error.stack.split("\n").filter((line) => /^\s+at .*functions\.js/.test(line)) : [];
  const isConvexError = error?.ConvexErrorSymbol === Symbol.for("ConvexError");
  return { text, frames: frames.slice(0, 5).join("\n"), data: isConvexError ? error.data : undefined };
};

const invokers = {
  query: (target, call) => target.invokeQuery(call.args),
  mutation: (target, call) => target.invokeMutation(call.args),
  action: (target, call) => target.invokeAction(call.requestId, call.args),
};

return {
  modules: (modules) => analyze(modules),
  exportOf: (module) => {
    const exported = module?.default?.export?.() ?? null;
    return exported === null || typeof exported === "string" ? exported : JSON.stringify(exported);
  },
  jsonOf: (value) => JSON.stringify(value ?? null),
  routes: (router) => JSON.stringify((router?.getRoutes?.() ?? []).map(([path, method]) => [path, method])),
  start() {
    const call = bridge.call();
    const settle = async () => invokers[call.kind](functions.get(call.path), call);
    settle().then((value) => call.succeed(value), (error) => call.fail(thrown(error)));
  },
  lookup: (router, path, method) => router?.lookup(path, method) ?? null,
  http(endpoint, request) {
    const call = bridge.call();
    endpoint.invokeHttpAction(request).then((value) => call.succeed(value), (error) => call.fail(thrown(error)));
  },
};
}`;
