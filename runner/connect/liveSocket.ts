/**
 * The web socket of a runner, which notices by itself that the other side has gone silent (a half-open connection, a
 * network that swallows everything). Convex' client waits for a minute; by then the lease of the session is gone.
 */
import { WebSocket, type ClientOptions } from "ws";

/** How often the other side is asked for a sign of life, ms: two questions fit into a lease of 15 s. */
const PING_MS = 3000;

/** Closes itself when a ping had no answer until the next one. The client then connects again and resends. */
export class LiveSocket extends WebSocket {
  constructor(address: string | URL, protocols?: string | string[], options?: ClientOptions) {
    super(address, protocols, options);
    let answered = true;
    const timer = setInterval(() => {
      if (!answered) return this.terminate();
      answered = false;
      if (this.readyState === WebSocket.OPEN) this.ping();
      return undefined;
    }, PING_MS);
    const alive = () => (answered = true);
    this.on("pong", alive).on("message", alive).on("open", alive);
    this.on("close", () => clearInterval(timer));
    // A listener of its own: without one, a terminated handshake would end the process.
    this.on("error", () => undefined);
  }
}
