// Measures `scan` and `repos status` over a portfolio of 200 repos with 1,000 files each, from warm cache, beside
// `rg` reading the same files once. Usage: node bench/portfolio/portfolio.mjs [runs]. The program is built first:
// what is measured is what is installed. Prints one JSON object; exits 1 when a promise of docs/portfolio.md is broken.
import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FILES, makeRepos, REPOS } from "./makeRepos.mjs";

const PROMISES = { scanSeconds: 10, scanToRg: 2, statusSeconds: 5, memoryMiB: 200 };
// The cheapest thing that rg can look for: what is compared is the reading, so any other pattern would flatter scan.
const RG_PATTERN = "qqzzqq";
const SEARCHED = "*.{go,py,js,ts,yaml,yml,toml,json}";

const TITLE = "## The portfolio\n";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const runs = Number(process.argv[2] ?? 5);
const repos = makeRepos();
const entry = build();

const output = join(tmpdir(), "drover-bench.json");
const works = {
  rg: () => timed("rg", "-uu", "-c", "-e", RG_PATTERN, "-g", SEARCHED, repos),
  scan: () => drover("scan", "--repos-dir", repos, "--format", "json", "--output", output),
  status: () => drover("repos", "status", "--repos-dir", repos, "--json"),
};
const hasRg = spawnSync("rg", ["--version"]).status === 0;
const { rg, scan, status } = measureAll();
const report = JSON.parse(readFileSync(output, "utf8"));

const figures = {
  machine: {
    load: round(loadavg()[0]),
    cores: cpus().length,
    model: cpus()[0]?.model,
    node: process.version,
  },
  portfolio: {
    repos: REPOS,
    filesEach: FILES,
    findings: report.findings.length,
    scanned: report.repos_scanned.length,
  },
  rgSeconds: hasRg ? rg.seconds : "rg is not installed",
  scanSeconds: scan.seconds,
  scanToRg: hasRg ? round(median(scan.all.map((seconds, run) => seconds / rg.all[run]))) : null,
  scanToRgCpu: hasRg ? round(median(scan.cpu) / median(rg.cpu)) : null,
  scanMiB: scan.mib,
  statusSeconds: status.seconds,
  statusMiB: status.mib,
};
const broken = [
  scan.seconds.median > PROMISES.scanSeconds && "scan is too slow",
  hasRg && figures.scanToRg > PROMISES.scanToRg && "scan is too slow beside rg",
  status.seconds.median > PROMISES.statusSeconds && "repos status is too slow",
  Math.max(scan.mib, status.mib) > PROMISES.memoryMiB && "too much memory",
].filter(Boolean);
process.stdout.write(`${JSON.stringify({ ...figures, promises: PROMISES, broken }, null, 2)}\n`);
writePage();
process.exitCode = broken.length > 0 ? 1 : 0;

/** Lays the figures into their chapter of docs/benchmarks.md; the other chapters stay. */
function writePage() {
  const file = join(root, "docs", "benchmarks.md");
  const row = (work, { seconds, mib }) =>
    `| ${work} | ${seconds.median} s (${seconds.min} … ${seconds.max}) | ${seconds.cpuMedian} s | ${mib || ""} |`;
  const chapter = [
    TITLE,
    `${REPOS} repos of ${FILES} files, warm cache, ${runs} rounds; ${cpus().length} cores, load ${figures.machine.load} at the end. Wall times`,
    "grow with whatever else a machine does, processor times hardly do. By `node bench/portfolio/portfolio.mjs`.",
    "",
    "| work | wall: median (range) | processor | MiB |",
    "| --- | --- | --- | --- |",
    row("`drover scan`", scan),
    row("`rg` over the same files", rg),
    row("`drover repos status`", status),
    "",
    `\`scan\` took ${figures.scanToRg} times the wall time and ${figures.scanToRgCpu} times the processor time of \`rg\`.`,
    "",
  ].join("\n");
  const page = readFileSync(file, "utf8");
  const at = page.indexOf(TITLE);
  const next = at === -1 ? -1 : page.indexOf("\n## ", at + TITLE.length);
  const before = at === -1 ? `${page.trimEnd()}\n\n` : page.slice(0, at);
  writeFileSync(file, before + chapter + (next === -1 ? "" : page.slice(next)));
}

/** What the package installs: bundled, minified, plain JavaScript. */
function build() {
  execFileSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: ["ignore", 2, 2], cwd: root });
  return join(root, "bin/drover.mjs");
}

function drover(...args) {
  // The child tells its own peak memory on the way out, so no other tool has to be there.
  const probe =
    "process.on('exit',()=>process.stderr.write('\\npeak '+process.resourceUsage().maxRSS+'\\n'));";
  return timed(
    process.execPath,
    "--import",
    `data:text/javascript,${encodeURIComponent(probe)}`,
    entry,
    ...args,
  );
}

/** bash tells the processor time of the program and all its children: what a busy machine does not change. */
function timed(...command) {
  const script = 'TIMEFORMAT="cpu %U %S"; time "$@"';
  return spawnSync("bash", ["-c", script, "bash", ...command], { encoding: "utf8", maxBuffer: 1e9 });
}

/** Each round runs all three, so that whatever else the machine does meets them alike; the first round only warms up. */
function measureAll() {
  const found = Object.fromEntries(Object.keys(works).map((name) => [name, { all: [], cpu: [], mib: 0 }]));
  for (let run = 0; run <= runs; run++) {
    for (const [name, work] of Object.entries(works)) {
      const start = performance.now();
      const result = work();
      const seconds = (performance.now() - start) / 1000;
      if (name !== "rg" && result.status !== 0) throw new Error(result.stderr);
      if (run > 0) {
        found[name].all.push(seconds);
        const [, user, system] = /^cpu ([\d.]+) ([\d.]+)$/m.exec(result.stderr) ?? [];
        found[name].cpu.push(Number(user) + Number(system));
      }
      found[name].mib = Math.max(
        found[name].mib,
        Math.round(Number(/peak (\d+)/.exec(result.stderr ?? "")?.[1] ?? 0) / 1024),
      );
    }
  }
  for (const one of Object.values(found)) {
    one.seconds = {
      min: round(Math.min(...one.all)),
      median: round(median(one.all)),
      max: round(Math.max(...one.all)),
      cpuMedian: round(median(one.cpu)),
    };
  }
  return found;
}

function median(values) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

function round(value) {
  return Math.round(value * 1000) / 1000;
}
