/**
 * Seam: the files of an attempt whose daemon was killed with SIGKILL at some line. A second process plays the daemon,
 * so that it can really be killed.
 */
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AgentEvent, Profile } from "../harness/port.ts";
import { killTree } from "../process/killTree.ts";
import { pidsWithVariable } from "../../test/support/processes.ts";
import { ATTEMPT_MARKER } from "../process/tree.ts";
import { adoptAttempt, finishFromFiles, isAttemptAlive } from "./finishFromFiles.ts";
import { writeRecord } from "../../test/support/records.ts";
import { attemptFiles, readRecord } from "./record.ts";

let dir: string;
let id: string;
const limits = { timeoutMs: 60_000, idleTimeoutMs: null, outputBytes: 1_000_000 };

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "drover-finish-"));
  id = `finish-${dir.slice(-6)}`;
});
afterEach(async () => {
  await killTree({ leader: undefined, attemptId: id }, { graceMs: 0 });
  await rm(dir, { recursive: true });
});

/** Starts the attempt in a daemon of its own and kills that daemon once the attempt's stdout holds `until`. */
async function orphan(profile: Profile, prompt: string, until: string): Promise<void> {
  const input = JSON.stringify({ id, profile, prompt, cwd: dir, dir: join(dir, "a"), env: {}, limits });
  const daemon = spawn(
    process.execPath,
    ["--import", "tsx", join(import.meta.dirname, "fixtures/daemon.mjs"), input],
    {
      stdio: ["ignore", "ignore", "inherit"],
    },
  );
  const { stdout, record } = attemptFiles(join(dir, "a"));
  for (;;) {
    const said = await readFile(stdout, "utf8").catch(() => "");
    const noted = await readFile(record, "utf8").catch(() => "");
    if (said.includes(until) && noted.includes("startTime")) break;
    await sleep(20);
  }
  daemon.kill("SIGKILL");
  await once(daemon, "exit");
}
const until = async (condition: () => Promise<boolean>) => {
  while (!(await condition())) await sleep(20);
};
const script: Profile = { name: "sh", type: "script" };

it("finishes a script that ended while nobody watched, with its true exit code", async () => {
  await orphan(script, "echo begun; while [ ! -e go ]; do sleep 0.02; done; echo end; exit 4", "begun");
  await writeFile(join(dir, "go"), "");
  await until(async () => !(await isAttemptAlive(join(dir, "a"))));
  const report = await finishFromFiles(join(dir, "a"));
  expect(report).toMatchObject({
    endedBy: "exit",
    exitCode: 4,
    verdict: { kind: "failed", text: "begun\nend\n" },
  });
  expect(existsSync(attemptFiles(join(dir, "a")).tmp)).toBe(false);
});

it("refuses to finish what still runs", async () => {
  await orphan(script, "echo begun; sleep 1000", "begun");
  await expect(finishFromFiles(join(dir, "a"))).rejects.toThrow(/still runs as pid \d+/);
});

it("adopts what still runs, tells all its events and sees its end", async () => {
  await orphan(script, "echo begun; while [ ! -e go ]; do sleep 0.02; done; echo end", "begun");
  const events: AgentEvent[] = [];
  const adopted = adoptAttempt({
    dir: join(dir, "a"),
    limits,
    signal: new AbortController().signal,
    onEvent: (event) => {
      events.push(event);
      if (event.text === "begun") void writeFile(join(dir, "go"), "");
    },
  });
  expect(await adopted).toMatchObject({
    endedBy: "exit",
    exitCode: 0,
    verdict: { kind: "success", text: "begun\nend\n" },
  });
  expect(events.map((event) => event.text)).toEqual(["begun", "end"]);
});

it("stops what it adopted, like its own", async () => {
  await orphan(script, "echo begun; sleep 1000", "begun");
  const control = new AbortController();
  const onEvent = () => control.abort("shutdown");
  const report = await adoptAttempt({ dir: join(dir, "a"), limits, signal: control.signal, onEvent });
  expect(report).toMatchObject({ endedBy: "shutdown", verdict: { kind: "cancelled" } });
  expect(await pidsWithVariable(ATTEMPT_MARKER, id)).toEqual([]);
});

it("keeps a success whose terminal event is in the file though the exit is unknown", async () => {
  const claude: Profile = {
    name: "c",
    type: "claude",
    command: [join(import.meta.dirname, "../process/fixtures/hangAfterResult.mjs")],
  };
  await orphan(claude, "go", '"result"');
  await killTree({ leader: undefined, attemptId: id }, { graceMs: 0 });
  const report = await finishFromFiles(join(dir, "a"));
  expect(report).toMatchObject({ exitCode: null, verdict: { kind: "success", text: "read 2" } });
});

it("does not call a script whose exit is unknown a success", async () => {
  await orphan(script, "echo begun; sleep 1000", "begun");
  await killTree({ leader: undefined, attemptId: id }, { graceMs: 0 });
  expect((await finishFromFiles(join(dir, "a"))).verdict).toMatchObject({
    kind: "no_result",
    ok: false,
    text: "begun\n",
  });
});

it("remembers why the dead daemon had stopped it", async () => {
  await orphan(script, "echo begun; sleep 1000", "begun");
  const record = await readRecord(join(dir, "a"));
  writeRecord(join(dir, "a"), { ...record, endedBy: "timeout" });
  await killTree({ leader: record.process, attemptId: id });
  expect(await finishFromFiles(join(dir, "a"))).toMatchObject({
    endedBy: "timeout",
    verdict: { kind: "timeout" },
  });
});

it("ends what was started by a daemon that died before it noted the pid", async () => {
  await orphan(script, "echo begun; sleep 1000", "begun");
  const { process: _lost, ...record } = await readRecord(join(dir, "a"));
  writeRecord(join(dir, "a"), record);
  expect((await finishFromFiles(join(dir, "a"))).verdict).toMatchObject({ ok: false });
  expect(await pidsWithVariable(ATTEMPT_MARKER, id)).toEqual([]);
});

it("finishes an attempt of which there is a record and nothing else", async () => {
  await promisify(execFile)("mkdir", [join(dir, "a")]);
  const record = {
    id,
    profile: { name: "sh", type: "script" as const },
    resumed: false,
    startedAt: 5,
    cwd: dir,
    argv: [],
    home: {},
  };
  writeRecord(join(dir, "a"), record);
  expect(await finishFromFiles(join(dir, "a"))).toMatchObject({
    pid: null,
    endedAt: 5,
    verdict: { kind: "no_result" },
  });
});
