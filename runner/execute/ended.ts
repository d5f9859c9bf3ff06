/** Translates what an attempt came to into the row that the backend keeps of it. */
import type { AttemptReport } from "../attempt/types.ts";
import type { EndedAttempt } from "../connect/types.ts";
import type { Profile } from "../harness/port.ts";
import { boundText } from "../report/bounded.ts";
import type { Redact } from "../report/redact.ts";

/** Bytes of an attempt's detail: a few lines for a person. */
const MAX_DETAIL_BYTES = 2000;

/** The row of an attempt that ran. */
export function endedRow(profile: Profile, report: AttemptReport, redact: Redact): EndedAttempt {
  const { verdict } = report;
  return {
    profile: profile.name,
    harness: profile.type,
    verdict: verdict.kind,
    startedAt: report.startedAt,
    endedAt: report.endedAt,
    outputFile: report.outputFile,
    ...(verdict.detail === undefined ? {} : { detail: shortDetail(verdict.detail, redact) }),
    ...(report.exitCode === null ? {} : { exitCode: report.exitCode }),
    ...present({
      version: report.version,
      usage: verdict.usage,
      costUsd: verdict.costUsd,
      agentSession: verdict.agentSession,
      model: verdict.model,
    }),
  };
}

/** The row of an attempt that never started a process. */
export function unstartedRow(
  who: { profile: string; harness: string },
  why: { verdict: string; detail: string; at: number },
): EndedAttempt {
  return {
    ...who,
    verdict: why.verdict,
    detail: boundText(why.detail, { maxBytes: MAX_DETAIL_BYTES }).text,
    startedAt: why.at,
    endedAt: why.at,
  };
}

function shortDetail(detail: string, redact: Redact): string {
  return boundText(redact(detail), { maxBytes: MAX_DETAIL_BYTES }).text;
}

type Optional = Pick<EndedAttempt, "version" | "usage" | "costUsd" | "agentSession" | "model">;

function present(values: { [Key in keyof Optional]: Optional[Key] | undefined }): Optional {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}
