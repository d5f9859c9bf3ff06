/**
 * Seam: a runner that starts beside processes with its own mark, over a backend in memory that holds nothing for it.
 * Observed are those processes and the log.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryBackend } from "../../test/support/memoryBackend.ts";
import {
  startTestRunner,
  testPlace,
  type TestPlace,
  type TestRunner,
} from "../../test/support/startTestRunner.ts";
import { writeRecord } from "../../test/support/records.ts";
import { attemptFiles } from "../attempt/record.ts";
import { identityOf } from "../process/identity.ts";
import { ATTEMPT_MARKER } from "../process/tree.ts";
import { attemptFolder, openFolders } from "../state/folders.ts";
import { runnerMark } from "../state/mark.ts";

let place: TestPlace;
let runner: TestRunner | undefined;
let children: ChildProcess[];

beforeEach(async () => {
  place = await testPlace();
  children = [];
});
afterEach(async () => {
  await runner?.kill();
  for (const child of children) child.kill("SIGKILL");
  await place.remove();
});

const sleeper = (env: Record<string, string>) => {
  const child = spawn("sleep", ["600"], { env: { ...process.env, ...env }, detached: true });
  children.push(child);
  return child;
};

describe("a runner that starts", () => {
  it("ends what an earlier process of it has left running, in sessions of their own, too", async () => {
    const folders = await openFolders(place.home, "one");
    const mark = await runnerMark(folders.root);
    const stray = sleeper({ [ATTEMPT_MARKER]: `${mark}:7.1:1:x` });
    const foreign = sleeper({ [ATTEMPT_MARKER]: `other-${mark}:7.1:1:x` });
    const ended = once(stray, "exit");
    runner = await startTestRunner(new MemoryBackend(), place);
    await ended;
    expect(foreign.exitCode).toBeNull();
    expect(foreign.signalCode).toBeNull();
    const { log } = runner;
    await vi.waitFor(() => expect(log.map((entry) => entry.event)).toContain("process:reaped"));
  });

  it("finds what hides its environment by the record of its attempt", async () => {
    const folders = await openFolders(place.home, "one");
    const stray = sleeper({});
    const dir = attemptFolder(folders, "gone", 1);
    await mkdir(attemptFiles(dir).tmp, { recursive: true });
    const process = await identityOf(stray.pid ?? 0);
    writeRecord(dir, {
      ...{ id: "mark:7.1:1:x", profile: { name: "script", type: "script" }, resumed: false, startedAt: 1 },
      ...{ cwd: place.checkout, argv: ["sleep"], home: {} },
      ...(process === undefined ? {} : { process }),
    });
    const ended = once(stray, "exit");
    runner = await startTestRunner(new MemoryBackend(), place);
    expect((await ended)[1]).toBe("SIGTERM");
  });
});
