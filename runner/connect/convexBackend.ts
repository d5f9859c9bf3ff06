/** The backend over the unmodified Convex client: one web socket for calls and subscriptions. */
import { ConvexClient } from "convex/browser";
import { api } from "../../convex/_generated/api.js";
import type { Backend } from "./backend.ts";
import { LiveSocket } from "./liveSocket.ts";

export interface Connection {
  url: string;
  /** A fresh runner token; asked for at the start, before it expires and when the backend refuses the last one. */
  token: () => Promise<string>;
  onError: (where: string, error: Error) => void;
}

/**
 * The longest pause between two tries to connect, ms; Convex' client adds up to half of it by chance. Its own limit of
 * 16 s is longer than the lease of a host: after some cuts in a row every job would be lost for nothing.
 */
const MAX_RECONNECT_MS = 3000;

/** Connects (in the background: calls wait) and gives the backend. */
export function connectBackend({ url, token, onError }: Connection): Backend {
  const client = new ConvexClient(url, {
    skipConvexDeploymentUrlCheck: true,
    // Without it the first calls go out unauthenticated and are refused.
    expectAuth: true,
    logger: false,
    webSocketConstructor: LiveSocket as unknown as typeof WebSocket,
  });
  reconnectWithin(client, MAX_RECONNECT_MS);
  client.setAuth(() =>
    token().catch((error: unknown) => {
      onError("token", error as Error);
      return null;
    }),
  );
  return {
    ...sessionCalls(client, onError),
    ...queueCalls(client, onError),
    ...workCalls(client),
    close: () => client.close(),
  };
}

/** Convex' client has no option for it; a test holds that its field is still there. */
export function reconnectWithin({ client }: ConvexClient, ms: number): void {
  const manager: unknown = Reflect.get(client, "webSocketManager");
  if (typeof manager === "object" && manager !== null && "maxBackoff" in manager) manager.maxBackoff = ms;
}

type OnError = Connection["onError"];

function sessionCalls(client: ConvexClient, onError: OnError) {
  return {
    startSession: (start) => client.mutation(api.sessions.start, start),
    updateSession: async (session, offer) => {
      await client.mutation(api.sessions.update, { session, ...offer });
    },
    refuse: async (session, refusal) => {
      await client.mutation(api.sessions.refuse, { session, ...refusal });
    },
    heartbeat: (session, running) => client.mutation(api.sessions.heartbeat, { session, running }),
    endSession: async (session) => {
      await client.mutation(api.sessions.end, { session });
    },
    watchOrders: (session, onOrders) =>
      client.onUpdate(api.sessions.orders, { session }, onOrders, (error) => onError("orders", error)),
  } satisfies Partial<Backend>;
}

function queueCalls(client: ConvexClient, onError: OnError) {
  return {
    watchReady: (lane, onWindow) =>
      client.onUpdate(api.scheduler.ready, { ...lane }, onWindow, (error) => onError("ready", error)),
    readyAfter: (lane, after) => client.query(api.scheduler.ready, { ...lane, after }),
    watchHealth: (namespace, onHealth) =>
      client.onUpdate(api.health.list, { namespace }, onHealth, (error) => onError("health", error)),
    liveRunners: async (namespace) => {
      const runners = await client.query(api.runners.list, { namespace });
      return runners.filter((runner) => runner.session !== null).map((runner) => runner.name);
    },
  } satisfies Partial<Backend>;
}

function workCalls(client: ConvexClient) {
  return {
    advance: (step) => client.mutation(api.work.advance, step),
    exchange: (call) => client.mutation(api.work.exchange, { ...call }),
    report: async (report) => (await client.mutation(api.work.report, { ...report })).kind,
    events: async (namespace, fence, events) => {
      const answer = await client.mutation(api.work.events, { namespace, fence, events });
      return answer.kind === "accepted";
    },
    reportHealth: async (namespace, session, health) => {
      await client.mutation(api.health.report, { namespace, session, ...health });
    },
  } satisfies Partial<Backend>;
}
