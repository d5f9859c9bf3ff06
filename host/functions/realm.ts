import { createRequire } from "node:module";
import { join } from "node:path";
import vm from "node:vm";

/** What functions run in: queries and mutations, actions, and actions of `"use node"` modules. */
export type Runtime = "deterministic" | "action" | "node";

/** Where functions run: a global object, and how scripts are run with it. */
export interface Realm {
  readonly globals: Record<string, unknown>;
  run(script: vm.Script, options?: { timeout: number }): unknown;
}

/**
 * A context whose global object is an ordinary one: the usual kind looks every global name up in a host object first,
 * which made `Array` or `Promise` cost 0.2 µs each time (a third of a small mutation).
 */
function sandboxRealm(options: vm.CreateContextOptions, globals: Record<string, unknown>): Realm {
  const context = vm.createContext(vm.constants.DONT_CONTEXTIFY, options);
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(context, name, { value, writable: true, configurable: true, enumerable: false });
  }
  return {
    globals: context,
    run: (script, given) => script.runInContext(context, given) as unknown,
  };
}

/**
 * The thread that it is made in, with all of Node.js: for `"use node"` modules. Its globals become the functions', so a
 * thread that has one serves nothing else.
 */
function nodeRealm(): Realm {
  const require = createRequire(join(process.cwd(), "functions.js"));
  Object.defineProperty(globalThis, "require", { value: require, configurable: true });
  return {
    globals: globalThis,
    run: (script, given) => script.runInThisContext(given) as unknown,
  };
}

/** The globals are for functions that do not have Node.js's own. */
export function realmOf(runtime: Runtime, globals: Record<string, unknown>): Realm {
  if (runtime === "node") return nodeRealm();
  return sandboxRealm(runtime === "deterministic" ? { microtaskMode: "afterEvaluate" } : {}, globals);
}
