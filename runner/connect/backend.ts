/**
 * The port through which a runner talks to its backend. Calls wait for the connection when it is gone and are sent
 * again when it comes back; the subscriptions stay.
 */
import type {
  Advanced,
  Beat,
  EndedAttempt,
  EventRow,
  ExchangeCall,
  Exchanged,
  Fence,
  Health,
  Orders,
  Rank,
  ReadyJob,
  Report,
  ReportAnswer,
  SessionOffer,
  SessionStart,
  StartedSession,
} from "./types.ts";

/** One queue window: a namespace and a pool. */
export interface Lane {
  namespace: string;
  pool: string;
}

export type Unsubscribe = () => void;

export interface Backend {
  startSession(start: SessionStart): Promise<StartedSession>;
  updateSession(session: string, offer: SessionOffer): Promise<void>;
  /** Tells why this runner claims nothing for now, or that it will claim nothing more. */
  refuse(session: string, refusal: { why?: string; draining: boolean }): Promise<void>;
  heartbeat(session: string, running: { job: string; attempt: number }[]): Promise<Beat>;
  endSession(session: string): Promise<void>;
  watchOrders(session: string, onOrders: (orders: Orders) => void): Unsubscribe;

  watchReady(lane: Lane, onWindow: (jobs: ReadyJob[]) => void): Unsubscribe;
  /** The page of the window that follows `after`. */
  readyAfter(lane: Lane, after: Rank): Promise<ReadyJob[]>;
  watchHealth(namespace: string, onHealth: (rows: Health[]) => void): Unsubscribe;
  /** Names of the runners with a live session in a namespace. */
  liveRunners(namespace: string): Promise<string[]>;

  /** All or nothing. A job that is not claimed was taken by somebody else, or may not run now. */
  exchange(call: ExchangeCall): Promise<Exchanged>;
  /** Ends the present attempt and opens the next one. */
  advance(step: Advance): Promise<Advanced>;
  /** One by itself, where an exchange with others was refused. */
  report(report: Report): Promise<ReportAnswer>;
  /** False: the lease is lost. */
  events(namespace: string, fence: Fence, events: EventRow[]): Promise<boolean>;
  reportHealth(namespace: string, session: string, health: HealthReport): Promise<void>;

  close: () => Promise<void>;
}

export interface Advance {
  namespace: string;
  fence: Fence;
  ended: EndedAttempt;
  /** The next attempt's. */
  profile: string;
  harness: string;
}

export type HealthReport = Pick<Health, "profile" | "scope" | "kind" | "reason"> & { until?: number };
