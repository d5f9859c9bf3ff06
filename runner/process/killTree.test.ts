/** Seam: real processes that resist in different ways; afterwards none of them may live. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { randomUUID } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identityOf, isAlive } from "./identity.ts";
import { killTree } from "./killTree.ts";
import { readExitFile, spawnDetached, type Spawned } from "./spawnDetached.ts";
import { pidsWithVariable, processTable } from "../../test/support/processes.ts";
import { ATTEMPT_MARKER, createTree } from "./tree.ts";

let dir: string;
let id: string;
let root: { leader: Spawned["identity"]; attemptId: string };
let child: Spawned;

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "drover-kill-"));
  id = randomUUID();
});
afterEach(async () => {
  await killTree(root, { graceMs: 0 });
  await rm(dir, { recursive: true });
});

const fixture = (name: string) => join(import.meta.dirname, "fixtures", name);
async function start(argv: string[]) {
  const spawned = await spawnDetached({
    argv,
    cwd: dir,
    env: { PATH: process.env.PATH ?? "", [ATTEMPT_MARKER]: id },
    stdin: null,
    ...{ folder: dir, stale: [], files: [] },
    stdout: join(dir, "out"),
    stderr: join(dir, "err"),
    exitFile: join(dir, "exit"),
  });
  if (!spawned.ok) throw new Error(spawned.why.kind);
  child = spawned.process;
  root = { leader: child.identity, attemptId: id };
  return child;
}
async function firstLine(): Promise<string> {
  for (;;) {
    const text = await readFile(join(dir, "out"), "utf8");
    if (text.includes("\n")) return text.slice(0, text.indexOf("\n"));
    await sleep(10);
  }
}

describe("killTree", () => {
  it("ends a program by TERM, and its exit code is noted", async () => {
    await start([fixture("silent.sh")]);
    // The shell, which notes the code, has set its trap when the program is there.
    while ((await createTree(root).living()).length < 2) await sleep(5);
    await expect(killTree(root)).resolves.toEqual({ killedHard: 0, left: [] });
    await expect(child.exited).resolves.toEqual({ code: 143, signal: "SIGTERM" });
    await expect(readExitFile(join(dir, "exit"))).resolves.toEqual({ code: 143, signal: "SIGTERM" });
  });

  it("kills a program that ignores TERM, with its children", async () => {
    await start([fixture("ignoreTerm.sh")]);
    await firstLine();
    const { killedHard, left } = await killTree(root, { graceMs: 200 });
    expect(killedHard).toBeGreaterThan(0);
    expect(left).toEqual([]);
    expect(await createTree(root).living()).toEqual([]);
  });

  it("finds an orphan in its own session by the marker in its environment", async () => {
    await start([process.execPath, fixture("doubleFork.mjs"), ""]);
    const pid = Number(await firstLine());
    await child.exited;
    const orphan = await identityOf(pid);
    expect((await processTable()).get(pid)).toMatchObject({ group: pid });
    await killTree(root);
    expect(await isAlive(orphan!)).toBe(false);
  });

  it("finds an orphan without a marker when the tree was seen while its parent lived", async () => {
    await start([process.execPath, fixture("doubleFork.mjs"), "clean-linger"]);
    const pid = Number(await firstLine());
    const tree = createTree(root);
    const orphanRow = (await tree.living()).find((row) => row.pid === pid);
    process.kill(orphanRow!.ppid, "SIGKILL");
    await child.exited;
    const orphan = await identityOf(pid);
    await killTree(root, { tree });
    expect(await isAlive(orphan!)).toBe(false);
  });

  it("ends what an attempt left when its daemon never learned the pid", async () => {
    await start([fixture("silent.sh")]);
    await expect(killTree({ leader: undefined, attemptId: id })).resolves.toMatchObject({ left: [] });
    expect(await pidsWithVariable(ATTEMPT_MARKER, id)).toEqual([]);
  });

  it("leaves a process alone that only has the same pid", async () => {
    await start([fixture("silent.sh")]);
    const stranger = { leader: { pid: child.identity.pid, startTime: "another" }, attemptId: "another" };
    await expect(killTree(stranger)).resolves.toEqual({ killedHard: 0, left: [] });
    expect(await isAlive(child.identity)).toBe(true);
  });

  it("is content when nothing runs any more", async () => {
    await start(["/bin/true"]);
    await child.exited;
    await expect(killTree(root)).resolves.toEqual({ killedHard: 0, left: [] });
  });
});

describe("spawnDetached", () => {
  it("gives the exit code and notes it for a later reader", async () => {
    await start(["/bin/sh", "-c", "exit 7"]);
    await expect(child.exited).resolves.toEqual({ code: 7, signal: null });
    await expect(readExitFile(join(dir, "exit"))).resolves.toEqual({ code: 7, signal: null });
  });

  it("names the signal of a program that somebody killed", async () => {
    await start(["/bin/sh", "-c", "kill -KILL $$"]);
    await expect(child.exited).resolves.toEqual({ code: 137, signal: "SIGKILL" });
  });

  it("leaves the program its own signals", async () => {
    await start(["/bin/sh", "-c", "trap 'echo got; exit 0' TERM; echo up; while :; do sleep 0.05; done"]);
    await firstLine();
    process.kill(-child.identity.pid, "SIGTERM");
    await expect(child.exited).resolves.toEqual({ code: 0, signal: null });
    expect(await readFile(join(dir, "out"), "utf8")).toBe("up\ngot\n");
  });

  it("tells a living process from one that ended", async () => {
    await start([fixture("silent.sh")]);
    expect(await isAlive(child.identity)).toBe(true);
    await killTree(root);
    expect(await isAlive(child.identity)).toBe(false);
  });
});
