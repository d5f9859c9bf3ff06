import type { Command } from "@commander-js/extra-typings";
import { api } from "../../convex/_generated/api.js";
import { type RunReport } from "../../domain/report/model.ts";
import { toText } from "../../domain/report/text.ts";
import { openBackend } from "../backend/client.ts";
import { commonFlags } from "../commonOptions.ts";
import { DEFAULT_NAMESPACE, loadSettings, type Settings } from "../config/settings.ts";
import { usageError } from "../output/errors.ts";
import { printData } from "../output/print.ts";
import { reportOfRun, runFolders } from "../reports/findRun.ts";
import { answers } from "../taskRun/host.ts";
import { readReport } from "../taskRun/runFolder.ts";
import { runLine } from "./runs.ts";

export function register(program: Command): void {
  program
    .command("status")
    .description(
      "How a run ended (folder, time stamp), or how it stands (number of its assignment). Without one: the newest, and the queue.",
    )
    .argument("[run]", "folder, time stamp or assignment of a run")
    .option("--run-dir <dir>", "folder of the run")
    .action(async (typed, { runDir }, command) => {
      const flags = commonFlags(command);
      const run = runDir ?? typed;
      if (run !== undefined && /^\d+$/.test(run))
        return printData(await standing(loadSettings(flags), run), standingText, flags);
      if (run !== undefined) return printData((await reportOfRun(run)).report, toText, flags);
      printData(await overview(loadSettings(flags)), overviewText, flags);
    });
}

async function standing(settings: Settings, run: string) {
  const namespace = settings.namespace ?? DEFAULT_NAMESPACE;
  const backend = openBackend(settings);
  const { run: row } = await backend.query(api.runs.get, { namespace, run });
  return { run: row, ...(await backend.query(api.runs.watch, { namespace, run })) };
}

function standingText({ run, running, parked, ready, locked }: Awaited<ReturnType<typeof standing>>): string {
  const list = (name: string, jobs: typeof running) =>
    jobs.map((job) => `  ${name}  ${job.key ?? job.handle}  ${job.title}`);
  return [
    runLine(run),
    ...list("running", running),
    ...list("limited", parked),
    ...list("ready", ready),
    ...locked.map((job) => `  waiting  ${job.key ?? job.handle}  for the lock ${job.lockKey ?? ""}`),
  ].join("\n");
}

async function overview(settings: Settings) {
  const reports = await Promise.all(
    runFolders()
      .slice(0, 20)
      .map((folder) => readReport(folder).catch(() => null)),
  );
  const newest: RunReport | null = reports.find((report) => report !== null) ?? null;
  const namespace = settings.namespace ?? DEFAULT_NAMESPACE;
  const up = await answers(settings).catch(() => false);
  const backend = openBackend(settings);
  const known = up && (await backend.query(api.namespaces.get, { namespace })) !== null;
  const queue = known ? await backend.query(api.scheduler.queueStatus, { namespace }) : null;
  const runs = known ? await backend.query(api.runs.list, { namespace, limit: 20 }) : [];
  const runners = known ? await backend.query(api.runners.list, { namespace }) : [];
  if (newest === null && queue === null)
    throw usageError("no run was started here, and no backend answers: `drover run` starts one");
  return { newest, queue, runs: runs.filter(({ endedAt }) => endedAt === undefined), runners };
}

function overviewText({ newest, queue, runs, runners }: Awaited<ReturnType<typeof overview>>): string {
  const jobs = Object.entries(queue?.jobs ?? {}).flatMap(([state, n]) => (n === 0 ? [] : [`${n} ${state}`]));
  const live = runners.filter(({ session }) => session !== null).map(({ name }) => name);
  return [
    ...(newest === null ? [] : [toText(newest), ""]),
    ...(queue === null
      ? []
      : [`queue ${queue.namespace}: ${jobs.join(", ") || "empty"}; runners: ${live.join(", ") || "none"}`]),
    ...runs.map(runLine),
  ].join("\n");
}
