/** What every step of a runner works with; made once by the daemon. */
import type { Room } from "./claim/room.ts";
import type { Backend } from "./connect/backend.ts";
import type { Report } from "./connect/types.ts";
import type { ProfileGate } from "./execute/profileGate.ts";
import type { Guard } from "./guard/guard.ts";
import type { Profile } from "./harness/port.ts";
import type { HealthView } from "./health.ts";
import type { RunnerLimits } from "./limits.ts";
import type { Clock, RunnerOptions } from "./options.ts";
import type { Exchange } from "./report/exchange.ts";
import type { Redact } from "./report/redact.ts";
import type { Outbox } from "./report/outbox.ts";
import type { RunnerFolders } from "./state/folders.ts";

export interface RunnerContext {
  options: RunnerOptions;
  clock: Clock;
  backend: Backend;
  exchange: Exchange;
  folders: RunnerFolders;
  outbox: Outbox<Report>;
  health: HealthView;
  /** Begins the mark of every process that this runner starts; the same through all its restarts. */
  mark: string;
  guard: Guard;
  gate: ProfileGate;
  limits: RunnerLimits;
  /** The environment that the runner was started with. */
  environment: Readonly<Record<string, string | undefined>>;
  /** Takes the secrets of environment and profiles out of a text; those of an agent it does not know. */
  redact: Redact;
  /** Disk and memory for one more job. */
  room: Room;
  /** Usable on this machine, by name. */
  profiles: Map<string, Profile>;
  /** Aborted when the runner stops for good: nobody waits for the backend any more. */
  closing: AbortSignal;
}
