import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { PING } from "./serverMessages.ts";
import { type SessionWiring, SyncSession } from "./session.ts";

/** Arguments may have 16 MiB; base64 and JSON make more of them. */
const MAX_FRAME_BYTES = 32 * 1024 * 1024;
/** A socket that has not said Connect by then is closed. */
const CONNECT_WITHIN_MS = 30_000;
const TICK_MS = 5_000;
/** A Ping message goes out after this long without another message; clients reconnect after 60 s of silence. */
const PING_AFTER_MS = 15_000;
/** Without a sign of life the connection is taken for dead. */
const DEAD_AFTER_MS = 120_000;

interface Connection {
  readonly socket: WebSocket;
  readonly session: SyncSession;
  readonly openedAt: number;
  lastSent: number;
  lastHeard: number;
}

/** Accepts WebSockets and runs a sync session on each. */
export class SocketServer {
  readonly #wiring: SessionWiring;
  readonly #server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    clientTracking: false,
  });
  readonly #connections = new Set<Connection>();
  readonly #ticker: NodeJS.Timeout;

  constructor(wiring: SessionWiring) {
    this.#wiring = wiring;
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
  }

  /** Takes over an HTTP upgrade that has been checked. */
  upgrade(request: IncomingMessage, duplex: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, duplex, head, (socket) => this.#open(socket, request));
  }

  /** Closes all sockets in a way that makes clients come back. */
  async stop(): Promise<void> {
    clearInterval(this.#ticker);
    const closed = [...this.#connections].map(async ({ socket, session }) => {
      session.close();
      const gone = new Promise((resolve) => socket.once("close", resolve));
      socket.close(1012, "ServiceRestart");
      const impatient = setTimeout(() => socket.terminate(), 500);
      await gone;
      clearTimeout(impatient);
    });
    await Promise.all(closed);
    this.#server.close();
  }

  #open(socket: WebSocket, request: IncomingMessage): void {
    const now = Date.now();
    const session: SyncSession = new SyncSession(this.#wiring, {
      send: (text, sent) => {
        connection.lastSent = Date.now();
        socket.send(text, () => sent?.());
      },
      close: (code, reason) => socket.close(code, reason),
      pause: () => socket.pause(),
      resume: () => socket.resume(),
      metadata: {
        ip: request.socket.remoteAddress ?? null,
        userAgent: request.headers["user-agent"] ?? null,
        scheduledFunctionId: null,
      },
    });
    const connection: Connection = { socket, session, openedAt: now, lastSent: now, lastHeard: now };
    this.#connections.add(connection);
    socket.on("message", (data: RawData, isBinary: boolean) => {
      connection.lastHeard = Date.now();
      session.receive(isBinary ? "" : textOf(data));
    });
    socket.on("pong", () => (connection.lastHeard = Date.now()));
    // A broken frame closes this socket (ws does that by itself) and must not end the process.
    socket.on("error", () => session.close());
    socket.on("close", () => {
      session.close();
      this.#connections.delete(connection);
    });
  }

  #tick(): void {
    const now = Date.now();
    for (const connection of this.#connections) {
      const { socket, session, openedAt, lastHeard, lastSent } = connection;
      const isLate = !session.hasConnected && now - openedAt > CONNECT_WITHIN_MS;
      if (isLate || now - lastHeard > DEAD_AFTER_MS) {
        socket.terminate();
        continue;
      }
      socket.ping();
      if (session.hasConnected && now - lastSent > PING_AFTER_MS) {
        connection.lastSent = now;
        socket.send(PING);
      }
    }
  }
}

function textOf(data: RawData): string {
  return Array.isArray(data)
    ? Buffer.concat(data).toString("utf8")
    : Buffer.from(data as Buffer).toString("utf8");
}
