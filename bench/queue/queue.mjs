// Drover beside graphile-worker, pg-boss and BullMQ, and beside the disk's own rate of synced writes, in one run.
// Usage: npm run bench [-- --full | --tiny] [--drover-only]. Writes docs/benchmarks.md; says it instead with --tiny or
// --drover-only, which show too little for the page.
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cleanUp, isEnding } from "./cleanUp.mjs";
import { measureDrover } from "./droverSeries.mjs";
import { DROVER, Figures } from "./figures.mjs";
import { fsyncRate } from "./fsync.mjs";
import { page } from "./page.mjs";
import { measurePeers } from "./peerSeries.mjs";
import { profiles } from "./profile.mjs";
import { tempFolder } from "./servers/server.mjs";
import { sizesFor } from "./sizes.mjs";

const args = process.argv.slice(2);
const size = sizesFor(args);
const target = join(fileURLToPath(new URL("../..", import.meta.url)), "docs", "benchmarks.md");

const begun = performance.now();
const machine = {
  cores: cpus().length,
  model: cpus()[0]?.model,
  node: process.version,
  load: loadavg()[0],
  date: new Date().toISOString().slice(0, 10),
};
console.error(`${size.name} sizes; load of the machine ${machine.load.toFixed(1)}`);
const figures = new Figures();
try {
  figures.put("disk", DROVER, await fsyncRate(tempFolder("fsync"), size.fsyncs));
  await measureDrover(figures, size);
  const where = await profiles(size.profiled);
  const isWhole = !args.includes("--drover-only");
  if (isWhole) await measurePeers(figures, size);
  const took = (performance.now() - begun) / 1000;
  const text = page(figures, { size, machine: { ...machine, took }, profiles: where });
  if (isWhole && size.name !== "tiny") writeFileSync(target, text + otherChapters());
  else console.log(text);
} catch (error) {
  // After a signal every call in the middle fails; the signal has said enough.
  if (!isEnding()) throw error;
} finally {
  await cleanUp();
}

/** What other benches write stands behind this line of the page and stays. */
function otherChapters() {
  const mark = "<!-- other benches -->";
  const [, others = "\n"] = readFileSync(target, "utf8").split(mark);
  return `\n${mark}${others}`;
}
