import type { ConflictLog } from "../database/conflicts.ts";
import type { KeyRange } from "../database/rows.ts";
import type { RequestKey } from "../database/sessionRequests.ts";
import type { Store } from "../database/store.ts";
import type { Transaction } from "../database/transaction.ts";
import type { ConvexJson } from "../values/json.ts";
import type { LogSink } from "../values/log.ts";
import type { FunctionsBundle } from "./bundleFormat.ts";
import type { CallRules } from "./checkCall.ts";
import type { RequestMetadata } from "./frame.ts";
import type { Identity } from "./identity.ts";
import type { CallOutcome } from "./outcome.ts";
import type { RunningCall } from "./runningCall.ts";

export interface Call {
  readonly path: string;
  readonly args: readonly ConvexJson[];
  readonly identity: Identity;
  readonly metadata?: RequestMetadata;
}
export interface QueryCall extends Call {
  /** End cursor of an earlier run of the same paginated query, or null. */
  readonly journal: string | null;
}
export interface MutationCall extends Call {
  /** Set for calls that a client may send again: they run once. */
  readonly dedupe?: RequestKey;
}
export interface Answer {
  readonly outcome: CallOutcome;
  readonly ts: bigint;
}
export interface QueryAnswer extends Answer {
  /** A commit that touches none of these cannot change the outcome. */
  readonly reads: readonly KeyRange[];
  readonly journal: string | null;
}
export interface EngineOptions {
  readonly store: Store;
  readonly bundle: FunctionsBundle;
  readonly rules: CallRules;
  readonly env: Record<string, string>;
  readonly redact: boolean;
  readonly log: LogSink;
  /** Given: mutations conflict as on the cloud, and are counted here. */
  readonly conflicts?: ConflictLog | undefined;
  /** Answers queries of the host itself (`_system/…`) with JSON text; null for a name that it does not have. */
  readonly systemQuery?: (call: Call, tx: Transaction) => string | null;
  /** Where another thread sees which query or mutation runs. */
  readonly running?: RunningCall | undefined;
  /** Told of every call that came to an end. */
  readonly executed?: (execution: Execution) => void;
}
/** Functions that run one query and are gone. */
export interface OneOff {
  readonly bundle: FunctionsBundle;
  readonly env: Record<string, string>;
  readonly functionsJson: string;
}
/** One call that came to an end, for the log of the deployment. */
export interface Execution {
  readonly path: string;
  /** Made when it is asked for: most calls never need one. */
  readonly requestId: () => string;
  readonly startedMs: number;
  readonly outcome: CallOutcome;
}
