/** The processes of this machine, as far as stopping a tree needs them: from /proc, or from `ps` where there is none. */
import { execFile } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

const exec = promisify(execFile);
/** Bytes of `ps` output that are read at most. */
const PS_OUTPUT_BYTES = 32 * 1024 * 1024;

export interface ProcessRow {
  pid: number;
  ppid: number;
  group: number;
  /** The session's leader; undefined where `ps` does not tell. */
  session: number | undefined;
  /** When it started, in a form that only equality is asked of; with the pid it names one process for ever. */
  startTime: string;
  /** The same as a number that only grows while the machine is up; undefined where `ps` does not tell. */
  startTicks: number | undefined;
  zombie: boolean;
}

const hasProc = existsSync("/proc/self/stat");

/** All processes by pid, and their environments as far as they may be read. */
export interface Snapshot {
  table: Map<number, ProcessRow>;
  /**
   * The environment of a process of the table, with a NUL byte before and after every entry; undefined when it may not
   * be read, has ended meanwhile, or there is no /proc. Read when asked for: most processes are too old to matter.
   */
  environOf: (pid: number) => string | undefined;
}

/** Time between two readings, ms: whoever asks meanwhile shares the next one. */
const GAP_MS = 15;
let next: Promise<Snapshot> | undefined;
let nextFrom = Infinity;
let readAt = -Infinity;

/**
 * The processes as they are at some moment after this call, those with a pid below `from` perhaps left out. One reading
 * serves all who wait for it: with eight jobs that end at once, reading hundreds of processes for each would be the
 * dearest thing that a runner does.
 */
export function snapshot(from = 0): Promise<Snapshot> {
  nextFrom = Math.min(nextFrom, from);
  next ??= new Promise((resolve, reject) => {
    setTimeout(
      () => {
        const least = nextFrom;
        next = undefined;
        nextFrom = Infinity;
        readAt = performance.now();
        (hasProc ? Promise.resolve(fromProc(least)) : psSnapshot()).then(resolve, reject);
      },
      Math.max(0, GAP_MS - (performance.now() - readAt)),
    );
  });
  return next;
}

/** Ticks per second of start times on Linux. */
const TICKS = 100;
/** No machine starts as many processes as there are pids in this time, s. */
const YOUNG_S = 5;

/**
 * The least pid that a descendant of `leader` can have: pids are given out in a circle, so that of a process that has
 * just started every descendant has a higher one, unless the circle has begun anew. 0 where that is not sure.
 */
export function leastPidAfter(leader: { pid: number; startTime: string } | undefined): number {
  const ticks = Number(leader?.startTime.split(":")[1]);
  const [uptime, load] = ["/proc/uptime", "/proc/loadavg"].map((file) => readIfThere(file, ONE_READ));
  const age = Number.parseFloat(uptime ?? "") - ticks / TICKS;
  const last = Number(load?.trim().split(" ").at(-1));
  return leader !== undefined && age > -1 && age < YOUNG_S && last >= leader.pid ? leader.pid : 0;
}

/** One process, or undefined when there is none with that pid. */
export async function processRow(pid: number): Promise<ProcessRow | undefined> {
  if (hasProc) return procRow(String(pid));
  return (await fromPs(["-p", String(pid)])).find((row) => row.pid === pid);
}

/** The values of variable `name` that begin with `prefix`, over all processes of this user. Empty without /proc. */
export async function valuesWithPrefix(name: string, prefix: string): Promise<Set<string>> {
  if (!hasProc) return new Set();
  const wanted = `${name}=${prefix}`;
  const found = await Promise.all(
    (await procPids()).map(async (pid) => {
      const environ = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
      return environ.split("\0").find((entry) => entry.startsWith(wanted));
    }),
  );
  return new Set(found.flatMap((entry) => (entry === undefined ? [] : [entry.slice(name.length + 1)])));
}

async function procPids(): Promise<number[]> {
  return (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
}

/** Synchronous: these files are memory, and a promise for each costs ten times as much as reading it. */
function fromProc(from: number): Snapshot {
  const table = new Map<number, ProcessRow>();
  for (const name of readdirSync("/proc")) {
    // Also leaves out what is no number.
    if (!(Number(name) >= from)) continue;
    const row = procRow(name);
    if (row !== undefined) table.set(row.pid, row);
  }
  const environs = new Map<number, string | undefined>();
  return {
    table,
    environOf(pid) {
      if (!environs.has(pid)) {
        const environ = readIfThere(`/proc/${pid}/environ`);
        environs.set(pid, environ === undefined ? undefined : `\0${environ}\0`);
      }
      return environs.get(pid);
    },
  };
}

function procRow(pid: string): ProcessRow | undefined {
  const stat = readIfThere(`/proc/${pid}/stat`, ONE_READ);
  return stat === undefined ? undefined : rowIn(stat);
}

/** The row in the text of `/proc/PID/stat`; undefined when the text is empty. */
export function rowIn(stat: string): ProcessRow | undefined {
  return stat === "" ? undefined : parseStat(stat);
}

/** A process' state is one line, which comes whole. */
const ONE_READ = 1;
const buffer = Buffer.allocUnsafe(64 * 1024);

/**
 * The text of a file of /proc, undefined for a process that has ended meanwhile or belongs to somebody else. Not
 * `readFileSync`, which makes twice as many calls for files without a size; this runs for every process at every end.
 */
function readIfThere(file: string, reads = Infinity): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(file, "r");
    let text = "";
    for (let i = 0; i < reads; i += 1) {
      const length = readSync(fd, buffer, 0, buffer.length, null);
      if (length === 0) break;
      text += buffer.toString("latin1", 0, length);
    }
    return text;
  } catch {
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

async function psSnapshot(): Promise<Snapshot> {
  return { table: new Map((await fromPs()).map((row) => [row.pid, row])), environOf: () => undefined };
}

/** `pid (name) state ppid pgrp session … starttime`: the name may hold spaces and brackets, so read from its end. */
function parseStat(stat: string): ProcessRow {
  const after = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const field = (index: number) => Number(after[index]);
  return {
    pid: Number(stat.slice(0, stat.indexOf(" "))),
    zombie: after[0] === "Z" || after[0] === "X",
    ppid: field(1),
    group: field(2),
    session: field(3),
    startTime: `${bootId()}:${after[19]}`,
    startTicks: field(19),
  };
}

let boot: string | undefined;
/** Start times count from the boot, so they mean nothing after the next one. */
function bootId(): string {
  try {
    boot ??= readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim().slice(0, 8);
  } catch {
    boot = "boot";
  }
  return boot;
}

async function fromPs(which = ["-A"]): Promise<ProcessRow[]> {
  const columns = ["-o", "pid=,ppid=,pgid=,stat=,lstart="];
  const options = { maxBuffer: PS_OUTPUT_BYTES, env: { ...process.env, LC_ALL: "C" } };
  const { stdout } = await exec("ps", [...which, ...columns], options).catch(() => ({ stdout: "" }));
  return stdout
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length >= 9)
    .map(([pid, ppid, group, stat, ...started]) => ({
      pid: Number(pid),
      ppid: Number(ppid),
      group: Number(group),
      session: undefined,
      zombie: (stat ?? "").startsWith("Z"),
      startTime: started.join(" "),
      startTicks: undefined,
    }));
}
