import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { rate } from "./measure.mjs";

/** The disk's own rate: 4 KiB appended and synced, one after another. Nothing durable is faster without grouping. */
export async function fsyncRate(folder, count) {
  const file = openSync(join(folder, "fsync"), "w");
  const block = Buffer.alloc(4096, 1);
  const result = await rate(count, 1, () => {
    writeSync(file, block);
    fdatasyncSync(file);
  });
  closeSync(file);
  return result;
}
