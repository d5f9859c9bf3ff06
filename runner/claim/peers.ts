/**
 * The names of the other live runners, asked for now and then: a subscription would push every heartbeat of the
 * whole fleet to every runner.
 */
import type { Backend } from "../connect/backend.ts";
import { describeError } from "../connect/callError.ts";
import type { Clock, LogEntry } from "../options.ts";

/** How often the names are asked for, ms: about as often as an idle runner renews its lease. */
const EVERY_MS = 120_000;
/** The same after a lost claim: it may have been lost to a runner that we do not know yet. */
const AFTER_LOSS_MS = 2000;

export interface Peers {
  /** Until the others are known, every runner would think itself the first. */
  known: () => boolean;
  of: (namespace: string) => readonly string[];
  claimLost: () => void;
  stop: () => void;
}

export interface PeersDeps {
  backend: Backend;
  clock: Clock;
  log: (entry: LogEntry) => void;
  namespaces: readonly string[];
  /** Called when all namespaces have been answered for the first time. */
  onKnown: () => void;
}

export function watchPeers({ backend, clock, log, namespaces, onKnown }: PeersDeps): Peers {
  const names = new Map<string, readonly string[]>();
  let askedAt = -Infinity;
  const known = () => namespaces.every((namespace) => names.has(namespace));
  const ask = async (namespace: string) => {
    const found = await backend.liveRunners(namespace).catch((error: unknown) => {
      log({ level: "warn", event: "claim:peersUnknown", detail: describeError(error) });
      return names.get(namespace) ?? [];
    });
    const before = known();
    names.set(namespace, found);
    if (!before && known()) onKnown();
  };
  const refresh = (maxAgeMs: number) => {
    if (clock.monotonic() - askedAt < maxAgeMs) return;
    askedAt = clock.monotonic();
    for (const namespace of namespaces) void ask(namespace);
  };
  refresh(0);
  const timer = setInterval(() => refresh(0), EVERY_MS);
  return {
    known,
    of: (namespace) => names.get(namespace) ?? [],
    claimLost: () => refresh(AFTER_LOSS_MS),
    stop: () => clearInterval(timer),
  };
}
