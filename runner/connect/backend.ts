/**
 * The port through which a runner talks to its backend. Calls wait for the connection when it is gone and are sent
 * again when it comes back; the subscriptions stay.
 */
import type {
  Advanced,
  Beat,
  Claimed,
  EndedAttempt,
  EventRow,
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
  heartbeat(session: string, running: { job: string; attempt: number }[]): Promise<Beat>;
  endSession(session: string): Promise<void>;
  watchOrders(session: string, onOrders: (orders: Orders) => void): Unsubscribe;

  watchReady(lane: Lane, onWindow: (jobs: ReadyJob[]) => void): Unsubscribe;
  /** The page of the window that follows `after`. */
  readyAfter(lane: Lane, after: Rank): Promise<ReadyJob[]>;
  watchHealth(namespace: string, onHealth: (rows: Health[]) => void): Unsubscribe;
  /** Names of the runners with a live session in a namespace. */
  liveRunners(namespace: string): Promise<string[]>;

  /** null: somebody else was faster, or the job may not run now. */
  claim(claim: { namespace: string; session: string; job: string }): Promise<Claimed | null>;
  /** Ends the present attempt and opens the next one. */
  advance(step: Advance): Promise<Advanced>;
  /** `claimNext`: up to 4 jobs of the same namespace to try for, best first. */
  report(report: Report, claimNext: string[]): Promise<ReportAnswer>;
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
