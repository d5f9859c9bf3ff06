/** What a runner is told when it is started. The CLI builds it from flags, environment and configuration. */
import type { Profile } from "./harness/port.ts";
import type { Backend } from "./connect/backend.ts";
import type { Connection } from "./connect/convexBackend.ts";
import type { Fence } from "./connect/types.ts";
import type { RunnerLimits } from "./limits.ts";

export interface NamespaceOptions {
  /** Repository slug → absolute path of its checkout on this machine. */
  repos: Record<string, string>;
  /** Where jobs without a repository run. */
  defaultPath?: string;
  /** Folder of templates that override the ones that ship with Drover. */
  templates?: string;
}

export interface LogEntry {
  level: "debug" | "info" | "warn" | "error";
  /** `noun:verb`, such as `job:claimed`. */
  event: string;
  job?: string;
  attempt?: number;
  detail?: string;
}

/** Time, so that tests own it. */
export interface Clock {
  /** Epoch ms. */
  now(): number;
  /** Monotonic ms: for durations, which a changed wall clock must not touch. */
  monotonic(): number;
  /** Resolves after `ms`, or at once with the reason ignored when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** What may change while a runner runs. Namespaces may not come or go: token and subscriptions are made for them. */
export type Reloadable = Pick<RunnerOptions, "namespaces" | "profiles" | "slots" | "pools" | "limits">;

export interface RunnerOptions {
  url: string;
  name: string;
  host: string;
  version: string;
  /** `DROVER_HOME`. */
  home: string;
  namespaces: Record<string, NamespaceOptions>;
  profiles: Profile[];
  /** Jobs at once. */
  slots: number;
  pools: string[];
  /** A fresh runner token. */
  token: () => Promise<string>;
  /** A token for the agent of one attempt: signed here, or asked for with `tokens:agent`. */
  agentToken: (fence: Fence, assignment: string) => Promise<string>;
  /** How an agent reaches the CLI: argv prefix. */
  cli: { command: string[] };
  log: (entry: LogEntry) => void;
  /** Stop as soon as nothing runs and the queue offers nothing that fits. */
  once?: boolean;
  /** Stop after this long without work, ms. */
  idleExitMs?: number;
  /** What differs from DEFAULT_LIMITS. */
  limits?: Partial<RunnerLimits>;
  clock?: Clock;
  /** Stands in for the machine's disk and memory, in bytes that are free. */
  measureRoom?: () => { disk: number; memory: number };
  /** Stands in for the Convex client. */
  connect?: (connection: Connection) => Backend;
}
