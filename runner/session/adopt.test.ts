/**
 * Seam: a runner that starts with the files of an earlier process of itself, over a backend in memory that still
 * counts those jobs as held. The earlier process is played by the test: its files are written by the product's code.
 */
import { writeFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryBackend } from "../../test/support/memoryBackend.ts";
import type { MemoryJob } from "../../test/support/memoryJob.ts";
import {
  startTestRunner,
  testPlace,
  type TestPlace,
  type TestRunner,
} from "../../test/support/startTestRunner.ts";
import { writeRecord } from "../../test/support/records.ts";
import { attemptFiles } from "../attempt/record.ts";
import { spawnDetached } from "../process/spawnDetached.ts";
import { openOutbox } from "../report/outbox.ts";
import type { Report } from "../connect/types.ts";
import { attemptFolder, jobFolder, openFolders, type RunnerFolders } from "../state/folders.ts";
import { jobRecordFile } from "../state/jobFile.ts";

const MARK = `adopt-test-${process.pid}`;

let backend: MemoryBackend;
let place: TestPlace;
let folders: RunnerFolders;
let runner: TestRunner | undefined;

beforeEach(async () => {
  backend = new MemoryBackend();
  place = await testPlace();
  folders = await openFolders(place.home, "one");
});
afterEach(async () => {
  await runner?.kill();
  await place.remove();
});

/** A job that the runner's earlier session holds under attempt 1. */
const heldJob = async (): Promise<{ job: MemoryJob; session: string; dir: string }> => {
  const job = backend.add("1.1");
  const earlier = backend.connect();
  const start = {
    runner: "one",
    host: "here",
    version: "0",
    namespaces: ["app"],
    pools: [],
    slots: 1,
    profiles: [],
    collecting: [],
    repos: {},
  };
  const { session } = await earlier.startSession(start);
  await earlier.exchange({ namespace: "app", session, reports: [], claim: { jobs: [job.id], slots: 1 } });
  const dir = attemptFolder(folders, job.id, 1);
  await mkdir(attemptFiles(dir).tmp, { recursive: true });
  return { job, session, dir };
};
const record = (job: MemoryJob) => {
  const known = { claimed: job.claimed, attempt: 1, profile: "script", tries: [] };
  const { path, text } = jobRecordFile(jobFolder(folders, job.id), known);
  writeFileSync(path, text);
};
const attemptRecord = (cwd: string) => ({
  id: MARK,
  profile: { name: "script", type: "script" as const },
  resumed: false,
  startedAt: Date.now(),
  cwd,
  argv: ["sh"],
  home: {},
});
const start = async () => (runner = await startTestRunner(backend, place));
const outcome = (job: MemoryJob) => backend.until(() => job.outcome !== undefined);

describe("a restarted runner", () => {
  it("watches a living child of its earlier process to its end", async () => {
    const { job, dir } = await heldJob();
    record(job);
    const files = attemptFiles(dir);
    const go = join(place.checkout, "go");
    const script = `echo before; while [ ! -e ${go} ]; do sleep 0.02; done; echo after`;
    const spawned = await spawnDetached({
      argv: ["sh", "-c", script],
      cwd: place.checkout,
      env: { PATH: process.env.PATH ?? "", DROVER_ATTEMPT_ID: MARK },
      stdin: null,
      ...{ folder: files.tmp, stale: [], files: [] },
      stdout: files.stdout,
      stderr: files.stderr,
      exitFile: files.exit,
    });
    if (!spawned.ok) throw new Error(spawned.why.kind);
    writeRecord(dir, { ...attemptRecord(place.checkout), process: spawned.process.identity });
    await start();
    await writeFile(go, "");
    await outcome(job);
    expect(job.outcome).toMatchObject({ kind: "complete", result: "before\nafter\n" });
    expect(job.attempt).toBe(1);
    expect(runner?.log.map((entry) => entry.event)).toContain("job:adopted");
  });

  it("finishes a dead child from its files", async () => {
    const { job, dir } = await heldJob();
    record(job);
    const files = attemptFiles(dir);
    writeRecord(dir, {
      ...attemptRecord(place.checkout),
      process: { pid: 999_999_999, startTime: "1" },
    });
    await writeFile(files.stdout, "all of it\n");
    await writeFile(files.stderr, "");
    await writeFile(files.exit, "0\n");
    await start();
    await outcome(job);
    expect(job.outcome).toMatchObject({ kind: "complete", result: "all of it\n" });
    expect(job.rows).toMatchObject([{ verdict: "success", exitCode: 0 }]);
  });

  it("starts an attempt that was claimed but never started, under the same number", async () => {
    const { job } = await heldJob();
    record(job);
    await start();
    await outcome(job);
    expect(job.outcome?.kind).toBe("complete");
    expect(job.attempt).toBe(1);
  });

  it("hands a job back of which it knows nothing, and may claim it again", async () => {
    const { job } = await heldJob();
    await start();
    await backend.until(() => job.attempt === 2 && job.outcome?.kind === "complete");
    expect(job.rows.map((row) => row.verdict)).toEqual(["cancelled", "success"]);
  });

  it("replays the report that its earlier process could not send, before its new session takes the job over", async () => {
    const { job, session } = await heldJob();
    const outbox = await openOutbox<Report>(folders.outboxFile);
    outbox.put("x", {
      namespace: "app",
      fence: { job: job.id, attempt: 1, session },
      ended: { profile: "script", harness: "script", verdict: "success", startedAt: 1, endedAt: 2 },
      outcome: { kind: "complete", result: "from before" },
    });
    await outbox.close();
    // Killed in the middle of the next line.
    await writeFile(folders.outboxFile, '{"entry":{"id":"y","at":1,"rep', { flag: "a" });
    await start();
    expect(job.outcome).toEqual({ kind: "complete", result: "from before" });
    const again = await openOutbox<Report>(folders.outboxFile);
    expect(again.pending()).toEqual([]);
    await again.close();
  });

  it("takes a report that comes too late out of the outbox, after the backend has kept it as evidence", async () => {
    const { job, session } = await heldJob();
    backend.lapse(session);
    const outbox = await openOutbox<Report>(folders.outboxFile);
    outbox.put("x", {
      namespace: "app",
      fence: { job: job.id, attempt: 1, session },
      ended: { profile: "script", harness: "script", verdict: "success", startedAt: 1, endedAt: 2 },
      outcome: { kind: "complete", result: "too late" },
    });
    await outbox.close();
    await start();
    expect(job.late).toEqual([{ kind: "complete", result: "too late" }]);
    await outcome(job);
    expect(job.outcome).not.toMatchObject({ result: "too late" });
  });
});
