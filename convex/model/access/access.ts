/**
 * The only builders of public functions. Each checks the token, the role and the namespace before the handler
 * runs; a test walks all exports and refuses a function that was built otherwise.
 */
import { customAction, customMutation, customQuery } from "convex-helpers/server/customFunctions";
import { makeFunctionReference } from "convex/server";
import { v } from "convex/values";
import type { Role } from "../../../domain/roles.ts";
import type { Doc } from "../../_generated/dataModel.js";
import { action, mutation, query } from "../../_generated/server.js";
import { identify, type Caller } from "./caller.ts";
import { drain } from "../fanOut/drain.ts";
import { fail } from "../shared/fail.ts";
import { findNamespace, unknownNamespace } from "./namespaceAccess.ts";
import { withMemory } from "../shared/rowMemory.ts";
import type { Reading, Tx } from "../shared/tx.ts";

const built = new WeakSet<object>();

/** True for a function that one of the builders below made. */
export function isGuarded(registered: object): boolean {
  return built.has(registered);
}

/** A query inside one namespace, named by the argument `namespace`. */
export const scopedQuery = (...roles: Role[]) =>
  remembering(
    customQuery(query, {
      args: { namespace: v.string() },
      input: async (ctx, args) => {
        const caller = await identify(ctx);
        return { ctx: await scope(ctx, caller, { roles, name: args.namespace }), args: {} };
      },
    }),
  );

/** A query over whatever the caller's token grants. */
export const globalQuery = (...roles: Role[]) =>
  remembering(
    customQuery(query, {
      args: {},
      input: async (ctx) => ({ ctx: { caller: allow(await identify(ctx), roles) }, args: {} }),
    }),
  );

/** A mutation inside one namespace; what it leaves to do is done or scheduled before it commits. */
export const scopedMutation = (...roles: Role[]) =>
  remembering(
    customMutation(mutation, {
      args: { namespace: v.string() },
      input: async (ctx, args) => {
        const caller = await identify(ctx);
        const scoped = await scope(ctx, caller, { roles, name: args.namespace });
        const tx = begin(ctx);
        return { ctx: { ...tx, ...scoped }, args: {}, onSuccess: () => drain(tx) };
      },
    }),
  );

/** A mutation over whatever the caller's token grants. */
export const globalMutation = (...roles: Role[]) =>
  remembering(
    customMutation(mutation, {
      args: {},
      input: async (ctx) => {
        const caller = allow(await identify(ctx), roles);
        const tx = begin(ctx);
        return { ctx: { ...tx, caller }, args: {}, onSuccess: () => drain(tx) };
      },
    }),
  );

/** An action; the token is checked by a query, because actions have no database. */
export const globalAction = (...roles: Role[]) =>
  remembering(
    customAction(action, {
      args: {},
      input: async (ctx) => {
        await ctx.runQuery(checkCaller, { roles });
        return { ctx: {}, args: {} };
      },
    }),
  );

const checkCaller = makeFunctionReference<"query", { roles: Role[] }, null>("tokens:check");

/** A mutation that the queue calls by itself: what it leaves to do is done or scheduled before it commits. */
export async function inTransaction(
  ctx: Pick<Tx, "db" | "scheduler">,
  work: (tx: Tx) => Promise<unknown>,
): Promise<null> {
  const tx = begin(ctx);
  await work(tx);
  await drain(tx);
  return null;
}

/** Starts the bookkeeping of a mutation, which ends with `drain`. */
export function begin(ctx: Pick<Tx, "db" | "scheduler">): Tx {
  return { db: withMemory(ctx.db), scheduler: ctx.scheduler, now: Date.now(), tasks: [] };
}

/** Lets the caller through when its role is one of `roles`; NOT_ALLOWED otherwise. */
export function allow(caller: Caller, roles: readonly Role[]): Caller {
  if (roles.includes(caller.role)) return caller;
  if (caller.role === "agent") {
    return fail(
      "NOT_ALLOWED",
      "this is not for agents: expected to read or change the own assignment only (assignment, job, explain, logs, insert-job, update-assignment); leave the rest to a person",
    );
  }
  return fail(
    "NOT_ALLOWED",
    `expected a token with the role ${roles.join(" or ")}, got ${caller.role}: use another token`,
  );
}

async function scope(
  ctx: Reading,
  caller: Caller,
  { roles, name }: { roles: readonly Role[]; name: string },
): Promise<{ caller: Caller; namespace: Doc<"namespaces"> }> {
  allow(caller, roles);
  const namespace = await findNamespace(ctx, caller, name);
  return { caller, namespace: namespace ?? unknownNamespace(name) };
}

function remembering<B extends (...args: never[]) => object>(build: B): B {
  return ((...args: Parameters<B>) => {
    const registered = build(...args);
    built.add(registered);
    return registered;
  }) as B;
}
