import { join } from "node:path";

/** The SQLite file of this machine's embedded host. */
export function dataFileIn(home: string): string {
  return join(home, "data", "drover.sqlite");
}
