import type { TestConvex } from "convex-test";
import {
  actionGeneric,
  type GenericSchema,
  mutationGeneric,
  queryGeneric,
  type SchemaDefinition,
} from "convex/server";
import { convexToJson, jsonToConvex } from "convex/values";
import type { OwnLimits } from "../database/usage.ts";
import { NOBODY } from "../functions/identity.ts";
import type { FunctionKind } from "../functions/registry.ts";
import { pathOf } from "../functions/syscalls/address.ts";
import type { ConvexObject } from "../values/json.ts";
import { TestBackend, testSchema } from "./backend.ts";
import { installAccessors } from "./globals.ts";
import { testIdentity } from "./identity.ts";
import { type ModuleGlob, type Registered, TestModules } from "./modules.ts";
import { type Caller, TestRunner } from "./runner.ts";
import { INLINE } from "./syscalls.ts";
import { TestJobs } from "./testJobs.ts";

type AnySchema = SchemaDefinition<GenericSchema, boolean>;
export interface ConvexTestOptions<Schema> {
  schema?: Schema;
  /** `import.meta.glob("./**\/*.*s")` in the folder of the functions. */
  modules?: ModuleGlob;
  /** True enforces Convex's limits, an object others for some of them; without it they are not looked at. */
  transactionLimits?: boolean | OwnLimits;
  /** SQLite file instead of memory. */
  file?: string;
}
type Inline = (ctx: unknown) => Promise<unknown>;

const MAKERS = { query: queryGeneric, mutation: mutationGeneric, action: actionGeneric };
const FUNCTION_NAME = Symbol.for("functionName");
let inlineCount = 0;

/**
 * Drop-in for `convexTest` of convex-test 0.0.60: the same signature and methods, over this host's own transactions,
 * indexes, validators and scheduler rows instead of a mock's. Components, text and vector search are not there.
 */
export function convexTest<Schema extends GenericSchema>(
  first?: SchemaDefinition<Schema, boolean> | ConvexTestOptions<SchemaDefinition<Schema, boolean>>,
  modules?: ModuleGlob,
): TestConvex<SchemaDefinition<Schema, boolean>> {
  const options = optionsOf(first, modules);
  const backend = new TestBackend({
    schema: testSchema(options.schema === undefined ? null : exported(options.schema)),
    file: options.file ?? ":memory:",
    limits: limitsOf(options.transactionLimits ?? false),
  });
  installAccessors();
  const runner = new TestRunner(backend, new TestModules(options.modules ?? ownModules()));
  const jobs = new TestJobs(runner);
  return accessor({ runner, jobs }, { identity: NOBODY }) as unknown as TestConvex<
    SchemaDefinition<Schema, boolean>
  >;
}

function accessor(parts: { runner: TestRunner; jobs: TestJobs }, caller: Caller): object {
  const { runner, jobs } = parts;
  const call = (kind: FunctionKind) => async (what: unknown, args?: Record<string, unknown>) => {
    const isInline = typeof what === "function" && !("isQuery" in what);
    const path = isInline ? inline(runner, kind, what as Inline) : nameOf(what);
    const json = convexToJson((args ?? {}) as never);
    const ran = await runner.call({ path, kind, args: json }, runner.scopeOf(caller));
    if (isInline) runner.modules.remove(path);
    if (!ran.ok) throw ran.error;
    return jsonToConvex(JSON.parse(ran.value) as never);
  };
  return {
    query: call("query"),
    mutation: call("mutation"),
    action: call("action"),
    run: async (work: Inline) => await call("mutation")((ctx: unknown) => work(ctx)),
    fetch: async (path: string, init?: RequestInit) => await fetchRoute(runner, caller, { path, init }),
    withIdentity: (identity: ConvexObject) =>
      accessor(parts, { ...caller, identity: testIdentity(identity) }),
    withRequestMetadata: (metadata: Caller["metadata"]) =>
      accessor(parts, { ...caller, ...(metadata && { metadata }) }),
    finishInProgressScheduledFunctions: async () => await jobs.finishInProgress(),
    finishAllScheduledFunctions: async (advance: () => void, max?: number) =>
      await jobs.finishAll(advance, max),
    registerComponent: () => {
      throw new Error("The embedded host has no components. Use convex-test for functions that call them.");
    },
  };
}

async function fetchRoute(
  runner: TestRunner,
  caller: Caller,
  { path, init }: { path: string; init: RequestInit | undefined },
): Promise<Response> {
  const router = (await runner.modules.module("http"))?.["default"] as Router | undefined;
  if (router === undefined) throw new Error("There is no http.ts with a default export to fetch from.");
  if (!path.startsWith("/")) throw new Error("Path given to `t.fetch` must start with a `/`");
  const url = new URL(`https://some.convex.site${path}`);
  const route = router.lookup(url.pathname, init?.method ?? "GET");
  if (route === null) return new Response(`No HttpAction routed for ${url.pathname}`, { status: 404 });
  const request = new Request(url, init);
  return await runner.asAction(runner.scopeOf(caller), async () => await route[0].invokeHttpAction(request));
}

interface Router {
  lookup(
    path: string,
    method: string,
  ): readonly [{ invokeHttpAction(request: Request): Promise<Response> }] | null;
}

/** A function that stands in the test gets a name, so that it is run like every other. */
function inline(runner: TestRunner, kind: FunctionKind, work: Inline): string {
  const path = `${INLINE}f${++inlineCount}`;
  const made: unknown = MAKERS[kind]({
    handler: async (ctx: object) => await work(withActionStorage(ctx, kind)),
  } as never);
  runner.modules.add(path, made as Registered);
  return path;
}

/** `t.run` may store and read blobs, which mutations of older libraries cannot. */
function withActionStorage(ctx: object, kind: FunctionKind): object {
  if (kind !== "mutation") return ctx;
  const { storage } = ctx as { storage: object };
  const convex = (globalThis as { Convex?: { jsSyscall(op: string, args: object): Promise<unknown> } })
    .Convex;
  const blobs = {
    store: async (blob: Blob, options?: object) =>
      await convex?.jsSyscall("storage/storeBlob", { blob, options }),
    get: async (storageId: string) => await convex?.jsSyscall("storage/getBlob", { storageId }),
  };
  return { ...ctx, storage: { ...storage, ...blobs } };
}

function optionsOf(
  first: AnySchema | ConvexTestOptions<AnySchema> | undefined,
  modules: ModuleGlob | undefined,
): ConvexTestOptions<AnySchema> {
  if (first === undefined) return { ...(modules && { modules }) };
  if ("tables" in first) return { schema: first, ...(modules && { modules }) };
  return first;
}

function exported(schema: AnySchema): string {
  return (schema as unknown as { export(): string }).export();
}

/** Of `api.messages.list`, of "messages:list" or of a function handle. */
function nameOf(reference: unknown): string {
  if (typeof reference === "string")
    return pathOf(reference.startsWith("function://") ? { functionHandle: reference } : { name: reference });
  const name: unknown = (reference as Record<symbol, unknown> | null)?.[FUNCTION_NAME];
  if (typeof name === "string") return name;
  throw new Error("Expected a function reference such as api.messages.list, or a function that takes a ctx.");
}

function limitsOf(given: boolean | OwnLimits): OwnLimits | "none" {
  if (given === false) return "none";
  return given === true ? {} : given;
}

/** The modules of the folder `convex` of the project; empty where no Vite puts them in. */
function ownModules(): ModuleGlob {
  try {
    return (import.meta as unknown as { glob: (pattern: string) => ModuleGlob }).glob("/convex/**/*.*s");
  } catch {
    return {};
  }
}
