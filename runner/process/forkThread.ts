/**
 * A thread that forks, and that writes before it what the child needs. A fork blocks whoever makes it until the child
 * has become its program, and making files waits while the disk is busy: milliseconds each, in which on the runner's
 * own thread nothing else goes on, no claim, no report, no heartbeat. The children stay those of the runner's process.
 * The thread ends when it has been idle for long.
 */
import { Worker } from "node:worker_threads";
import { setTimeout as sleep } from "node:timers/promises";
import { isAlive, startTimeIn } from "./identity.ts";

/** How long a thread without children is kept, ms. */
const KEEP_MS = 60_000;
/**
 * An order older than this, ms, is not carried out: the runner's process was stopped in between (a debugger, Ctrl+Z, a
 * machine asleep), and whether it may still start something must be asked again.
 */
const MAX_AGE_MS = 250;
/** A limit alone: the thread holds the texts of one order at a time, mostly some kilobytes, at most some megabytes. */
const HEAP = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 2 };
/** How often a child is looked at whose thread has died, ms. */
const LOOK_MS = 250;

export interface ForkOrder {
  argv: readonly string[];
  cwd: string;
  env: Record<string, string>;
  /** Made first, with the ones above it; only their owner may enter. */
  folder: string;
  /** Files below the same parent as `folder` that an earlier start may have left. */
  stale: readonly string[];
  /** Written before the start, each readable by its owner alone. */
  files: readonly FileText[];
  stdin: string;
  stdout: string;
  stderr: string;
}

export interface FileText {
  path: string;
  text: string;
}

export interface RawExit {
  code: number | null;
  signal: string | null;
}

export type Forked =
  | { kind: "started"; pid: number; startTime: string | undefined; exited: Promise<RawExit | undefined> }
  | { kind: "failed"; code: string; detail: string }
  /** Nothing was started: a file could not be written. */
  | { kind: "unwritten"; detail: string }
  /** Nothing was started, because the order lay too long. */
  | { kind: "late" }
  /** The thread died with the order: nobody knows whether something was started. */
  | { kind: "lost"; detail: string };

type Answer =
  | { id: number; kind: "started"; pid: number; stat: string }
  | { id: number; kind: "failed"; code: string; detail: string }
  | { id: number; kind: "unwritten"; detail: string }
  | { id: number; kind: "late" }
  | { id: number; kind: "exited"; code: number | null; signal: string | null };

/**
 * Plain JavaScript in a text, because a thread needs a file of its own otherwise, of which the package and a checkout
 * would each have another one. /proc is read before the end of the child can have been noticed, so that the pid is
 * still its own.
 */
const SCRIPT = `
const { parentPort } = require("node:worker_threads");
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const age = (sent) => {
  const passed = Number(process.hrtime.bigint() / 1000000n) - sent.ticks;
  return Math.max(passed, Math.abs(Date.now() - sent.at));
};
const write = ({ folder, stale, files, stdin, stdout, stderr }, opened) => {
  const made = fs.mkdirSync(folder, { recursive: true, mode: 0o700 });
  // The first folder that was made: with one above it, nothing can be there yet.
  if (made === undefined || made === folder) for (const path of stale) fs.rmSync(path, { force: true });
  for (const { path, text } of files) fs.writeFileSync(path, text, { mode: 0o600 });
  opened.push(fs.openSync(stdin, "r"));
  opened.push(fs.openSync(stdout, "a", 0o600));
  opened.push(fs.openSync(stderr, "a", 0o600));
};
const line = Buffer.allocUnsafe(4096);
// Not readFileSync, which makes twice as many calls: the state of a process is one line, which comes whole.
const statOf = (pid) => {
  let fd;
  try {
    fd = fs.openSync("/proc/" + pid + "/stat", "r");
    return line.toString("latin1", 0, fs.readSync(fd, line, 0, line.length, null));
  } catch {
    return "";
  } finally {
    if (fd !== undefined) fs.closeSync(fd);
  }
};
const start = ({ id, argv: [program, ...args], cwd, env }, stdio) => {
  const failed = ({ code = "unknown", message }) =>
    parentPort.postMessage({ id, kind: "failed", code, detail: message });
  try {
    const child = spawn(program, args, { cwd, env, stdio, detached: true });
    if (child.pid === undefined) return child.once("error", failed);
    parentPort.postMessage({ id, kind: "started", pid: child.pid, stat: statOf(child.pid) });
    child.once("exit", (code, signal) => parentPort.postMessage({ id, kind: "exited", code, signal }));
  } catch (error) {
    failed(error);
  }
};
parentPort.on("message", (text) => {
  const order = JSON.parse(text);
  const { id, sent } = order;
  const opened = [];
  try {
    write(order, opened);
    if (age(sent) > ${MAX_AGE_MS}) parentPort.postMessage({ id, kind: "late" });
    else start(order, opened);
  } catch (error) {
    parentPort.postMessage({ id, kind: "unwritten", detail: error.message });
  } finally {
    for (const fd of opened) fs.closeSync(fd);
  }
});
`;

interface Child {
  answer: (forked: Forked) => void;
  exit: (exit: RawExit | undefined) => void;
  exited: Promise<RawExit | undefined>;
  identity: { pid: number; startTime: string } | undefined;
}

/** One thread, from its first order until it has been idle. */
export class ForkThread {
  gone = false;
  /** Not answered yet. */
  orders = 0;
  readonly #worker: Worker;
  readonly #children = new Map<number, Child>();
  #count = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor() {
    this.#worker = new Worker(SCRIPT, { eval: true, execArgv: [], env: {}, resourceLimits: HEAP });
    this.#worker.on("message", (answer: Answer) => this.#receive(answer));
    // The exit, which follows, says what there is to say.
    this.#worker.on("error", () => undefined);
    this.#worker.on("exit", () => this.#lost());
  }

  /** Starts a program as leader of a session of its own. `exited` gives undefined when nobody could wait for it. */
  fork(order: ForkOrder): Promise<Forked> {
    clearTimeout(this.#idle);
    this.#worker.ref();
    const id = (this.#count += 1);
    this.orders += 1;
    return new Promise((resolve) => {
      const answer = (forked: Forked) => {
        this.orders -= 1;
        resolve(forked);
      };
      let exit: Child["exit"] = () => undefined;
      const exited = new Promise<RawExit | undefined>((resolve) => (exit = resolve));
      this.#children.set(id, { answer, exit, exited, identity: undefined });
      const sent = { ticks: monotonicMs(), at: Date.now() };
      // As text: to clone an environment of a hundred variables costs several times as much.
      this.#worker.postMessage(JSON.stringify({ id, sent, ...order }));
    });
  }

  #receive(answer: Answer): void {
    const child = this.#children.get(answer.id);
    if (child === undefined) return;
    switch (answer.kind) {
      case "started": {
        const startTime = startTimeIn(answer.stat);
        if (startTime !== undefined) child.identity = { pid: answer.pid, startTime };
        return child.answer({ kind: "started", pid: answer.pid, startTime, exited: child.exited });
      }
      case "failed":
        child.answer({ kind: "failed", code: answer.code, detail: answer.detail });
        return this.#forget(answer.id);
      case "unwritten":
        child.answer({ kind: "unwritten", detail: answer.detail });
        return this.#forget(answer.id);
      case "late":
        child.answer({ kind: "late" });
        return this.#forget(answer.id);
      case "exited":
        child.exit({ code: answer.code, signal: answer.signal });
        return this.#forget(answer.id);
      default:
        return answer satisfies never;
    }
  }

  #forget(id: number): void {
    this.#children.delete(id);
    if (this.#children.size > 0) return;
    this.#worker.unref();
    this.#idle = setTimeout(() => {
      this.gone = true;
      void this.#worker.terminate();
    }, KEEP_MS).unref();
  }

  /** Its children live on: their ends are looked for, as those of a runner that was killed are. */
  #lost(): void {
    this.gone = true;
    for (const { answer, exit, identity } of this.#children.values()) {
      answer({ kind: "lost", detail: "the thread that starts processes has died" });
      void this.#watch(identity).then(() => exit(undefined));
    }
    this.#children.clear();
  }

  async #watch(identity: Child["identity"]): Promise<void> {
    while (identity !== undefined && (await isAlive(identity))) await sleep(LOOK_MS);
  }
}

/** By the clock that all threads share, unlike `performance.now()`. */
function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}
