import { writeSync } from "node:fs";
import type { BridgeLine, BridgeNote } from "./order.ts";

const STDOUT = 1;

/** Writes a line at once and whole: stdout is a file, and this process may be killed after any line. */
export function tell(line: BridgeLine): void {
  const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
  for (let at = 0; at < bytes.length;) at += writeSync(STDOUT, bytes, at);
}

export function note(msg: BridgeNote): void {
  tell({ from: "bridge", msg });
}
