/** One attempt of one profile: prepare → note → start → watch → conclude → report. */
import type { Reader } from "../harness/port.ts";
import { killTree } from "../process/killTree.ts";
import { spawnDetached, type SpawnResult, type Spawned } from "../process/spawnDetached.ts";
import type { Verdict } from "../../domain/verdict.ts";
import { conclude, homeOf } from "./conclude.ts";
import { prepare, type Prepared } from "./prepare.ts";
import { knownVersion } from "./probeProfile.ts";
import { addToRecord, attemptFiles, recordText, type AttemptRecord } from "./record.ts";
import type { AttemptInput, AttemptReport, AttemptTuning } from "./types.ts";
import { abortCause, watch } from "./watch.ts";

/**
 * Runs the attempt to its end and reports it; every way to fail is a verdict, not an exception. When it returns, no
 * process of the attempt lives. Throws only what `onEvent` throws, and for a full disk or the like.
 */
export async function runAttempt(input: AttemptInput, tuning: AttemptTuning = {}): Promise<AttemptReport> {
  const startedAt = Date.now();
  if (input.signal.aborted) return unstarted(input, startedAt, { kind: "cancelled", ok: false });
  const preparation = prepare(input, tuning);
  if (!preparation.ok) return unstarted(input, startedAt, preparation.verdict);
  const { prepared } = preparation;
  const record = recordOf(input, prepared, startedAt);
  const started = await start(input, prepared, record);
  if (!started.ok) return unstarted(input, startedAt, started.verdict);
  record.process = started.process.identity;
  try {
    addToRecord(input.dir, { process: record.process });
    return await follow({ input, tuning, prepared, record, process: started.process });
  } catch (error) {
    // A bug or a full disk must not leave an agent at work that nobody watches.
    await killTree({ leader: record.process, attemptId: input.id });
    throw error;
  }
}

interface Running {
  input: AttemptInput;
  tuning: AttemptTuning;
  prepared: Prepared;
  record: AttemptRecord;
  process: Spawned;
}

async function follow({ input, tuning, prepared, record, process }: Running): Promise<AttemptReport> {
  const reader = prepared.harness.read();
  const { startedAt } = record;
  const seen = await watch(
    {
      input,
      process,
      reader,
      startedAt,
      onEnding: (endedBy) => addToRecord(input.dir, { endedBy }),
    },
    tuning,
  );
  const exit = { exitCode: seen.exit?.code ?? null, exitSignal: seen.exit?.signal ?? null };
  const end = {
    ...exit,
    endedBy: seen.endedBy,
    stderr: seen.stderr,
    now: Date.now(),
    resumed: record.resumed,
  };
  const verdict = await conclude({
    harness: prepared.harness,
    reader,
    end,
    dir: input.dir,
    home: record.home,
  });
  return {
    verdict,
    startedAt,
    endedAt: Date.now(),
    ...exit,
    pid: process.identity.pid,
    outputFile: attemptFiles(input.dir).stdout,
    ...versionOf(reader, input),
    endedBy: seen.endedBy,
  };
}

type Started = { ok: true; process: Spawned } | { ok: false; verdict: Verdict };

async function start(input: AttemptInput, prepared: Prepared, record: AttemptRecord): Promise<Started> {
  const spawned = await spawn(input, prepared, record);
  if (spawned.ok) return spawned;
  const { why } = spawned;
  if (why.kind === "refused") return refused("cancelled");
  if (why.kind === "lost") await killTree({ leader: undefined, attemptId: input.id });
  const isOurs = why.kind === "failed" && isOwnFault(why.code);
  return refused(isOurs ? "config" : "no_result", `could not start ${prepared.argv[0]}: ${why.detail}`);
}

function refused(kind: Verdict["kind"], detail?: string): Started {
  return { ok: false, verdict: { kind, ok: false, ...(detail === undefined ? {} : { detail }) } };
}

/** Too large, or something that no process can be given: it would be the same the next time. */
function isOwnFault(code: string): boolean {
  return code === "E2BIG" || code.startsWith("ERR_");
}

function spawn(
  { dir, cwd, notes = [], mayStart }: AttemptInput,
  { argv, env, stdin, promptFile, files: wanted }: Prepared,
  record: AttemptRecord,
): Promise<SpawnResult> {
  const files = attemptFiles(dir);
  // A daemon that dies right after the start must find the attempt's marker.
  const first = { path: files.record, text: recordText(record) };
  return spawnDetached({
    ...{ argv, cwd, env, stdin, mayStart },
    folder: files.tmp,
    stale: [files.stdout, files.stderr, files.exit, files.result],
    files: [...notes, promptFile, ...wanted, first],
    stdout: files.stdout,
    stderr: files.stderr,
    exitFile: files.exit,
  });
}

function recordOf(input: AttemptInput, prepared: Prepared, startedAt: number): AttemptRecord {
  const { name, type, output } = input.profile;
  return {
    id: input.id,
    profile: { name, type, ...(output ? { output } : {}) },
    resumed: input.resume !== undefined,
    startedAt,
    cwd: input.cwd,
    argv: prepared.argv,
    home: homeOf(prepared.env),
  };
}

/** The report of an attempt for which no process was started. */
export function unstartedAttempt(input: AttemptInput, verdict: Verdict): AttemptReport {
  return unstarted(input, Date.now(), verdict);
}

function unstarted(input: AttemptInput, startedAt: number, verdict: Verdict): AttemptReport {
  return {
    verdict,
    startedAt,
    endedAt: Date.now(),
    exitCode: null,
    exitSignal: null,
    pid: null,
    outputFile: attemptFiles(input.dir).stdout,
    endedBy: input.signal.aborted ? abortCause(input.signal) : "exit",
  };
}

function versionOf(reader: Reader, input: AttemptInput): { version?: string } {
  const version = reader.version ?? knownVersion(input.profile);
  return version === undefined ? {} : { version };
}
