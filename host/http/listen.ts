import type { IncomingMessage, Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import type { SocketServer } from "../sync/socketServer.ts";
import { HostError, messageOf } from "../values/errors.ts";
import { type AllowedNames, refusal } from "./callers.ts";

/** Time for requests under way to end when the host stops. */
const CLOSE_WITHIN_MS = 3_000;
const SYNC_PATH = /^\/api\/(?:[^/]+\/)?sync$/;

export interface Listener {
  /** `http://name:port` */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves an app.
 * @throws HostError when the port cannot be had
 */
export async function listen(
  app: Hono,
  where: { port: number; bind: string; what: string },
): Promise<Listener & { server: Server }> {
  const server = createAdaptorServer({ fetch: app.fetch, overrideGlobalObjects: false }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error) => {
      const text = `Cannot listen on ${where.bind}:${where.port} for ${where.what}: ${messageOf(error)}`;
      reject(new HostError(`${text}. Choose another port.`));
    });
    server.listen(where.port, where.bind, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const name = where.bind.includes(":") ? `[${where.bind}]` : where.bind;
  return { server, url: `http://${name}:${port}`, close: () => close(server) };
}

/** Lets WebSockets of the sync protocol in. */
export function acceptSync(server: Server, sockets: SocketServer, allowed: AllowedNames): void {
  server.on("upgrade", (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    duplex.on("error", () => duplex.destroy());
    const { pathname } = new URL(request.url ?? "/", "http://host");
    const { host, origin } = request.headers;
    if (!SYNC_PATH.test(pathname)) return refuse(duplex, "404 Not Found", "Expected /api/<version>/sync");
    const problem = refusal({ host, origin }, allowed);
    if (problem !== null) return refuse(duplex, "403 Forbidden", problem);
    if (sockets.isFull)
      return refuse(duplex, "503 Service Unavailable", "Too many connections: try again later");
    sockets.upgrade(request, duplex, head);
  });
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
