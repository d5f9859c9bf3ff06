/** What goes into one attempt and what comes out of it. */
import type { Verdict } from "../../domain/verdict.ts";
import type { FileText } from "../process/forkThread.ts";
import type { LoopLimits } from "./loopBreaker.ts";
import type { AgentEvent, EndedBy, Profile } from "../harness/port.ts";

/** Once the terminal event was read, a process may take this long to end by itself; then it is killed. */
export const GRACE_AFTER_RESULT_MS = 60_000;
/**
 * Time between TERM and KILL when the lease is lost, ms: it must fit into the margin of the lease, after which another
 * runner may have the job.
 */
export const LOST_GRACE_MS = 1000;
/** How long a CLI may retry without any progress before the cascade takes over. */
export const RETRY_PATIENCE_MS = 120_000;
/** How much of the end of stderr the verdict looks at, in bytes. */
export const STDERR_TAIL_BYTES = 64 * 1024;

export interface AttemptLimits {
  /** The longest duration of the attempt. */
  timeoutMs: number;
  /** The longest silence on stdout; null for none. */
  idleTimeoutMs: number | null;
  /** The most bytes that stdout and stderr may have together. */
  outputBytes: number;
}

export interface AttemptInput {
  /** Unique; marks every process of the attempt (DROVER_ATTEMPT_ID). */
  id: string;
  profile: Profile;
  prompt: string;
  cwd: string;
  /** This attempt's own folder; absolute. See `attemptFiles`. */
  dir: string;
  /** Files that are written with those of the attempt, before it starts. */
  notes?: readonly FileText[];
  /** What Drover sets in the child's environment: DROVER_*, PATH. */
  env: Record<string, string>;
  limits: AttemptLimits;
  /** Asked right before the process is started; false aborts `signal` or means as much. */
  mayStart?: () => boolean;
  /** Aborted with the reason "canceled", "lease_lost" or "shutdown". */
  signal: AbortSignal;
  /** The agent's session to go on with. */
  resume?: string;
  onEvent(event: AgentEvent): void;
}

export interface AttemptReport {
  verdict: Verdict;
  /** ms since the epoch, as `endedAt`. */
  startedAt: number;
  endedAt: number;
  exitCode: number | null;
  exitSignal: string | null;
  pid: number | null;
  outputFile: string;
  version?: string;
  endedBy: EndedBy;
}

/** Times that tests shorten, and where inherited variables come from. */
export interface AttemptTuning {
  graceAfterResultMs?: number;
  retryPatienceMs?: number;
  killGraceMs?: number;
  loop?: LoopLimits;
  inheritedEnv?: Record<string, string | undefined>;
}
