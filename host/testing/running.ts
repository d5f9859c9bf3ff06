import { AsyncLocalStorage } from "node:async_hooks";
import type { Transaction } from "../database/transaction.ts";
import type { Frame, RequestScope } from "../functions/frame.ts";
import type { FunctionKind } from "../functions/registry.ts";
import type { ConvexJson } from "../values/json.ts";
import type { Ran, Work } from "./backend.ts";
import { withTestGlobals } from "./globals.ts";
import type { TestModules } from "./modules.ts";

/** The part of a runner that its functions need; of several runners each is its own. */
export interface RunnerPart {
  readonly modules: TestModules;
  onScheduled: () => Promise<void>;
  inside(tx: Transaction, call: TestCall, how: Inside): Promise<Ran>;
  transact(kind: "query" | "mutation", work: Work): Promise<Ran>;
  call(call: TestCall, scope: RequestScope): Promise<Ran>;
}
export interface TestCall {
  readonly path: string;
  readonly kind: FunctionKind;
  readonly args: ConvexJson;
}
export interface Inside {
  readonly scope: RequestScope;
  readonly depth: number;
  readonly nowMs: number;
}

/** What runs now: a query or mutation has a frame, an action has none. */
export interface Running {
  readonly runner: RunnerPart;
  readonly scope: RequestScope;
  /** Path of the function. */
  readonly path: string;
  readonly frame: Frame | null;
  /** What the function's clock shows; null where it runs on. */
  readonly nowMs: number | null;
  /** The function that called, also one of another `convexTest()`. */
  readonly caller: Running | undefined;
  /** Nested calls share savepoints, so they run one after another. */
  nested: Promise<unknown>;
  isOver: boolean;
}
/** A query or mutation that runs. */
export type Open = Running & { frame: Frame; nowMs: number };

const running = new AsyncLocalStorage<Running>();

/** Runs a function as the innermost one. */
export async function runAs<T>(
  what: Pick<Running, "runner" | "scope" | "path" | "frame" | "nowMs">,
  work: () => Promise<T>,
): Promise<T> {
  const current: Running = {
    ...what,
    caller: running.getStore(),
    nested: Promise.resolve(),
    isOver: false,
  };
  try {
    return await running.run(current, work);
  } finally {
    current.isOver = true;
  }
}

/** The function whose code runs now. */
export function innermost(): Running {
  const current = running.getStore();
  if (current !== undefined) return current;
  throw new Error(
    "This call is only possible inside a function: use t.run, t.query, t.mutation or t.action.",
  );
}

/** The transaction of this runner that the code is inside of, however many functions of others lie between. */
export function openTransaction(runner: RunnerPart): Open | null {
  for (let each = running.getStore(); each !== undefined; each = each.caller) {
    if (each.runner === runner && each.frame !== null && !each.isOver) return each as Open;
  }
  return null;
}

/** Runs work in the place of a nested call, when those before it are done. */
export async function inTurn<T>(open: Running, work: () => Promise<T>): Promise<T> {
  const next = open.nested.then(work);
  open.nested = next.catch(() => undefined);
  return await next;
}

/** Runs work that no function has called, such as a job that fell due. */
export function outside<T>(work: () => T): T {
  return running.exit(() => withTestGlobals(work));
}
