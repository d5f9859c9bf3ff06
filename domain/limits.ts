/** Named limits of the queue, each with its unit and reason. */

/** Bytes of a result kept in the backend; the rest stays in the file that the attempt names. */
export const MAX_RESULT_BYTES = 64 * 1024;
/** Bytes of a job's context or an assignment's north star: far below Convex' 1 MiB document. */
export const MAX_TEXT_BYTES = 256 * 1024;
/** Rows that a list or a window returns at most. */
export const MAX_PAGE = 200;
/** Ready jobs that runners see at once: enough for every slot of a fleet to find its own. */
export const READY_WINDOW = 64;
/** Reports, and jobs to claim, in one exchange of a runner: a few tens of milliseconds of the one writer's time. */
export const MAX_EXCHANGE = 32;
/** Jobs that one insert call may add. */
export const MAX_BATCH = 500;
/** Rows that housekeeping and fan-out touch in one transaction; the rest follows in a scheduled continuation. */
export const FAN_OUT_BATCH = 400;
/** Repos that a session names as its own; a runner with more of them takes jobs of any repo. */
export const MAX_SESSION_REPOS = 1000;
/** Counting stops here: "500+" is as good as a number, and all states together stay below 16 MiB of rows. */
export const MAX_COUNT = 500;
/** Events that one job keeps; older ones are dropped, the raw stream stays on the runner. */
export const MAX_EVENTS_PER_JOB = 2000;
/** Characters of one event's text. */
export const MAX_EVENT_TEXT = 2000;
/** Events in one call. */
export const MAX_EVENTS_PER_CALL = 100;
/** Jobs whose last events one call may ask for: more lines than these run on no screen. */
export const MAX_LOOKED_AT = 50;
/** Characters of a job's last event on a screen. */
export const ACTION_TEXT_CHARS = 160;

/** Limits of one assignment where it names none: they stop a PM that would insert for ever. */
export const DEFAULT_MAX_JOBS = 50;
export const DEFAULT_MAX_CONSECUTIVE_FAILURES = 3;
/** Times that a job may lose its lease before it is quarantined: the guard against jobs that kill runners. */
export const MAX_LOST_ATTEMPTS = 3;
/** Times that a job whose whole cascade is limited is tried again. */
export const MAX_LIMITED_RETRIES = 20;

/** Lease of a session with running jobs, ms, where the deployment sets none (`DROVER_LEASE_MS`). */
export const DEFAULT_LEASE_MS = 60_000;
/** Lease of a session without running jobs, ms: it renews every few minutes, because calls cost money. */
export const IDLE_LEASE_MS = 300_000;
