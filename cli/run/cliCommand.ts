import { join } from "node:path";
import { packageRoot } from "../config/packageRoot.ts";

/** How an agent's shell reaches this very CLI: the same code by the same Node, whatever else is called `drover`. */
export function cliCommand(): string[] {
  return [process.execPath, join(packageRoot(), "bin", "drover.mjs")];
}
