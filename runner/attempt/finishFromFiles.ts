/** What became of an attempt whose daemon is gone: adopt it while it lives, finish it from its files when it is dead. */
import { createReadStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { stat } from "node:fs/promises";
import { harnessFor } from "../harness/index.ts";
import type { Reader } from "../harness/port.ts";
import { isAlive } from "../process/identity.ts";
import { killTree } from "../process/killTree.ts";
import { readExitFile, type Exit } from "../process/spawnDetached.ts";
import { conclude } from "./conclude.ts";
import { attemptFiles, readRecord, addToRecord, type AttemptRecord } from "./record.ts";
import { STDERR_TAIL_BYTES, type AttemptReport, type AttemptTuning } from "./types.ts";
import { watch, type WatchInput } from "./watch.ts";

/** How often the life of an adopted process is asked for: it is nobody's child any more, so nobody tells. */
const ALIVE_POLL_MS = 500;

/** True while the attempt's own process runs. */
export async function isAttemptAlive(dir: string): Promise<boolean> {
  const { process } = await readRecord(dir);
  return process !== undefined && (await isAlive(process));
}

/**
 * The report of an attempt whose process is dead. Ends whatever of its tree still lives. Throws when the process
 * itself lives (adopt it instead) or when the folder holds no record.
 */
export async function finishFromFiles(dir: string): Promise<AttemptReport> {
  const record = await readRecord(dir);
  if (record.process && (await isAlive(record.process))) {
    throw new Error(
      `attempt ${record.id} still runs as pid ${record.process.pid}: adopt it or stop it first`,
    );
  }
  await killTree({ leader: record.process, attemptId: record.id });
  const reader = readerOf(record);
  const files = attemptFiles(dir);
  for await (const bytes of bytesOf(files.stdout, 0)) reader.push(bytes);
  reader.end();
  const errors = await sizeAndTime(files.stderr);
  let stderr = "";
  for await (const bytes of bytesOf(files.stderr, errors.size - STDERR_TAIL_BYTES))
    stderr += bytes.toString("utf8");
  const endedAt =
    (await sizeAndTime(files.exit)).time ?? (await sizeAndTime(files.stdout)).time ?? record.startedAt;
  return reportOf({ dir, record, reader, stderr, exit: await readExitFile(files.exit), endedAt });
}

/**
 * Goes on watching an attempt that an earlier daemon started. All its events are told again from the first; the
 * timeout counts from the original start.
 */
export async function adoptAttempt(
  input: Omit<WatchInput, "id">,
  tuning: AttemptTuning = {},
): Promise<AttemptReport> {
  const record = await readRecord(input.dir);
  const { process } = record;
  if (!process || !(await isAlive(process))) return finishFromFiles(input.dir);
  const reader = readerOf(record);
  const { exit: exitFile } = attemptFiles(input.dir);
  const exited = (async (): Promise<Exit> => {
    while (await isAlive(process)) await sleep(ALIVE_POLL_MS);
    return (await readExitFile(exitFile)) ?? { code: null, signal: null };
  })();
  const seen = await watch(
    {
      input: { ...input, id: record.id },
      process: { identity: process, exited },
      reader,
      startedAt: record.startedAt,
      onEnding: (endedBy) => addToRecord(input.dir, { endedBy }),
    },
    tuning,
  );
  const ended = { ...record, endedBy: seen.endedBy };
  return reportOf({
    dir: input.dir,
    record: ended,
    reader,
    stderr: seen.stderr,
    exit: seen.exit,
    endedAt: Date.now(),
  });
}

interface Dead {
  dir: string;
  record: AttemptRecord;
  reader: Reader;
  stderr: string;
  exit: Exit | undefined;
  endedAt: number;
}

async function reportOf({ dir, record, reader, stderr, exit, endedAt }: Dead): Promise<AttemptReport> {
  const endedBy = record.endedBy ?? "exit";
  const seen = { exitCode: exit?.code ?? null, exitSignal: exit?.signal ?? null };
  const verdict = await conclude({
    harness: harnessFor(record.profile),
    reader,
    end: { ...seen, endedBy, stderr, now: endedAt, resumed: record.resumed },
    dir,
    home: record.home,
  });
  const { version } = reader;
  return {
    verdict,
    startedAt: record.startedAt,
    endedAt,
    ...seen,
    pid: record.process?.pid ?? null,
    outputFile: attemptFiles(dir).stdout,
    ...(version === undefined ? {} : { version }),
    endedBy,
  };
}

function readerOf(record: AttemptRecord): Reader {
  return harnessFor(record.profile).read();
}

async function* bytesOf(file: string, start: number): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of createReadStream(file, { start: Math.max(0, start) })) yield chunk as Buffer;
  } catch (error) {
    // Killed between the record and the start: there is no output yet.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

async function sizeAndTime(file: string): Promise<{ size: number; time: number | undefined }> {
  return stat(file).then(
    (found) => ({ size: found.size, time: found.mtimeMs }),
    () => ({ size: 0, time: undefined }),
  );
}
