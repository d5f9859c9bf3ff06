/** Watches a running attempt until it ends or must be ended; the first cause wins and is never overwritten. */
import type { EndedBy, Reader } from "../harness/port.ts";
import { killTree } from "../process/killTree.ts";
import { everyTick, sharedTimer } from "../process/sharedTimer.ts";
import type { Exit, Spawned } from "../process/spawnDetached.ts";
import { tailFile, type Tail } from "../process/tailFile.ts";
import { createTree, type ProcessTree } from "../process/tree.ts";
import { LOOP_LIMITS, loopBreaker, type LoopLimits } from "./loopBreaker.ts";
import { attemptFiles } from "./record.ts";
import {
  GRACE_AFTER_RESULT_MS,
  LOST_GRACE_MS,
  RETRY_PATIENCE_MS,
  STDERR_TAIL_BYTES,
  type AttemptInput,
  type AttemptTuning,
} from "./types.ts";

/**
 * How often the trees are read again, so that a process that cuts all its ties later is still known. Of all attempts at
 * once: that takes one reading of the machine's processes, which cost more than all else while eight agents think.
 */
const TREE_MS = 5_000;
const everyReread = sharedTimer(TREE_MS);
/** How long the exit of a killed process may take to be reported. */
const EXIT_WAIT_MS = 5_000;
/** The longest delay that a timer of Node takes. */
const TIMER_LIMIT_MS = 2 ** 31 - 1;

export type WatchInput = Pick<AttemptInput, "id" | "dir" | "limits" | "signal" | "onEvent">;

export interface WatchOrder {
  input: WatchInput;
  process: Spawned;
  reader: Reader;
  startedAt: number;
  /** Called with the cause before the first signal is sent, so that it outlives the daemon. */
  onEnding(cause: EndedBy): void;
}

export interface Watched {
  endedBy: EndedBy;
  exit: Exit | undefined;
  stderr: string;
}

/** Follows the attempt to its end and leaves no process of it. Throws what `onEvent` threw, after cleaning up. */
export async function watch(order: WatchOrder, tuning: AttemptTuning): Promise<Watched> {
  const { input, process: child } = order;
  const root = { leader: child.identity, attemptId: input.id };
  const tree = createTree(root);
  const ending = firstCause();
  let exit: Exit | undefined;
  void child.exited.then((seen) => {
    exit = seen;
    ending.set("exit");
  });
  const output = follow(order, ending, tuning.loop ?? LOOP_LIMITS);
  const endedBy = await waitForEnd(order, { output, ending, tuning }, tree);
  if (endedBy !== "exit") order.onEnding(endedBy);
  const graceMs = endedBy === "lease_lost" ? LOST_GRACE_MS : tuning.killGraceMs;
  await killTree(root, { tree, ...(graceMs === undefined ? {} : { graceMs }) });
  await Promise.race([child.exited, delay(EXIT_WAIT_MS)]);
  await output.stop();
  if (output.failure) throw output.failure.error;
  return { endedBy, exit, stderr: output.stderr() };
}

interface WatchState {
  output: Output;
  ending: Ending;
  tuning: AttemptTuning;
}

async function waitForEnd(order: WatchOrder, state: WatchState, tree: ProcessTree): Promise<EndedBy> {
  const release = listen(order, state.ending);
  const stopChecks = everyTick(() => check(order, state));
  const stopRereads = everyReread(() => void tree.living().catch(() => undefined));
  try {
    return await state.ending.reached;
  } finally {
    release();
    stopChecks();
    stopRereads();
  }
}

interface Ending {
  set(cause: EndedBy): void;
  reached: Promise<EndedBy>;
}

function firstCause(): Ending {
  let cause: EndedBy | undefined;
  let tell: (cause: EndedBy) => void = () => undefined;
  const reached = new Promise<EndedBy>((resolve) => (tell = resolve));
  return {
    set(why) {
      cause ??= why;
      tell(cause);
    },
    reached,
  };
}

/** The total timeout and the caller's signal. Gives the function that stops listening. */
function listen({ input, startedAt }: WatchOrder, ending: Ending): () => void {
  const left = startedAt + input.limits.timeoutMs - Date.now();
  const timer = setTimeout(() => ending.set("timeout"), Math.min(Math.max(0, left), TIMER_LIMIT_MS));
  const onAbort = () => ending.set(abortCause(input.signal));
  input.signal.addEventListener("abort", onAbort);
  if (input.signal.aborted) onAbort();
  return () => {
    clearTimeout(timer);
    input.signal.removeEventListener("abort", onAbort);
  };
}

/** The caller's reason; anything unknown reads as a cancelation. */
export function abortCause(signal: AbortSignal): EndedBy {
  const reason: unknown = signal.reason;
  return reason === "lease_lost" || reason === "shutdown" ? reason : "canceled";
}

interface Output {
  bytes(): number;
  /** Milliseconds since stdout last grew. */
  silence(): number;
  /** Since when the reader reports its terminal event, or a wait, without a change. */
  since: { finished: number | undefined; trouble: number | undefined };
  stderr(): string;
  failure: { error: unknown } | undefined;
  stop(): Promise<void>;
}

/** Reads both files into the reader as they grow. */
function follow(order: WatchOrder, ending: Ending, loopLimits: LoopLimits): Output {
  const { reader, input } = order;
  const files = attemptFiles(input.dir);
  let grown = performance.now();
  let errorTail = Buffer.alloc(0);
  const tails: Tail[] = [];
  const output: Output = {
    bytes: () => tails.reduce((sum, tail) => sum + tail.position, 0),
    silence: () => performance.now() - grown,
    since: { finished: undefined, trouble: undefined },
    stderr: () => errorTail.toString("utf8"),
    failure: undefined,
    async stop() {
      for (const tail of tails) await tail.stop();
      if (!output.failure) guarded(() => tell(reader.end()));
    },
  };
  const circles = loopBreaker(loopLimits);
  const tell = (events: ReturnType<Reader["push"]>) =>
    events.forEach((event) => {
      input.onEvent(event);
      if (circles(event) !== undefined) ending.set("loop");
    });
  const guarded = (work: () => void) => {
    try {
      work();
    } catch (error) {
      onError(error);
    }
  };
  const onError = (error: unknown) => {
    output.failure ??= { error };
    ending.set("shutdown");
  };
  const onBytes = (read: () => void) => () => {
    if (output.failure || output.bytes() > input.limits.outputBytes) return;
    read();
    note(output, reader);
  };
  const out = tailFile(files.stdout, {
    onBytes: (bytes) => {
      grown = performance.now();
      onBytes(() => guarded(() => tell(reader.push(bytes))))();
    },
    onError,
  });
  tails.push(out);
  const err = tailFile(files.stderr, {
    onBytes: (bytes) => {
      errorTail = Buffer.from(Buffer.concat([errorTail, bytes]).subarray(-STDERR_TAIL_BYTES));
      onBytes(() => guarded(() => tell(reader.pushStderr?.(bytes) ?? [])))();
    },
    onError,
  });
  tails.push(err);
  return output;
}

function note(output: Output, reader: Reader): void {
  const now = performance.now();
  const { since } = output;
  since.finished = reader.finished ? (since.finished ?? now) : undefined;
  since.trouble = reader.trouble ? (since.trouble ?? now) : undefined;
}

/** Is there a reason to end it now? */
function check(order: WatchOrder, { output, ending, tuning }: WatchState): void {
  const { idleTimeoutMs, outputBytes } = order.input.limits;
  const { trouble } = order.reader;
  const age = (since: number | undefined) => (since === undefined ? 0 : performance.now() - since);
  const { since } = output;
  if (output.bytes() > outputBytes) return ending.set("output_limit");
  if (since.finished !== undefined) {
    const grace = tuning.graceAfterResultMs ?? GRACE_AFTER_RESULT_MS;
    return age(since.finished) > grace ? ending.set("after_result") : undefined;
  }
  const impatient = age(since.trouble) > (tuning.retryPatienceMs ?? RETRY_PATIENCE_MS);
  const silent = idleTimeoutMs !== null && output.silence() > idleTimeoutMs;
  if (trouble?.stopNow || impatient || silent) ending.set("idle");
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref());
}
