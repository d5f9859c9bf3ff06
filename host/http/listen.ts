import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createAdaptorServer } from "@hono/node-server";
import { Hono } from "hono";
import type { SocketServer } from "../sync/socketServer.ts";
import { HostError, messageOf } from "../values/errors.ts";
import { type AllowedNames, refusal } from "./callers.ts";

/** Time for requests under way to end when the host stops. */
const CLOSE_WITHIN_MS = 3_000;
const SYNC_PATH = /^\/api\/(?:[^/]+\/)?sync$/;

export interface Listener {
  /** `http://name:port` */
  readonly url: string;
  serve(app: Hono): void;
  /** Lets WebSockets of the sync protocol in. */
  acceptSync(sockets: SocketServer, allowed: AllowedNames): void;
  close(): Promise<void>;
}

/**
 * Takes a port. Its address is part of what functions see, so it is known before there is an app: until `serve` is
 * called, requests are told to come back.
 * @throws HostError when the port cannot be had
 */
export async function listen(where: { port: number; bind: string; what: string }): Promise<Listener> {
  let app = new Hono().all("*", (c) => c.text("The host is starting", 503));
  let sync: Parameters<Listener["acceptSync"]> | null = null;
  const server = createAdaptorServer({
    fetch: (request, env) => app.fetch(request, env),
    overrideGlobalObjects: false,
  }) as Server;
  server.on("upgrade", (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    duplex.on("error", () => duplex.destroy());
    if (sync === null) return refuse(duplex, "404 Not Found", "No WebSocket here");
    const [sockets, allowed] = sync;
    const problem = upgradeProblem(request, allowed);
    if (problem !== null) return refuse(duplex, ...problem);
    if (sockets.isFull) return refuse(duplex, "503 Service Unavailable", "Too many connections: try later");
    sockets.upgrade(request, duplex, head);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      const text = `Cannot listen on ${where.bind}:${where.port} for ${where.what}: ${messageOf(error)}`;
      reject(new HostError(`${text}. Choose another port.`));
    });
    server.listen(where.port, where.bind, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const name = where.bind.includes(":") ? `[${where.bind}]` : where.bind;
  return {
    url: `http://${name}:${port}`,
    serve: (next) => (app = next),
    acceptSync: (...args) => (sync = args),
    close: () => close(server),
  };
}

function upgradeProblem(request: IncomingMessage, allowed: AllowedNames): [string, string] | null {
  const { pathname } = new URL(request.url ?? "/", "http://host");
  if (!SYNC_PATH.test(pathname)) return ["404 Not Found", "Expected /api/<version>/sync"];
  const { host, origin } = request.headers;
  const problem = refusal({ host, origin }, allowed);
  return problem === null ? null : ["403 Forbidden", problem];
}

function refuse(duplex: Duplex, status: string, reason: string): void {
  const body = Buffer.from(reason);
  duplex.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${reason}`);
}

async function close(server: Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  const impatient = setTimeout(() => server.closeAllConnections(), CLOSE_WITHIN_MS);
  await closed;
  clearTimeout(impatient);
}
