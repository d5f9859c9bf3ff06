/** Is there room for one more job on this machine? A claim on a full disk only makes a job fail that others could run. */
import { statfs } from "node:fs/promises";
import { freemem } from "node:os";
import type { LogEntry } from "../options.ts";

/** How often disk and memory are looked at, ms. */
const LOOK_MS = 5000;

export interface Room {
  /** Undefined while there is room; else what is missing. */
  lacks: () => string | undefined;
  close: () => void;
}

export interface RoomDeps {
  folder: string;
  limits: { freeDiskBytes: number; freeMemoryBytes: number };
  log: (entry: LogEntry) => void;
  /** Room is there again. */
  onRoom: () => void;
  /** Stand-ins of tests. */
  measure?: (folder: string) => Promise<{ disk: number; memory: number }>;
  everyMs?: number;
}

/** Looks now and then, from this call until `close`; the first look is done when it resolves. */
export async function watchRoom(deps: RoomDeps): Promise<Room> {
  let lacking: string | undefined;
  const look = async () => {
    const found = await (deps.measure ?? measure)(deps.folder).catch(() => undefined);
    const before = lacking;
    lacking = found === undefined ? undefined : missing(found, deps.limits);
    if ((before === undefined) === (lacking === undefined)) return;
    if (lacking === undefined) {
      deps.log({ level: "info", event: "runner:room", detail: "claims again" });
      deps.onRoom();
    } else deps.log({ level: "warn", event: "runner:noRoom", detail: lacking });
  };
  await look();
  const timer = setInterval(() => void look(), deps.everyMs ?? LOOK_MS);
  timer.unref();
  return { lacks: () => lacking, close: () => clearInterval(timer) };
}

async function measure(folder: string): Promise<{ disk: number; memory: number }> {
  const { bavail, bsize } = await statfs(folder);
  return { disk: bavail * bsize, memory: freemem() };
}

function missing(found: { disk: number; memory: number }, limits: RoomDeps["limits"]): string | undefined {
  if (found.disk < limits.freeDiskBytes)
    return `${mib(found.disk)} MiB of disk are free, needs ${mib(limits.freeDiskBytes)}: no further job is claimed`;
  if (found.memory < limits.freeMemoryBytes)
    return `${mib(found.memory)} MiB of memory are available, needs ${mib(limits.freeMemoryBytes)}: no further job is claimed`;
  return undefined;
}

function mib(bytes: number): number {
  return Math.floor(bytes / (1024 * 1024));
}
