/**
 * `npm run chaos [-- --seed N --seeds N --jobs N --faults N --keep]`: three runners, one host and 300 jobs under
 * random kills, stops, restarts, cut connections, clock steps and full disks; then the invariants are checked.
 * The same seed gives the same jobs and faults; what the machine's scheduler adds differs.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { dice } from "./dice.ts";
import { makePlan } from "./plan.ts";
import { runPlan, type Verdict } from "./runPlan.ts";
import { buildPrograms } from "./world.ts";

const LEASE_MS = 6000;
const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    seeds: { type: "string", default: "1" },
    jobs: { type: "string", default: "300" },
    faults: { type: "string", default: "60" },
    keep: { type: "boolean", default: false },
  },
});
const [seed, seeds, jobs, faults] = [values.seed, values.seeds, values.jobs, values.faults].map(Number);

const say = (text: string) => void process.stderr.write(`${text}\n`);
// Below node_modules, because the bundled programs look for native packages from where they lie.
const cache = join(ROOT, "node_modules", ".cache");
mkdirSync(cache, { recursive: true });
const built = mkdtempSync(join(cache, "drover-chaos-"));
const folder = mkdtempSync(join(tmpdir(), "drover-chaos-"));
let failed = 0;
try {
  const programs = await buildPrograms(built);
  for (let at = seed ?? 1; at < (seed ?? 1) + (seeds ?? 1); at += 1) {
    const plan = makePlan(dice(at), { jobs: jobs ?? 300, faults: faults ?? 60, leaseMs: LEASE_MS });
    const run = join(folder, `seed-${at}`);
    mkdirSync(run);
    const verdict = await runPlan(plan, { folder: run, programs, leaseMs: LEASE_MS, say });
    tell(at, verdict);
    if (verdict.wrong.length > 0) failed += 1;
    else if (!values.keep) rmSync(run, { recursive: true, force: true });
  }
} catch (error) {
  // A run that breaks off leaves its files as one that goes wrong does: the logs of host and runners say why.
  failed += 1;
  say(`the run broke off: ${String(error)}; files in ${folder}`);
} finally {
  rmSync(built, { recursive: true, force: true });
  if (!values.keep && failed === 0) rmSync(folder, { recursive: true, force: true });
}
process.exit(failed === 0 ? 0 : 1);

function tell(at: number, { wrong, ...figures }: Verdict): void {
  process.stdout.write(`${JSON.stringify({ seed: at, ok: wrong.length === 0, ...figures, wrong })}\n`);
  if (wrong.length > 0)
    say(
      `seed ${at}: ${wrong.length} violations; replay with: npm run chaos -- --seed ${at} --keep; files in ${folder}`,
    );
}
