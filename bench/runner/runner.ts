/**
 * `npm run bench:runner`: what the queue costs. From claim to spawn, and whole batches through one runner with 8
 * slots against `xargs -P 8` with the same commands; then a runner without work. One JSON document on stdout.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { openBench, type Bench } from "./place.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const JOBS = 200;
const SLOTS = 8;
const CANCELS = 11;
/** Jobs for the way from claim to spawn. */
const ALONE = 21;
const AT_ONCE = 50;
/** An hour in small: the heartbeat of an idle session comes every 100 s. */
const IDLE_S = Number(process.env.BENCH_IDLE_S ?? 120);
/** Ticks per second of /proc/PID/stat on Linux. */
const TICKS = 100;

const cache = join(ROOT, "node_modules", ".cache");
mkdirSync(cache, { recursive: true });
const built = mkdtempSync(join(cache, "drover-bench-"));
// Where users have theirs: creating files in the depths of a full checkout takes ten times as long.
const data = mkdtempSync(join(tmpdir(), "drover-bench-"));
const bench = await openBench({ built, data }, SLOTS);
const MEASURES: Record<string, () => Promise<unknown>> = {
  idle: () => measureIdle(bench.runnerPid),
  claimToSpawnMs: () => claimToSpawn(bench),
  cancelMs: () => cancel(bench),
  sleep1: () => compare("sleep 1"),
  true: () => compare("true"),
};
try {
  const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(MEASURES);
  const figures: Record<string, unknown> = {};
  for (const name of wanted) figures[name] = await MEASURES[name]?.();
  process.stdout.write(`${JSON.stringify(figures, null, 2)}\n`);
} finally {
  await bench.close();
  for (const folder of [built, data]) rmSync(folder, { recursive: true, force: true });
}

/**
 * Milliseconds from the backend's claim to the first thing that the child does, by one clock of one machine: of jobs that
 * come one by one, and of fifty at once, where each also waits for those before it.
 */
async function claimToSpawn(of: Bench) {
  const alone: number[] = [];
  for (let i = 0; i < ALONE; i += 1) alone.push(...(await delaysOf(of, 1)));
  return { alone: quantiles(alone), atOnce: quantiles(await delaysOf(of, AT_ONCE)) };
}

async function delaysOf({ run }: Bench, count: number): Promise<number[]> {
  const file = join(data, "starts");
  rmSync(file, { force: true });
  const jobs = await run(Array.from({ length: count }, () => `echo $DROVER_JOB $(date +%s%3N) >> ${file}`));
  const started = new Map(
    readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => line.split(" ") as [string, string]),
  );
  return jobs.map(({ handle, startedAt }) => Number(started.get(handle)) - (startedAt ?? 0));
}

function quantiles(values: number[]) {
  const sorted = values.toSorted((x, y) => x - y);
  return { p50: sorted[Math.floor(sorted.length / 2)], p95: sorted[Math.floor(sorted.length * 0.95)] };
}

/** From the call of `jobs:cancel` until the process is gone. */
async function cancel({ cancelOne }: Bench) {
  const took: number[] = [];
  for (let i = 0; i < CANCELS; i += 1) took.push(await cancelOne());
  took.sort((a, b) => a - b);
  return { p50: Math.round(took[CANCELS >> 1] ?? 0), worst: Math.round(took.at(-1) ?? 0) };
}

async function compare(command: string) {
  const bare = xargs(command);
  const before = allTicks(bench);
  const since = performance.now();
  await bench.run(Array.from({ length: JOBS }, () => command));
  const drover = performance.now() - since;
  const after = allTicks(bench);
  // Beside the clock, because it says more on a busy machine.
  const [host, runner, children] = after.map(
    (ticks, i) => ((ticks - (before[i] ?? 0)) * 1000) / TICKS / JOBS,
  );
  return {
    xargsMs: Math.round(bare),
    droverMs: Math.round(drover),
    ratio: Number((drover / bare).toFixed(3)),
    cpuMsPerJob: { host, runner, children },
  };
}

function xargs(command: string): number {
  const since = performance.now();
  spawnSync("xargs", ["-P", String(SLOTS), "-I{}", "sh", "-c", command], {
    input: Array.from({ length: JOBS }, (_, i) => `${i}\n`).join(""),
  });
  return performance.now() - since;
}

async function measureIdle(pid: number) {
  await sleep(3000);
  const before = cpuTicks(pid);
  await sleep(IDLE_S * 1000);
  const cpu = (cpuTicks(pid) - before) / TICKS / IDLE_S;
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const rss = Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1024;
  return { seconds: IDLE_S, cpuPercent: Number((cpu * 100).toFixed(3)), rssMiB: Math.round(rss) };
}

function allTicks({ hostPid, runnerPid }: Bench): number[] {
  return [cpuTicks(hostPid), cpuTicks(runnerPid), childTicks(runnerPid)];
}

/** Of everything that the process has started: what has ended and was waited for, and what still runs. */
function childTicks(pid: number): number {
  const living = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, "latin1").split(" ").filter(Boolean),
  );
  return living
    .map(Number)
    .reduce((sum, child) => sum + cpuTicks(child) + childTicks(child), endedTicks(pid));
}

function cpuTicks(pid: number): number {
  const fields = statOf(pid);
  return Number(fields[11]) + Number(fields[12]);
}

function endedTicks(pid: number): number {
  const fields = statOf(pid);
  return Number(fields[13]) + Number(fields[14]);
}

function statOf(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}
