/** The processes of this machine, as far as stopping a tree needs them: from /proc, or from `ps` where there is none. */
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
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
  zombie: boolean;
}

const hasProc = existsSync("/proc/self/stat");

/** All processes by pid. */
export async function processTable(): Promise<Map<number, ProcessRow>> {
  const rows = hasProc ? await fromProc() : await fromPs();
  return new Map(rows.map((row) => [row.pid, row]));
}

/** One process, or undefined when there is none with that pid. */
export async function processRow(pid: number): Promise<ProcessRow | undefined> {
  if (hasProc) return readFile(`/proc/${pid}/stat`, "latin1").then(parseStat, () => undefined);
  return (await fromPs(["-p", String(pid)])).find((row) => row.pid === pid);
}

/** Pids whose environment holds `NAME=value`; only processes of the same user can be asked. Empty without /proc. */
export async function pidsWithVariable(name: string, value: string): Promise<number[]> {
  if (!hasProc) return [];
  const wanted = `\0${name}=${value}\0`;
  const holds = async (pid: number) => {
    const environ = await readFile(`/proc/${pid}/environ`, "latin1").catch(() => "");
    return `\0${environ}\0`.includes(wanted);
  };
  const pids = await procPids();
  const held = await Promise.all(pids.map(holds));
  return pids.filter((_, i) => held[i]);
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

async function fromProc(): Promise<ProcessRow[]> {
  const stats = await Promise.all(
    (await procPids()).map((pid) => readFile(`/proc/${pid}/stat`, "latin1").then(parseStat, () => undefined)),
  );
  return stats.filter((row) => row !== undefined);
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
    }));
}
