import { getHeapStatistics } from "node:v8";
import { Worker } from "node:worker_threads";
import { RunningCall } from "../functions/runningCall.ts";
import { workerFile } from "../functions/workerFile.ts";
// Types alone: the process that watches the thread loads nothing of the host itself.
import type { HostOptions, RunningHost } from "../host.ts";
import { HostError } from "../values/errors.ts";
import { guardMemory } from "./memoryGuard.ts";
import type { FromHostThread, HostThreadData, ToHostThread } from "./messages.ts";

const MIB = 2 ** 20;
/** Half of V8's own: a `run` with host, runner and screen in one process has two heaps, and 250 MiB for all of it. */
const YOUNG_MIB = 24;
/** Threads in a minute: more of them means that the host itself does not fit into memory. */
const MAX_STARTS = 5;
const STARTS_WITHIN_MS = 60_000;

const WORKER = workerFile(new URL("./hostWorker.ts", import.meta.url), "hostWorker.js");

/** How a thread came to its end. */
type End = { kind: "stopped" } | { kind: "memory"; running: string | null } | { kind: "crash"; error: Error };

/**
 * Starts a host in a thread of its own; resolves when it answers. Whatever its functions do, the process goes on: a
 * thread that ran out of memory is followed by another on the same ports and data, which refuses the call that was
 * running; clients connect again and send again what had no answer. A thread that ends by a bug ends the process.
 * @throws HostError as `startHost`
 */
export async function startHostThread(options: HostOptions): Promise<Omit<RunningHost, "conflicts">> {
  const host = new HostThread(options);
  const { url, siteUrl } = await host.start();
  return { url, siteUrl, stop: () => host.stop() };
}

class HostThread {
  readonly #options: HostOptions;
  readonly #starts: number[] = [];
  #worker: Worker | null = null;
  #ended: Promise<unknown> = Promise.resolve();
  #stopping = false;

  constructor(options: HostOptions) {
    this.#options = options;
  }

  async start(refused: string | null = null, ports: Partial<HostOptions> = {}): Promise<Started> {
    const { log: _, ...options } = this.#options;
    this.#starts.push(Date.now());
    const running = new RunningCall();
    const { memory } = running;
    const follows = this.#starts.length > 1;
    const workerData: HostThreadData = { options: { ...options, ...ports }, memory, refused, follows };
    const worker = new Worker(WORKER.file, {
      eval: WORKER.eval,
      workerData,
      // A profile of the process is to show its host.
      execArgv: process.execArgv.filter((flag) => flag.startsWith("--cpu-prof")),
      resourceLimits: {
        // As much as the process itself would have, by the machine or by `--max-old-space-size`.
        maxOldGenerationSizeMb: Math.floor(getHeapStatistics().heap_size_limit / MIB),
        maxYoungGenerationSizeMb: YOUNG_MIB,
      },
    });
    this.#worker = worker;
    const started = new Promise<Started>((resolve, reject) => {
      worker.on("message", (message: FromHostThread) => this.#receive(message, { resolve, reject }));
      worker.once("exit", () => reject(new HostError("The host's thread ended before it answered.")));
    });
    const ended = endOf(worker, running);
    this.#ended = ended;
    const { url, siteUrl } = await started;
    // Nobody waits for this: what it throws ends the process, which without a host is good for nothing.
    void ended.then((end) => this.#after(end, { port: portOf(url), sitePort: portOf(siteUrl) }));
    return { url, siteUrl };
  }

  /** Finishes what is under way and closes the data file. May be called again. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#worker?.postMessage({ kind: "stop" } satisfies ToHostThread);
    await this.#ended;
  }

  #receive(message: FromHostThread, { resolve, reject }: Awaiting): void {
    switch (message.kind) {
      case "started":
        return resolve(message);
      case "failed":
        reject(new HostError(message.message));
        return void this.#worker?.terminate();
      case "log":
        return this.#options.log?.(message.line);
      case "stopped":
        return void this.#worker?.terminate();
      default:
        return message satisfies never;
    }
  }

  async #after(end: End, ports: { port: number; sitePort: number }): Promise<void> {
    if (this.#stopping) return;
    switch (end.kind) {
      case "stopped":
        return;
      case "crash":
        throw end.error;
      case "memory":
        this.#noteLoss(end.running);
        await this.start(end.running, ports);
        return;
      default:
        return end satisfies never;
    }
  }

  #noteLoss(running: string | null): void {
    const recent = this.#starts.filter((at) => at > Date.now() - STARTS_WITHIN_MS);
    if (recent.length >= MAX_STARTS) throw new Error("The host runs out of memory again and again.");
    const [path] = running?.split(" ") ?? [];
    const what = path === undefined ? "The host" : `The function ${path}`;
    const text = `${what} took all memory; the host starts again, and its clients connect again.`;
    this.#options.log?.({ kind: "host", level: "error", text });
  }
}

interface Started {
  readonly url: string;
  readonly siteUrl: string;
}
interface Awaiting {
  readonly resolve: (started: Started) => void;
  readonly reject: (error: Error) => void;
}

/** Watches a thread to its end. */
function endOf(worker: Worker, running: RunningCall): Promise<End> {
  let end: End = { kind: "stopped" };
  const outOfMemory = () => {
    end = { kind: "memory", running: running.read().text };
  };
  const release = guardMemory(running, () => {
    outOfMemory();
    void worker.terminate();
  });
  worker.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ERR_WORKER_OUT_OF_MEMORY") outOfMemory();
    else end = { kind: "crash", error };
  });
  return new Promise((resolve) => {
    worker.once("exit", () => {
      release();
      resolve(end);
    });
  });
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}
