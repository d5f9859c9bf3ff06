import { join } from "node:path";
import * as z from "zod";
import { atomicWriteJson } from "../files/atomicWrite.ts";
import { readTextOrNothing } from "../files/readBounded.ts";

/** The end of one build, test or sync, in the shape that readers of the state files know. */
export type RunResult = {
  repo: string;
  command: string;
  log_file: string;
  exit_code: number;
  success: boolean;
  duration_seconds: number;
  /** ISO time of the start. */
  run_at: string;
  /** Why it failed, or what a sync did; empty for a plain success. */
  detail: string;
};

export type ResultKind = "build" | "test" | "sync";

const resultSchema = z.looseObject({
  repo: z.string(),
  command: z.string().catch(""),
  log_file: z.string().catch(""),
  exit_code: z.number().catch(1),
  success: z.boolean(),
  duration_seconds: z.number().catch(0),
  run_at: z.string().catch(""),
  detail: z.string().catch(""),
});

/** `state/test-results.json` and its siblings. */
export function resultsFile(stateDir: string, kind: ResultKind): string {
  return join(stateDir, `${kind}-results.json`);
}

/** The results of the last runs; a missing or unreadable file has none. */
export function readResults(stateDir: string, kind: ResultKind): RunResult[] {
  try {
    const parsed = z
      .array(resultSchema)
      .safeParse(JSON.parse(readTextOrNothing(resultsFile(stateDir, kind)) ?? "[]"));
    return parsed.success ? parsed.data : [];
  } catch {
    return [];
  }
}

/** The exit code of a run that the user stopped, as shells have it. */
export const CANCELED_EXIT_CODE = 130;

/** Writes results of a whole round (`all`), or lays one repo's new result over the earlier ones of the others. */
export function writeResults(
  stateDir: string,
  kind: ResultKind,
  round: { results: RunResult[]; all: boolean },
): string {
  // A run that was stopped says nothing about its repo: what was known before stays.
  const settled = round.results.filter((result) => result.exit_code !== CANCELED_EXIT_CODE);
  const fresh = new Set(settled.map((result) => result.repo));
  const isWhole = round.all && settled.length === round.results.length;
  const kept = isWhole ? [] : readResults(stateDir, kind).filter((result) => !fresh.has(result.repo));
  const path = resultsFile(stateDir, kind);
  atomicWriteJson(
    path,
    [...kept, ...settled].sort((a, b) => (a.repo < b.repo ? -1 : 1)),
  );
  return path;
}
