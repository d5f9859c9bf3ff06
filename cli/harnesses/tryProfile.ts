/** One real call of a profile with the smallest prompt there is: does it answer, how fast, and what does it cost? */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runAttempt } from "../../runner/attempt/runAttempt.ts";
import type { Profile } from "../../runner/harness/port.ts";

/** A provider that has not answered "ok" after this long does not work, ms. */
const TRY_MS = 90_000;
const PROMPT = "Answer with the one word ok. Use no tools.";
const OUTPUT_BYTES = 16 * 1024 * 1024;

export interface Tried {
  profile: string;
  ok: boolean;
  verdict: string;
  ms: number;
  answer: string | null;
  detail: string | null;
  costUsd: number | null;
}

/** Runs the profile in an empty folder; every way to fail is an answer. */
export async function tryProfile(profile: Profile, signal: AbortSignal): Promise<Tried> {
  const folder = await mkdtemp(join(tmpdir(), "drover-try-"));
  try {
    const report = await runAttempt({
      ...{ id: `try:${randomUUID()}`, profile, cwd: folder, dir: join(folder, "attempt"), signal },
      prompt: profile.type === "script" ? "echo ok" : PROMPT,
      env: { PATH: process.env.PATH ?? "" },
      limits: { timeoutMs: TRY_MS, idleTimeoutMs: null, outputBytes: OUTPUT_BYTES },
      onEvent: () => undefined,
    });
    const { verdict } = report;
    return {
      ...{ profile: profile.name, ok: verdict.ok, verdict: verdict.kind },
      ms: report.endedAt - report.startedAt,
      answer: verdict.text?.trim() ?? null,
      detail: verdict.detail ?? null,
      costUsd: verdict.costUsd ?? null,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
