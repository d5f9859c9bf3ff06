/** Live queries over the sync socket, for `logs -f`, `watch`, `go` and the demo. */
import { ConvexClient } from "convex/browser";
import type { FunctionArgs, FunctionReference, FunctionReturnType } from "convex/server";
import { type Access, tokenFor } from "./client.ts";
import { asCliError } from "./failure.ts";

export interface Live {
  /**
   * The values of a query as they change; a slow reader sees the newest and skips those between.
   * Ends when `signal` is aborted. @throws CliError what the query throws
   */
  follow<F extends FunctionReference<"query">>(
    fn: F,
    args: FunctionArgs<F>,
    signal: AbortSignal,
  ): AsyncGenerator<FunctionReturnType<F>>;
  /** Calls back when the socket is lost (false) and found again (true). */
  onConnection(callback: (connected: boolean) => void): void;
  close(): Promise<void>;
}

/** Opens the socket. Check with a one-shot call first that the backend answers: this one tries for ever. */
export function openLive(settings: Access): Live {
  const client = new ConvexClient(settings.url, {
    skipConvexDeploymentUrlCheck: true,
    unsavedChangesWarning: false,
    logger: false,
  });
  client.setAuth(() => tokenFor(settings));
  let closed = false;
  return {
    follow: (fn, args, signal) => {
      const box = new LatestBox<FunctionReturnType<typeof fn>>();
      const fail = (error: Error) =>
        box.fail(asCliError(error, { url: settings.url, givenToken: settings.token !== null }));
      const stop = client.onUpdate(fn, args, (value) => box.put(value as never), fail);
      return box.read(signal, stop);
    },
    onConnection: (callback) => {
      let connected = true;
      client.subscribeToConnectionState(({ isWebSocketConnected, hasEverConnected }) => {
        if (closed || !hasEverConnected || isWebSocketConnected === connected) return;
        connected = isWebSocketConnected;
        callback(connected);
      });
    },
    close: () => {
      closed = true;
      return client.close();
    },
  };
}

/** Holds the newest value until it is read. */
class LatestBox<T> {
  #state: { kind: "empty" } | { kind: "value"; value: T } | { kind: "error"; error: Error } = {
    kind: "empty",
  };
  #wake: () => void = () => undefined;

  put(value: T): void {
    this.#state = { kind: "value", value };
    this.#wake();
  }

  fail(error: Error): void {
    this.#state = { kind: "error", error };
    this.#wake();
  }

  async *read(signal: AbortSignal, stop: () => void): AsyncGenerator<T> {
    const onAbort = () => this.#wake();
    signal.addEventListener("abort", onAbort);
    try {
      while (!signal.aborted) {
        const state = this.#state;
        if (state.kind === "error") throw state.error;
        if (state.kind === "value") {
          this.#state = { kind: "empty" };
          yield state.value;
        } else await new Promise<void>((resolve) => (this.#wake = resolve));
      }
    } finally {
      signal.removeEventListener("abort", onAbort);
      stop();
    }
  }
}
