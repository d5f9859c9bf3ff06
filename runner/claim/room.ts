/** Is there room for one more job on this machine? A claim on a full disk only makes a job fail that others could run. */
import { statfsSync } from "node:fs";
import { freemem } from "node:os";
import type { Clock, LogEntry } from "../options.ts";

/** How often disk and memory are looked at while nobody asks, ms. */
const LOOK_MS = 5000;
/** An answer this old still holds, ms: a window of jobs asks for each of them. */
const FRESH_MS = 200;
/** How long a claimed job waits for memory before it goes back to the queue, and how often it looks, ms. */
const SPAWN_WAIT_MS = 60_000;
const SPAWN_LOOK_MS = 1000;

export interface Room {
  /** Undefined while there is room for a claim; else what is missing. Looks by itself when the last look is old. */
  lacks: () => string | undefined;
  /** Waits for memory before a process is started; gives what is still missing after a minute or an abort. */
  forSpawn: (signal: AbortSignal) => Promise<string | undefined>;
  close: () => void;
}

export interface RoomDeps {
  folder: string;
  limits: { freeDiskBytes: number; freeMemoryBytes: number };
  clock: Clock;
  log: (entry: LogEntry) => void;
  /** Room is there again, or no longer. */
  onChange: () => void;
  /** Stand-ins of tests. */
  measure?: (folder: string) => Found;
  everyMs?: number;
}

interface Found {
  disk: number;
  memory: number;
}

/** Looks now and then, from this call until `close`. */
export function watchRoom(deps: RoomDeps): Room {
  let lacking: string | undefined;
  let lookedAt = -Infinity;
  const look = () => {
    lookedAt = deps.clock.monotonic();
    const before = lacking;
    lacking = missing(found(deps), deps.limits);
    if ((before === undefined) === (lacking === undefined)) return;
    if (lacking === undefined) deps.log({ level: "info", event: "runner:room", detail: "claims again" });
    else deps.log({ level: "warn", event: "runner:noRoom", detail: `${lacking}: no further job is claimed` });
    // Not within a look that a claim asked for.
    queueMicrotask(deps.onChange);
  };
  look();
  const timer = setInterval(look, deps.everyMs ?? LOOK_MS);
  timer.unref();
  return {
    lacks() {
      if (deps.clock.monotonic() - lookedAt > FRESH_MS) look();
      return lacking;
    },
    forSpawn: (signal) => memoryForSpawn(deps, signal),
    close: () => clearInterval(timer),
  };
}

/** The claim has looked, but the jobs beside this one may have taken the memory since. */
async function memoryForSpawn(deps: RoomDeps, signal: AbortSignal): Promise<string | undefined> {
  const lack = () => missing({ disk: Infinity, memory: found(deps).memory }, deps.limits);
  for (let waited = 0; waited < SPAWN_WAIT_MS && !signal.aborted; waited += SPAWN_LOOK_MS) {
    if (lack() === undefined) return undefined;
    await deps.clock.sleep(SPAWN_LOOK_MS, signal);
  }
  return lack();
}

/** What cannot be measured is no reason to stop. */
function found({ folder, measure: ask = measure }: RoomDeps): Found {
  try {
    return ask(folder);
  } catch {
    return { disk: Infinity, memory: Infinity };
  }
}

/** Bytes of disk and memory that a job on this machine may take. */
export function measure(folder: string): Found {
  const { bavail, bsize } = statfsSync(folder);
  return { disk: bavail * bsize, memory: availableMemory(process.platform) };
}

/**
 * On macOS only pages that nobody uses count as free, and the system leaves next to none of those: a Mac with
 * gigabytes to give would never claim. There memory is not looked at.
 */
export function availableMemory(platform: NodeJS.Platform): number {
  return platform === "darwin" ? Infinity : freemem();
}

/** What is missing for a job, in words; undefined: nothing. */
export function missing({ disk, memory }: Found, limits: RoomDeps["limits"]): string | undefined {
  if (disk < limits.freeDiskBytes)
    return `${mib(disk)} MiB of disk are free, needs ${mib(limits.freeDiskBytes)}`;
  if (memory < limits.freeMemoryBytes)
    return `${mib(memory)} MiB of memory are available, needs ${mib(limits.freeMemoryBytes)}`;
  return undefined;
}

function mib(bytes: number): number {
  return Math.floor(bytes / (1024 * 1024));
}
