// Measures `scan` and `repos status` over a portfolio of 200 repos with 1,000 files each, from warm cache, beside
// `rg` reading the same files once. Usage: node bench/portfolio/portfolio.mjs [runs]. The sources are compiled first:
// what is measured is what is installed. Prints one JSON object; exits 1 when a promise of docs/portfolio.md is broken.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { FILES, makeRepos, REPOS } from "./makeRepos.mjs";

const PROMISES = { scanSeconds: 10, scanToRg: 2, statusSeconds: 5, memoryMiB: 200 };
const RG_PATTERN = `(?i)(api[_-]?key|secret([_-]?key)?|token|password)["'\`]?\\s*(:=|[:=])\\s*["'][^"'\\n]{16,}["']`;
const SEARCHED = "*.{go,py,js,ts,yaml,yml,toml,json}";

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const runs = Number(process.argv[2] ?? 5);
const repos = makeRepos();
const entry = compile();

const rg = measure(() =>
  spawnSync("rg", ["-uu", "-c", "-e", RG_PATTERN, "-g", SEARCHED, repos], { stdio: "ignore" }),
);
const hasRg = spawnSync("rg", ["--version"]).status === 0;
const scan = measure(() =>
  drover("scan", "--repos-dir", repos, "--format", "json", "--output", join(tmpdir(), "drover-bench.json")),
);
const status = measure(() => drover("repos", "status", "--repos-dir", repos, "--json"));
const report = JSON.parse(readFileSync(join(tmpdir(), "drover-bench.json"), "utf8"));

const figures = {
  machine: { cores: cpus().length, model: cpus()[0]?.model, node: process.version },
  portfolio: {
    repos: REPOS,
    filesEach: FILES,
    findings: report.findings.length,
    scanned: report.repos_scanned.length,
  },
  rgSeconds: hasRg ? rg.seconds : "rg is not installed",
  scanSeconds: scan.seconds,
  scanToRg: hasRg ? round(scan.seconds.median / rg.seconds.median) : null,
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
process.exitCode = broken.length > 0 ? 1 : 0;

function compile() {
  const out = join(tmpdir(), "drover-bench-dist");
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  symlinkSync(join(root, "node_modules"), join(out, "node_modules"));
  writeFileSync(join(out, "package.json"), '{ "type": "module" }\n');
  const config = {
    extends: join(root, "tsconfig.json"),
    compilerOptions: { noEmit: false, outDir: out, rootDir: root, sourceMap: false },
    include: [join(root, "test/portfolio/fixtures/drover.ts")],
    exclude: [],
  };
  writeFileSync(join(out, "tsconfig.json"), JSON.stringify(config));
  execFileSync(
    process.execPath,
    [join(root, "node_modules/typescript/bin/tsc"), "-p", join(out, "tsconfig.json")],
    { stdio: "inherit", cwd: root },
  );
  return join(out, "test/portfolio/fixtures/drover.js");
}

function drover(...args) {
  // The child tells its own peak memory on the way out, so no other tool has to be there.
  const probe =
    "process.on('exit',()=>process.stderr.write('\\npeak '+process.resourceUsage().maxRSS+'\\n'));";
  return spawnSync(
    process.execPath,
    ["--import", `data:text/javascript,${encodeURIComponent(probe)}`, entry, ...args],
    {
      encoding: "utf8",
      maxBuffer: 1e9,
    },
  );
}

function measure(work) {
  const seconds = [];
  let mib = 0;
  work();
  for (let run = 0; run < runs; run++) {
    const start = performance.now();
    const result = work();
    seconds.push((performance.now() - start) / 1000);
    const peak = /peak (\d+)/.exec(result.stderr ?? "")?.[1];
    if (peak !== undefined) mib = Math.max(mib, Math.round(Number(peak) / 1024));
    if (result.stderr && result.status !== 0) throw new Error(result.stderr);
  }
  seconds.sort((a, b) => a - b);
  return {
    seconds: {
      min: round(seconds[0]),
      median: round(seconds[Math.floor(runs / 2)]),
      max: round(seconds.at(-1)),
    },
    mib,
  };
}

function round(value) {
  return Math.round(value * 1000) / 1000;
}
