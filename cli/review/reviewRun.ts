/** Has the results of finished work reviewed by a profile that did not do it. */
import { type ReviewResult, type RunReport } from "../../domain/report/model.ts";
import { reviewOf } from "../../domain/report/build.ts";
import { openBackend } from "../backend/client.ts";
import type { Settings } from "../config/settings.ts";
import type { Interrupt } from "../interrupt.ts";
import { CliError, EXIT, type ExitCode } from "../output/errors.ts";
import { say } from "../output/print.ts";
import { bringHost } from "../taskRun/host.ts";
import { newRunId } from "../taskRun/importRun.ts";
import type { RunOrder } from "../taskRun/order.ts";
import type { RunFolder } from "../taskRun/runFolder.ts";
import { runModel } from "../taskRun/runModel.ts";
import type { RunEnd } from "../taskRun/runReport.ts";
import { serve } from "../taskRun/runTasks.ts";

export interface ReviewCall {
  settings: Settings;
  order: RunOrder;
  /** Tasks that cannot be reviewed, with the reason. */
  refused: ReadonlyMap<string, string>;
  local: boolean;
  /** Where the files of the reviews go, and the report that takes them up; null for work that has no folder here. */
  place: { folder: RunFolder; report: RunReport } | null;
  interrupt: Interrupt;
}

export interface ReviewOutcome {
  reviews: Record<string, ReviewResult>;
  exitCode: ExitCode;
}

/** Runs the reviews to their end and writes them into the run's report; exit code 1 when one failed or says FAIL. */
export async function reviewRun(call: ReviewCall): Promise<ReviewOutcome> {
  const { order, refused, place } = call;
  const reviews: Record<string, ReviewResult> = Object.fromEntries(
    [...refused].map(([id, error]) => [id, noReview(error)]),
  );
  const end: RunEnd = order.tasks.length === 0 ? { how: "ended" } : await carryOut(call, reviews);
  if (end.error !== undefined) say(`drover: ${end.error.message}`);
  if (place !== null) await place.folder.writeReport(withReviews(place.report, reviews));
  return { reviews, exitCode: exitOf(end, reviews) };
}

async function carryOut(call: ReviewCall, reviews: Record<string, ReviewResult>): Promise<RunEnd> {
  const { order, place, interrupt, local } = call;
  const settings = { ...call.settings, namespace: order.namespace };
  const host = await bringHost(settings);
  const model = runModel([]);
  try {
    const here = { ...settings, url: host.url };
    say(`${order.tasks.length} reviews`);
    const end = await serve({
      call: { settings: here, order, local, tui: "off", interrupt },
      backend: openBackend(here),
      settings: here,
      folder: place?.folder ?? NOWHERE,
      model,
      runId: newRunId(),
      startedAt: Date.now(),
    }).catch((error: unknown): RunEnd => ({ how: "broken", error: error as Error }));
    for (const { id } of order.tasks) {
      const facts = model.reviews.get(id);
      reviews[id] = facts === undefined ? noReview("the review did not start") : reviewOf(facts);
    }
    return end;
  } finally {
    await host.own?.stop();
  }
}

/** Work that was looked up in the queue has its files with its runner. */
const NOWHERE: RunFolder = {
  path: "",
  stamp: "review",
  writeOrder: () => Promise.resolve(),
  writeTask: () => Promise.resolve(),
  writeReport: () => Promise.resolve(),
};

function noReview(error: string): ReviewResult {
  return { runner: "none", passed: false, summary: "", duration: 0, error };
}

function withReviews(report: RunReport, reviews: Record<string, ReviewResult>): RunReport {
  const results = Object.fromEntries(
    Object.entries(report.results).map(([id, one]) => {
      const review = reviews[id];
      return [id, review === undefined ? one : { ...one, review }];
    }),
  );
  return { ...report, results };
}

function exitOf({ how, error }: RunEnd, reviews: Record<string, ReviewResult>): ExitCode {
  if (how === "interrupted") return EXIT.interrupted;
  if (how === "limited") return EXIT.limited;
  if (how === "stuck") return EXIT.stuck;
  if (how === "broken" && error instanceof CliError) return error.exitCode;
  const passed = error === undefined && Object.values(reviews).every((review) => review.passed);
  return passed ? EXIT.ok : EXIT.failed;
}
