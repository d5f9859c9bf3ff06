/** What goes over the wire between runner and backend: SPEC.md §7. */
import type { JobClass } from "../../domain/jobTypes.ts";
import type { Usage } from "../../domain/usage.ts";

/** Carried by every write: it is refused when the job has moved on. */
export interface Fence {
  job: string;
  attempt: number;
  session: string;
}

export interface ReadyJob {
  id: string;
  handle: string;
  type: string;
  cascade: string[];
  priority: number;
  assignmentNumber: number;
  number: number;
  repo?: string;
}

/** A place in the order of the queue, from which a window pages on. */
export type Rank = Pick<ReadyJob, "priority" | "assignmentNumber" | "number">;

export interface Claimed {
  job: {
    id: string;
    handle: string;
    type: string;
    class: JobClass;
    title: string;
    context: string;
    repo?: string;
    timeoutMs: number;
    idleTimeoutMs: number | null;
    cascade: string[];
    attempt: number;
    /** It is a task of a file: its failure goes to the next profile of its cascade. */
    fallsThrough: boolean;
    /** Its repo is private: no profile that collects data may see it. */
    private: boolean;
  };
  assignment: {
    id: string;
    number: number;
    northStar: string;
    artifacts: string;
    decisions: string;
    policy: string;
  };
  previous: { handle: string; type: string; status: string; result: string } | null;
  jobs: { handle: string; type: string; status: string; title: string; summary: string }[];
  reminder: boolean;
  namespace: string;
  /** Until the session must renew, ms: a claim shortens the lease of an idle session. */
  renewInMs: number;
}

export interface Orders {
  alive: boolean;
  drain: boolean;
  cancel: { job: string; attempt: number }[];
}

export interface HeldJob {
  job: string;
  handle: string;
  namespace: string;
  attempt: number;
}

/** What a session offers; may change while it lives. */
export interface SessionOffer {
  pools: string[];
  slots: number;
  profiles: string[];
  /** Those of them that collect data. */
  collecting: string[];
  /** Namespace → repos that have a folder here; absent: any repo. */
  repos?: Record<string, string[]>;
}

export interface SessionStart extends SessionOffer {
  runner: string;
  host: string;
  version: string;
  namespaces: string[];
}

export interface StartedSession {
  session: string;
  leaseMs: number;
  renewInMs: number;
  namespaces: string[];
  held: HeldJob[];
}

export type Beat = { kind: "renewed"; renewInMs: number; orders: Orders } | { kind: "lost" };

/** How one attempt ended, for its row. */
export interface EndedAttempt {
  profile: string;
  harness: string;
  version?: string;
  verdict: string;
  detail?: string;
  startedAt: number;
  endedAt: number;
  exitCode?: number;
  usage?: Usage;
  costUsd?: number;
  agentSession?: string;
  model?: string;
  outputFile?: string;
}

/** How the attempt ended for the job. */
export type Outcome =
  | { kind: "complete"; result: string; resultFile?: string }
  | { kind: "failed"; error: string; result?: string; resultFile?: string }
  | { kind: "limited"; until?: number; reason: string }
  | { kind: "interrupted"; reason: string }
  | { kind: "canceled" };

export interface Report {
  namespace: string;
  fence: Fence;
  ended: EndedAttempt;
  outcome: Outcome;
}

/** `probed`: another job tries that profile after its limit, until then it counts as limited. */
export type Advanced =
  { kind: "advanced"; attempt: number } | { kind: "probed"; until: number } | { kind: "lease_lost" };

export type ReportAnswer = "accepted" | "already" | "lease_lost";

/** Reports of one namespace, and the jobs to claim after them: at most `slots` of `jobs`, the best first. */
export interface ExchangeCall {
  namespace: string;
  session: string;
  reports: Omit<Report, "namespace">[];
  claim: { jobs: string[]; slots: number };
}

export interface Exchanged {
  /** One for each report, in their order. */
  answers: ReportAnswer[];
  claimed: Claimed[];
}

export interface Health {
  profile: string;
  scope: "account" | "machine";
  machine?: string;
  kind: "limited" | "offline";
  /** Epoch ms; absent: until somebody clears it. */
  until?: number;
  reason: string;
  /** The limit has ended, and this job tries the profile alone. */
  probe?: string;
}

export interface EventRow {
  seq: number;
  at: number;
  kind: string;
  text: string;
}
