import { getHeapStatistics } from "node:v8";
import { LIMITS } from "../values/limits.ts";
import { cpuMark, cpuNow } from "./cpuTime.ts";
import { type Failure, OUT_OF_MEMORY, RAN_AWAY } from "./outcome.ts";

/** A call that is younger cannot have taken all its memory, so nobody looks. */
const LOOK_AFTER_MS = 20;
const MIB = 1024 * 1024;

/**
 * What a query or mutation uses of the thread that it shares with all others. Found out at its syscalls and its end;
 * what never comes to either is killed by the watchdog, whose time alone then bounds what it takes.
 */
export class CallUse {
  readonly #wall = performance.now();
  readonly #cpu = cpuMark();
  readonly #bytes = bytesNow();

  /** The limit that the call has passed, or null. */
  passed(): Failure | null {
    const ms = performance.now() - this.#wall;
    if (ms < LOOK_AFTER_MS) return null;
    if (bytesNow() - this.#bytes > LIMITS.functionMemoryMib * MIB) return OUT_OF_MEMORY;
    // No thread has more CPU than wall time, and asking for it costs more.
    return ms > LIMITS.userTimeMs && cpuNow() - this.#cpu > LIMITS.userTimeMs ? RAN_AWAY : null;
  }
}

/** Bytes on the heap and in buffers beside it. */
function bytesNow(): number {
  const { used_heap_size: heap, external_memory: external } = getHeapStatistics();
  return heap + external;
}
