import { Hono } from "hono";
import type { Authenticator } from "../functions/authenticate.ts";
import type { Meter, MeterReading } from "../functions/meter.ts";
import type { Subscriptions } from "../subscriptions/subscriptions.ts";
import type { SocketServer } from "../sync/socketServer.ts";
import { notAdmin } from "./deployRoutes.ts";

export interface StatsWiring {
  readonly authenticator: Authenticator;
  readonly meter: Meter;
  readonly subscriptions: Pick<Subscriptions, "counts">;
  readonly sockets: Pick<SocketServer, "size">;
}
export interface HostStats extends MeterReading {
  readonly sockets: number;
  /** Distinct queries with their identity that are watched, and how often in all. */
  readonly queries: number;
  readonly subscriptions: number;
  /** Resident memory of the process. */
  readonly memoryBytes: number;
}

/** What the host does, for administrators: `drover host stats` asks it. */
export function statsRoute({ authenticator, meter, subscriptions, sockets }: StatsWiring): Hono {
  const app = new Hono();
  app.get("/api/host_stats", (c) => {
    const problem = notAdmin(c, authenticator);
    if (problem !== null) return c.json({ code: "Unauthenticated", message: problem }, 403);
    const stats: HostStats = {
      ...meter.read(),
      ...subscriptions.counts,
      sockets: sockets.size,
      memoryBytes: process.memoryUsage.rss(),
    };
    return c.json(stats);
  });
  return app;
}
