import { setFlagsFromString } from "node:v8";

/** How much garbage may gather on top of what is in use before it is collected, percent. */
const HEAP_GROWTH_PERCENT = 20;

/**
 * Keeps what is garbage from filling memory. V8 lets a heap that allocates as fast as an import does grow to several
 * times what it holds before it collects the old part: a run that carries its own host came to 310 MiB of which 60 were
 * in use. Measured on 10,000 tasks, collecting at 20 % costs no more time than the noise of the measure, and saves a
 * third. Only for commands that live long: short ones end before they fill anything.
 */
export function keepHeapSmall(): void {
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH_PERCENT}`);
}

/**
 * From now on memory goes before speed: the young part of the heap (32 MiB, each of which lets the old part grow, too)
 * shrinks as well. An import would take a fifth longer by it; a run that waits for its agents has the time.
 */
export function keepHeapSmaller(): void {
  setFlagsFromString("--optimize-for-size");
}

/** Takes `keepHeapSmaller` back: whoever has pressed Ctrl+C waits, and 10,000 tasks are skipped a third slower by it. */
export function letHeapGrow(): void {
  setFlagsFromString("--no-optimize-for-size");
}
