/** What an attempt tells on its way goes to the backend as events; what it came to becomes its row. */
import type { EndedTry } from "../../domain/cascade.ts";
import { cascadeStep } from "../../domain/verdict.ts";
import type { AttemptReport } from "../attempt/types.ts";
import type { EndedAttempt } from "../connect/types.ts";
import type { RunnerContext } from "../context.ts";
import { faultPoint } from "../fault.ts";
import type { AgentEvent, Profile } from "../harness/port.ts";
import { eventBatch } from "../report/eventBatch.ts";
import type { Redact } from "../report/redact.ts";
import { endedRow } from "./ended.ts";
import { fenceOf, type Work } from "./work.ts";

export interface AttemptEnd {
  row: EndedAttempt;
  report: AttemptReport;
  effect: EndedTry["effect"];
  redact: Redact;
  /** Stdout is the result itself, not a stream of events. */
  plain: boolean;
}

interface Observed {
  profile: Profile;
  redact: Redact;
  run: (onEvent: (event: AgentEvent) => void) => Promise<AttemptReport>;
}

/** Runs (or adopts) the present attempt of `work`. A refused event stops the work: its lease is lost. */
export async function observe(
  context: RunnerContext,
  work: Work,
  { profile, redact, run }: Observed,
): Promise<AttemptEnd> {
  const { backend, clock } = context;
  const fence = fenceOf(work);
  const events = eventBatch({
    redact,
    now: () => clock.now(),
    async send(rows) {
      const wanted = await backend.events(work.claimed.namespace, fence, rows);
      if (!wanted) work.stop("lease_lost");
      return wanted;
    },
  });
  try {
    const report = await run((event) => events.add({ kind: event.type, text: event.text }));
    await faultPoint("childExited", work.claimed.job.handle);
    events.finish();
    const effect = cascadeStep(report.verdict.kind);
    const plain = profile.type === "script" || (profile.type === "command" && profile.output === undefined);
    return { row: endedRow(profile, report, redact), report, effect, redact, plain };
  } catch (error) {
    events.stop();
    throw error;
  }
}
