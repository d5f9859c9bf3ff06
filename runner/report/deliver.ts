/**
 * Brings terminal reports to the backend: first into the outbox, then over the wire, again and again until there is
 * an answer. A report that the backend refuses for good is taken out and said aloud.
 */
import { jitteredBackoff } from "../../domain/backoff.ts";
import { describeError } from "../connect/callError.ts";
import type { Report, ReportAnswer } from "../connect/types.ts";
import { untilClosed } from "../connect/untilClosed.ts";
import { faultPoint } from "../fault.ts";
import type { Clock, LogEntry } from "../options.ts";
import { isRefusal, type Exchange } from "./exchange.ts";
import type { Outbox } from "./outbox.ts";

const RETRY = { baseMs: 500, capMs: 30_000 };

export interface DeliverDeps {
  exchange: Pick<Exchange, "report">;
  outbox: Outbox<Report>;
  clock: Clock;
  closing: AbortSignal;
  log: (entry: LogEntry) => void;
}

/** The answer; `refused`: the backend will never take it; `closed`: the runner ends and replays it next time. */
export type Delivery = ReportAnswer | "refused" | "closed";

/** Puts a report into the outbox and sends it, which the exchange does not before it is on disk. `handle` is for faults and log. */
export async function deliver(deps: DeliverDeps, report: Report, handle: string): Promise<Delivery> {
  const id = entryId(report);
  deps.outbox.put(id, report);
  await faultPoint("outboxWritten", handle);
  const answer = await send(deps, report);
  if (answer !== "closed") deps.outbox.done(id);
  await faultPoint("reported", handle);
  return answer;
}

/** Sends what an earlier process of this runner could not; resolves when everything is answered or the runner closes. */
export async function replayOutbox(deps: DeliverDeps): Promise<void> {
  for (const { id, report } of deps.outbox.pending()) {
    const answer = await send(deps, report);
    if (answer === "closed") return;
    deps.outbox.done(id);
    deps.log({
      level: "info",
      event: "report:replayed",
      job: report.fence.job,
      attempt: report.fence.attempt,
      detail: answer,
    });
  }
}

async function send(deps: DeliverDeps, report: Report): Promise<Delivery> {
  for (let attempt = 0; !deps.closing.aborted; attempt += 1) {
    try {
      const answer = await untilClosed(deps.exchange.report(report), deps.closing);
      if (answer !== undefined) return answer;
    } catch (error) {
      const reason = describeError(error);
      const { job, attempt: number } = report.fence;
      deps.log({ level: "error", event: "report:failed", job, attempt: number, detail: reason });
      if (isRefusal(error)) return "refused";
      await deps.clock.sleep(jitteredBackoff(attempt, RETRY, Math.random()), deps.closing);
    }
  }
  return "closed";
}

function entryId({ fence }: Report): string {
  return `${fence.job}:${fence.attempt}:${fence.session}`;
}
