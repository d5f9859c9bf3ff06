// The queue's own figures, through the unmodified ConvexClient, every acknowledged write on disk, beside the disk's own
// rate of synced writes. Usage: node --import tsx bench/queue/queue.mjs [--full]. Writes docs/benchmarks.md.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { drain, enqueue, fanOut, fill, graph, openQueue, startLatency } from "./drover.mjs";
import { runConflicts } from "./conflicts.ts";
import { fsyncRate } from "./fsync.mjs";
import { startHost } from "./host.mjs";

const full = process.argv.includes("--full");
const size = full
  ? {
      fsyncs: 5_000,
      sequential: 3_000,
      flight: 20_000,
      jobs: 10_000,
      latency: 300,
      tree: 5,
      layers: 100,
      wide: 100,
    }
  : { fsyncs: 500, sequential: 150, flight: 1_000, jobs: 300, latency: 40, tree: 3, layers: 10, wide: 20 };
const backlog = full
  ? { pending: 100_000, subscribers: [1, 100, 1_000] }
  : { pending: 2_000, subscribers: [1, 100] };
const root = fileURLToPath(new URL("../..", import.meta.url));

const folder = mkdtempSync(join(tmpdir(), "drover-bench-"));
const rows = [];
const number = (value) => (value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(2));
const perSecond = (work, { perSecond: value }) =>
  add(work, `${number(value)}/s`, `${number(value / disk.perSecond)}×`);
const times = (work, { p50, p99 }) => add(work, `p50 ${number(p50)} ms, p99 ${number(p99)} ms`, "");
function add(...row) {
  rows.push(row);
  console.error(row.join("  "));
}

const opened = [];
/** A queue of its own, with nothing in it. */
async function startQueue() {
  const own = await startHost(mkdtempSync(join(folder, "empty-")));
  opened.push(own);
  return await openQueue(own);
}

const before = loadavg()[0];
const disk = await fsyncRate(folder, size.fsyncs);
perSecond("write 4 KiB and sync, one after another (the disk's own limit)", disk);
const host = await startHost(folder);
try {
  const queue = await openQueue(host);
  await enqueue(queue, 50, 8); // V8 compiles
  const sequential = await enqueue(queue, size.sequential, 1);
  perSecond("enqueue, one after another", sequential);
  times("enqueue, one after another", sequential);
  perSecond("enqueue, 32 in flight", await enqueue(queue, size.flight, 32));
  for (const [width, carry] of [
    [1, false],
    [8, false],
    [1, true],
    [8, true],
    [16, true],
  ]) {
    const ids = await fill(queue, size.jobs);
    const how = carry ? "completion carries the next claim" : "job by job";
    perSecond(`claim + complete, ${width} claimers, ${how}`, await drain(queue, ids, { width, carry }));
  }
  await fill(queue, backlog.pending, "elsewhere");
  const ids = await fill(queue, size.jobs);
  const behind = `${backlog.pending.toLocaleString("en-US")} pending behind`;
  perSecond(`claim + complete, 8 claimers, ${behind}`, await drain(queue, ids, { width: 8, carry: true }));
  const fresh = await startQueue();
  times("enqueue → start, nothing else going on", await startLatency(fresh, size.latency));
  const tree = Array.from({ length: size.tree }, (_, depth) => ({
    nodes: 10 ** depth,
    parentsOf: (i) => [Math.floor(i / 10)],
  }));
  const nodes = tree.reduce((sum, { nodes: each }) => sum + each, 0);
  perSecond(`graph: tree of ${number(nodes)}, 8 claimers`, await graph(fresh, tree, 8));
  const layers = Array.from({ length: size.layers }, () => ({
    nodes: size.wide,
    parentsOf: (i) => [i, (i + 1) % size.wide],
  }));
  perSecond(`graph: ${size.layers} layers × ${size.wide}, 8 claimers`, await graph(fresh, layers, 8));
  for (const count of backlog.subscribers) {
    const result = await fanOut(fresh, count, 20);
    times(`commit → ${count} subscribers of one query`, result);
    add(`host CPU of that commit, ${count} subscribers`, `${number(result.cpuMs)} ms`, "");
  }
  add("host memory, peak", `${number(host.usage().peakMiB)} MiB`, "");
  const conflicts = await runConflicts(full ? 10_000 : 640, 16);
  for (const [call, { calls, tries, failed }] of [
    ["claims", conflicts.claim],
    ["completions with the next claim", conflicts.report],
  ]) {
    const work = `tries when mutations conflict as on Convex Cloud, 16 claimers, ${number(conflicts.jobs.length)} ready: ${call}`;
    add(work, `${(tries / calls).toFixed(3)} each (${calls} calls, ${failed} failed)`, "");
  }
} finally {
  for (const each of opened) await each.stop();
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
}
writeFileSync(join(root, "docs", "benchmarks.md"), page());
execFileSync("npx", ["prettier", "--write", join(root, "docs", "benchmarks.md")], { stdio: "ignore" });

function page() {
  const table = rows.map((row) => `| ${row.join(" | ")} |`).join("\n");
  return `# Benchmarks

Written by \`npm run bench\` (\`npm run bench -- --full\` for the large sizes). One run, client and host on one machine, over
Drover's own functions, through the unmodified ConvexClient over WebSocket; every acknowledged write is on disk.

${cpus().length} cores (${cpus()[0]?.model}), Node ${process.version}, ${full ? "full" : "small"} sizes. Load of the machine
before the run: ${before.toFixed(1)}${before > 1 ? ": **it was busy with other work, so these figures are a floor, not what Drover can do**" : ""}.

| work | figure | of the disk's own rate |
| --- | --- | --- |
${table}

Other queues are not measured here yet, so these figures make no comparison with them.
`;
}
