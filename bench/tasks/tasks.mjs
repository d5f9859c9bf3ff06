// `npm run bench:tasks`: what a task file of 10,000 tasks costs the people who look at it. Writes a table on stdout. The
// machine's load is told too: times of the wall mean little on a busy one, CPU times do.
import { loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { begin, openPlace, until, useOf } from "./place.mjs";
import { openTerminal } from "./terminal.mjs";

const COUNT = Number(process.env.BENCH_TASKS ?? 10_000);
const SLOTS = 8;
/** How long the screen is watched while the slots work, ms. */
const WATCH_MS = 20_000;

const place = openPlace(COUNT);
const rows = [];
const row = (work, wall, cpu, peak) => {
  rows.push({ work, wall, cpu, peak });
  process.stderr.write(`${work}: ${wall}, ${cpu}, ${peak}\n`);
};
const s = (seconds) => `${seconds.toFixed(2)} s`;
const mib = (n) => `${n.toFixed(0)} MiB`;
const load = loadavg()[0];
let host, runner;
try {
  const plan = await begin(place, ["run", "--dry-run", "--tasks", "tasks.json", "--repos-dir", "repos"])
    .ended;
  expectCode(plan, 0);
  row("`--dry-run`", s(plan.seconds), s(plan.cpu), mib(plan.peakMiB));

  host = begin(place, ["host", "--port", "0", "--json"]);
  const { url } = await until("the host", () => parse(host.text().out));
  place.env.DROVER_URL = url;
  await measureImport();
  await measureScreen();
  await measureAlone();
  print();
} finally {
  for (const one of [runner, host]) await stop(one);
  place.close();
}

/** Import with a runner that waits: how long, and how soon after it the first job runs. */
async function measureImport() {
  runner = begin(place, ["runner", "--slots", String(SLOTS)]);
  await until("the runner", async () => {
    const { out } = await begin(place, ["runners", "--json"]).ended;
    return parse(out)?.some(({ session }) => session !== null);
  });
  const before = useOf(host.child.pid).cpu;
  const imported = await begin(place, ["import", "tasks.json"]).ended;
  const ended = Date.now();
  expectCode(imported, 0);
  row("`import`, the command", s(imported.seconds), s(imported.cpu), mib(imported.peakMiB));
  const used = useOf(host.child.pid);
  row("`import`, the host", "", s(used.cpu - before), mib(used.peakMiB));
  const started = await until("the first job", async () => {
    const { out } = await begin(place, ["status", "1", "--json"]).ended;
    const jobs = [...(parse(out)?.running ?? []), ...(parse(out)?.recent ?? [])];
    return jobs.length > 0 && Math.min(...jobs.map(({ startedAt }) => startedAt));
  });
  row("first job, after the end of the import", s(Math.max(0, started - ended) / 1000), "", "");
  expectCode(await begin(place, ["cancel", "1"]).ended, 0);
}

/** The full screen of an attached run whose jobs another process runs. */
async function measureScreen() {
  const tui = await openTerminal(place, ["run", "--tasks", "tasks.json", "--tui", "full"]);
  try {
    await until("8 jobs at work", () => /\b8 at work/.test(tui.screen()), 240);
    const before = useOf(tui.pid());
    await sleep(WATCH_MS);
    const after = useOf(tui.pid());
    const share = ((after.cpu - before.cpu) / (WATCH_MS / 1000)) * 100;
    row("full screen while 8 slots work", "", `${share.toFixed(1)} % of a core`, mib(after.peakMiB));
    const begun = performance.now();
    tui.press("C-c");
    await until("the end after Ctrl+C", () => useOf(tui.pid()) === undefined);
    row("Ctrl+C to the end of the command", s((performance.now() - begun) / 1000), "", "");
  } finally {
    tui.close();
  }
}

/** Everything in one process: host, runner and report. */
async function measureAlone() {
  await stop(runner);
  await stop(host);
  runner = host = undefined;
  place.env.DROVER_URL = "http://127.0.0.1:0";
  const run = begin(place, [
    "run",
    "--tasks",
    "tasks.json",
    "--repos-dir",
    "repos",
    "--workers",
    String(SLOTS),
  ]);
  await until("the first jobs to end", () => run.text().err.split("COMPLETED").length > SLOTS * 3);
  const { cpu, peakMiB } = run.use();
  row("`run` with its own host and runner, to its 24th end", "", s(cpu), mib(peakMiB));
  const begun = performance.now();
  run.child.kill("SIGINT");
  expectCode(await run.ended, 130);
  row("its Ctrl+C", s((performance.now() - begun) / 1000), "", "");
}

async function stop(one) {
  if (one === undefined || one.child.exitCode !== null) return;
  one.child.kill("SIGTERM");
  const late = setTimeout(() => one.child.kill("SIGKILL"), 15_000);
  await one.ended;
  clearTimeout(late);
}

function expectCode({ code, err }, expected) {
  if (code !== expected) throw new Error(`ended with ${code} instead of ${expected}: ${err.slice(-2000)}`);
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function print() {
  const lines = rows.map(({ work, wall, cpu, peak }) => `| ${work} | ${wall} | ${cpu} | ${peak} |`);
  process.stdout.write(
    [
      `${COUNT} tasks of 200 repos, ${SLOTS} slots. Load of the machine before: ${load.toFixed(1)}.`,
      "",
      "| work | wall | CPU | peak memory |",
      "| --- | --- | --- | --- |",
      ...lines,
      "",
    ].join("\n"),
  );
}
