import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

let collect: (() => void) | undefined;

/**
 * Collects what nobody refers to any more. After a function was ended with its hands full: its garbage would count as
 * memory that was taken before the next call, which could then take as much again unnoticed.
 */
export function collectGarbage(): void {
  collect ??= exposed();
  collect();
  // The bytes of buffers are given back beside the collection; the next one begins by finishing that.
  collect();
}

/** The flag goes again, or every later context, those of functions included, would have a global `gc`. */
function exposed(): () => void {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  setFlagsFromString("--no-expose-gc");
  return gc;
}
