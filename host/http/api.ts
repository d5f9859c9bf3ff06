import { type Context, Hono } from "hono";
import { cors } from "hono/cors";
import { z } from "zod";
import { AuthenticationError } from "../functions/authenticate.ts";
import type { Call } from "../functions/engine.ts";
import type { RequestMetadata } from "../functions/frame.ts";
import type { Identity } from "../functions/identity.ts";
import type { CallOutcome } from "../functions/outcome.ts";
import type { Past } from "../functions/past.ts";
import { canonicalPath, type FunctionKind, type Registry } from "../functions/registry.ts";
import type { Subscriptions } from "../subscriptions/subscriptions.ts";
import { decodeTs, encodeTs } from "../sync/protocol.ts";
import { messageOf, NotSaved } from "../values/errors.ts";
import type { ConvexJson } from "../values/json.ts";
import { LIMITS } from "../values/limits.ts";
import type { LogSink } from "../values/log.ts";
import { answerOf } from "./answer.ts";
import { type AllowedNames, identityOf, refusal } from "./callers.ts";
import { deployRoutes, type DeployWiring } from "./deployRoutes.ts";
import { BodyTooLarge, limitBody, tooLarge } from "./limitBody.ts";
import { statsRoute, type StatsWiring } from "./statsRoute.ts";
import { transferRoutes, type TransferWiring } from "./transferRoutes.ts";
import { storageRoutes } from "./storageRoutes.ts";
import { testQueryRoute } from "./testQueryRoute.ts";

/** Arguments may have 16 MiB; base64 and JSON make more of them. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;
/** Paths that take more. */
const LARGE_BODIES: readonly (readonly [string, number])[] = [
  ["/api/deploy2/", LIMITS.pushBytes],
  // Files are stored as they arrive, never held in memory.
  ["/api/storage/", Infinity],
];
const INSTANCE_NAME = "embedded";
const TOO_OLD =
  "The data of this timestamp are not there any more: a timestamp of /api/query_ts is good for 30 seconds. Ask for a new one.";

export interface ApiWiring extends DeployWiring, TransferWiring, StatsWiring {
  readonly past: Past;
  readonly subscriptions: Subscriptions;
  readonly registry: Registry;
  readonly allowed: AllowedNames;
  readonly log: LogSink;
}

const formats = z.enum(["convex_encoded_json", "json"]).nullish();
const args = z.unknown().optional();
const callBody = z.object({ path: z.string(), args, format: formats });
const batchBody = z.object({ queries: z.array(callBody) });
/** The timestamp as `query_ts` gave it: base64 of 8 bytes. */
const atTsBody = callBody.extend({ ts: z.string().regex(/^[A-Za-z0-9+/]{11}=$/) });
const runBody = z.object({ args, format: formats });
type CallBody = z.infer<typeof callBody>;

/** The HTTP API of a deployment, as `ConvexHttpClient` and the official CLI use it. */
export function apiRoutes(wiring: ApiWiring): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    const problem = refusal({ host: c.req.header("host"), origin: c.req.header("origin") }, wiring.allowed);
    return problem === null ? await next() : c.json({ code: "Forbidden", message: problem }, 403);
  });
  app.use(cors({ origin: (origin) => origin, credentials: true }));
  app.use(
    limitBody((path) => LARGE_BODIES.find(([prefix]) => path.startsWith(prefix))?.[1] ?? MAX_BODY_BYTES),
  );
  app.get("/", (c) => c.text("This Convex deployment is running. See https://docs.convex.dev/."));
  app.get("/version", (c) => c.text(INSTANCE_NAME));
  app.get("/instance_name", (c) => c.text(INSTANCE_NAME));
  app.get("/instance_version", (c) => c.text(INSTANCE_NAME));
  functionRoutes(app, wiring);
  app.route("/", storageRoutes(wiring.engine));
  app.route("/", deployRoutes(wiring));
  app.route("/", testQueryRoute(wiring));
  app.route("/", transferRoutes(wiring));
  app.route("/", statsRoute(wiring));
  app.notFound((c) =>
    c.json({ code: "NotFound", message: `This host has no ${c.req.method} ${c.req.path}` }, 404),
  );
  app.onError((error, c) => onError(error, c, wiring.log));
  return app;
}

function functionRoutes(app: Hono, wiring: ApiWiring): void {
  const one = (kind: FunctionKind | "any") => async (c: Context) => {
    const body = callBody.parse(await c.req.json());
    return c.json(await answer(wiring, { kind, body, caller: await callerOf(c, wiring) }));
  };
  app.post("/api/query", one("query"));
  app.post("/api/mutation", one("mutation"));
  app.post("/api/action", one("action"));
  app.post("/api/function", one("any"));
  app.post("/api/query_ts", async (c) => c.json({ ts: encodeTs(await wiring.past.now()) }));
  app.post("/api/query_at_ts", async (c) => {
    const { ts, ...body } = atTsBody.parse(await c.req.json());
    const call = { ...callOf(body, await callerOf(c, wiring)), journal: null };
    const outcome = await wiring.past.read(decodeTs(ts), (moment) => wiring.engine.queryAt(moment, call));
    if (outcome === null) return c.json({ code: "TimestampOutOfRetention", message: TOO_OLD }, 400);
    return c.json(answerOf(outcome, body.format ?? "json"));
  });
  app.get("/api/query", async (c) => {
    const { path, args: text = "{}", format } = c.req.query();
    const body = callBody.parse({ path, args: JSON.parse(text) as unknown, format });
    return c.json(await answer(wiring, { kind: "query", body, caller: await callerOf(c, wiring) }));
  });
  app.post("/api/query_batch", async (c) => {
    const { queries } = batchBody.parse(await c.req.json());
    const caller = await callerOf(c, wiring);
    const results = await Promise.all(queries.map((body) => answer(wiring, { kind: "query", body, caller })));
    return c.json({ results });
  });
  app.post("/api/run/:path{.+}", async (c) => {
    const body = runBody.parse(await c.req.json());
    const path = c.req.param("path").replace(/\/([^/]*)$/, ":$1");
    return c.json(
      await answer(wiring, { kind: "any", body: { ...body, path }, caller: await callerOf(c, wiring) }),
    );
  });
}

interface Caller {
  identity: Identity;
  metadata: RequestMetadata;
}

async function callerOf(c: Context, { authenticator }: ApiWiring): Promise<Caller> {
  const identity = await identityOf(c.req.header("authorization"), authenticator);
  return { identity, metadata: metadataOf(c) };
}

/** Where a request came from. */
export function metadataOf(c: Context): RequestMetadata {
  const { incoming } = c.env as { incoming?: { socket?: { remoteAddress?: string } } };
  const userAgent = c.req.header("user-agent") ?? null;
  return { ip: incoming?.socket?.remoteAddress ?? null, userAgent, scheduledFunctionId: null };
}

async function answer(
  wiring: ApiWiring,
  { kind, body, caller }: { kind: FunctionKind | "any"; body: CallBody; caller: Caller },
): Promise<object> {
  const call = callOf(body, caller);
  const actual = kind === "any" ? (wiring.registry.find(canonicalPath(body.path))?.kind ?? "query") : kind;
  return answerOf(await run(wiring, actual, call), body.format ?? "json");
}

function callOf({ path, args: given }: CallBody, caller: Caller): Call {
  return { path, args: (Array.isArray(given) ? given : [given ?? {}]) as ConvexJson[], ...caller };
}

async function run(wiring: ApiWiring, kind: FunctionKind, call: Call): Promise<CallOutcome> {
  switch (kind) {
    case "query":
      return (await wiring.subscriptions.query({ ...call, journal: null })).outcome;
    case "mutation":
      return (await wiring.engine.mutate(call)).outcome;
    case "action":
      return await wiring.engine.action(call);
    default:
      return kind satisfies never;
  }
}

function onError(error: Error, c: Context, log: LogSink): Response {
  if (error instanceof BodyTooLarge) return tooLarge(c);
  if (error instanceof AuthenticationError) {
    return c.json({ code: "Unauthenticated", message: error.message }, 401);
  }
  if (error instanceof z.ZodError) {
    return c.json({ code: "BadJsonBody", message: z.prettifyError(error) }, 400);
  }
  if (error instanceof SyntaxError) return c.json({ code: "BadJsonBody", message: error.message }, 400);
  log({ kind: "host", level: "error", text: `http: ${messageOf(error)}` });
  const what = error instanceof NotSaved ? error.message : "The host failed";
  return c.json({ code: "InternalServerError", message: `${what}; the call may be tried again` }, 500);
}
