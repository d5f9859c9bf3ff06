/** What goes between the process and the thread of its host. */
import type { HostOptions } from "../host.ts";
import type { HostLog } from "../values/log.ts";

/** What a thread begins with. */
export interface HostThreadData {
  readonly options: Omit<HostOptions, "log">;
  /** Of its `RunningCall`. */
  readonly memory: SharedArrayBuffer;
  /** The call that ended the thread before this one. */
  readonly refused: string | null;
  /** There was a thread before this one. */
  readonly follows: boolean;
}
export type FromHostThread =
  | { kind: "started"; url: string; siteUrl: string }
  /** It could not start; `message` says why and what to do. */
  | { kind: "failed"; message: string }
  | { kind: "log"; line: HostLog }
  | { kind: "stopped" };
export type ToHostThread = { kind: "stop" };
