/** The mark of a runner: the same through all its restarts, different for every runner of the machine. */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writePrivate } from "./privateFile.ts";

/** Reads the mark below the runner's folder, or makes one. */
export async function runnerMark(root: string): Promise<string> {
  const file = join(root, "mark");
  const known = await readFile(file, "utf8").catch(() => "");
  if (/^[0-9a-f-]{36}$/.test(known)) return known;
  const mark = randomUUID();
  writePrivate(file, mark);
  return mark;
}
