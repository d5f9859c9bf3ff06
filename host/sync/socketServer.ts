import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type RawData, type WebSocket, WebSocketServer } from "ws";
import { sharedTap } from "./sharedTap.ts";
import { PING } from "./serverMessages.ts";
import { MOST_UNSENT_BYTES, Unsent } from "./unsent.ts";
import { type SessionWiring, SyncSession } from "./session.ts";

/** Arguments may have 16 MiB; base64 and JSON make more of them. */
const MAX_FRAME_BYTES = 32 * 1024 * 1024;
/** How the server looks after its sockets; times in milliseconds. */
export interface SocketLimits {
  /** Sockets at once: below the number of files that a process may usually open. */
  readonly mostSockets: number;
  readonly tickMs: number;
  /** A Ping message goes out after this long without another message; clients reconnect after 60 s of silence. */
  readonly pingAfterMs: number;
  /** Without a sign of life the connection is taken for dead. */
  readonly deadAfterMs: number;
  /** A socket that has not said Connect by then is closed. */
  readonly connectWithinMs: number;
}
const LIMITS: SocketLimits = {
  mostSockets: 10_000,
  tickMs: 5_000,
  pingAfterMs: 15_000,
  deadAfterMs: 120_000,
  connectWithinMs: 30_000,
};

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

  readonly #limits: SocketLimits;

  constructor(wiring: SessionWiring, limits = LIMITS) {
    this.#wiring = wiring;
    this.#limits = limits;
    this.#ticker = setInterval(() => this.#tick(), limits.tickMs);
  }

  /** Sockets that are open. */
  get size(): number {
    return this.#connections.size;
  }

  /** Whether there is room for one more. */
  get isFull(): boolean {
    return this.#connections.size >= this.#limits.mostSockets;
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
    const tap = sharedTap(socket);
    const unsent = new Unsent(socket, { wire: request.socket, tap: tap() });
    const session: SyncSession = new SyncSession(this.#wiring, {
      ...tap(),
      send: (text, sent) => {
        connection.lastSent = Date.now();
        if (!unsent.send(text, sent)) this.#giveUp(connection);
      },
      close: (code, reason) => socket.close(code, reason),
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

  /** Its client comes back and is told the present state; what it had not read is let go. */
  #giveUp({ socket, session }: Connection): void {
    session.close();
    socket.terminate();
    const text = `sync: a client reads nothing: more than ${MOST_UNSENT_BYTES} bytes wait for it`;
    this.#wiring.log({ kind: "host", level: "warn", text });
  }

  #tick(): void {
    const now = Date.now();
    const { connectWithinMs, deadAfterMs, pingAfterMs } = this.#limits;
    for (const connection of this.#connections) {
      const { socket, session, openedAt, lastSent } = connection;
      if (session.isHeldBack) connection.lastHeard = now;
      const isLate = !session.hasConnected && now - openedAt > connectWithinMs;
      if (isLate || now - connection.lastHeard > deadAfterMs) {
        socket.terminate();
        continue;
      }
      socket.ping();
      if (session.hasConnected && now - lastSent > pingAfterMs) {
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
