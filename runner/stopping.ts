/**
 * How a runner ends: drain (claim nothing more, finish what runs), then kill (stop what runs, report it), then close
 * (wait for nobody). Each includes the one before; the first reason stays.
 */
export type StopReason =
  /** `drain()` or an order of the backend. */
  | "drained"
  | "killed"
  /** `once`: nothing was left to do. */
  | "once"
  /** `idleExitMs` without work. */
  | "idle"
  /** The backend refuses this runner; the log says why. */
  | "refused";

export interface Stopping {
  draining: AbortSignal;
  killed: AbortSignal;
  closing: AbortSignal;
  reason: () => StopReason | undefined;
  drain: (reason: StopReason) => void;
  kill: () => void;
  close: () => void;
}

export function stoppingState(): Stopping {
  const draining = new AbortController();
  const killed = new AbortController();
  const closing = new AbortController();
  let first: StopReason | undefined;
  return {
    draining: draining.signal,
    killed: killed.signal,
    closing: closing.signal,
    reason: () => first,
    drain(reason) {
      first ??= reason;
      draining.abort();
    },
    kill() {
      // A kill during a drain is what the person wants to hear of.
      first = "killed";
      draining.abort();
      killed.abort();
    },
    close() {
      draining.abort();
      killed.abort();
      closing.abort();
    },
  };
}

/** Resolves when the first of the signals is aborted. */
export function aborted(...signals: AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const any = AbortSignal.any(signals);
    if (any.aborted) resolve();
    else any.addEventListener("abort", () => resolve(), { once: true });
  });
}
