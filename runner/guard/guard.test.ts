/**
 * Seam: the guard as a real shell, held by a process that the test kills, over a marked child. What a runner does
 * with its lease is tested in test/e2e.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ATTEMPT_MARKER } from "../process/tree.ts";
import { startGuard } from "./guard.ts";

const HOLDER = `
import { startGuard } from ${JSON.stringify(fileURLToPath(new URL("./guard.ts", import.meta.url)))};
const guard = await startGuard(process.argv[1], process.argv[2]);
guard.leaseLeft(Number(process.argv[3]));
process.stdout.write("ready");
setInterval(() => undefined, 1000);
`;

let root: string;
let mark: string;
let children: ChildProcess[];
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "drover-guard-"));
  mark = `mark-${process.pid}-${root.slice(-6)}`;
  children = [];
});
afterEach(async () => {
  const last = await startGuard(root, mark);
  await last.relieve();
  await last.stop();
  for (const child of children) child.kill("SIGKILL");
  await rm(root, { recursive: true, force: true });
});

const start = (command: string, args: string[], env: Record<string, string> = {}) => {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  children.push(child);
  return child;
};
const worker = (value: string) => start("sleep", ["600"], { [ATTEMPT_MARKER]: value });
/** A process with a guard, which has been told that the lease holds for `leftMs`; then killed. */
const killedHolder = async (leftMs: number) => {
  const holder = start(process.execPath, [
    "--import",
    "tsx",
    "--input-type=module",
    "-e",
    HOLDER,
    root,
    mark,
    String(leftMs),
  ]);
  await once(holder.stdout, "data");
  holder.kill("SIGKILL");
  await once(holder, "exit");
};

describe("a guard", () => {
  it("runs nothing that the runner's environment asks a shell to run first", async () => {
    const before = process.env.BASH_ENV;
    process.env.BASH_ENV = join(root, "hook");
    await writeFile(join(root, "hook"), "sleep 600\n");
    try {
      const guard = await startGuard(root, mark);
      const marked = worker(`${mark}:1.1:1:x`);
      const ended = once(marked, "exit");
      guard.leaseLeft(200);
      expect((await ended)[1]).toBe("SIGTERM");
      await guard.stop();
    } finally {
      if (before === undefined) delete process.env.BASH_ENV;
      else process.env.BASH_ENV = before;
    }
  });
});

describe("the guard of a stopped runner", () => {
  it("ends what carries the mark when nothing was heard until the end of the lease, and lives on", async () => {
    const guard = await startGuard(root, mark);
    const marked = worker(`${mark}:1.1:1:x`);
    const ended = once(marked, "exit");
    guard.leaseLeft(300);
    expect((await ended)[1]).toBe("SIGTERM");
    // A new lease and its children: nothing happens to them while it holds, and the guard still counts.
    guard.leaseLeft(600_000);
    const later = worker(`${mark}:1.2:1:x`);
    guard.leaseLeft(300);
    expect((await once(later, "exit"))[1]).toBe("SIGTERM");
    await guard.stop();
  });
});

describe("the guard of a killed runner", () => {
  it("ends what carries the runner's mark when the lease is over, and nothing else", async () => {
    const marked = worker(`${mark}:1.1:1:x`);
    const other = worker(`${mark}-other:1.1:1:x`);
    const ended = once(marked, "exit");
    await killedHolder(200);
    expect((await ended)[1]).toBe("SIGTERM");
    expect(other.exitCode).toBeNull();
    expect(existsSync(`/proc/${other.pid}`)).toBe(true);
  });

  it("keeps to the old lease while the runner that starts again has no session", async () => {
    const marked = worker(`${mark}:1.1:1:x`);
    const ended = once(marked, "exit");
    await killedHolder(300);
    const again = await startGuard(root, mark);
    expect((await ended)[1]).toBe("SIGTERM");
    await again.relieve();
    await again.stop();
  });

  it("is stopped by the runner that starts again in time, and spares the children", async () => {
    const marked = worker(`${mark}:1.1:1:x`);
    await killedHolder(600_000);
    const again = await startGuard(root, mark);
    again.leaseLeft(600_000);
    await again.relieve();
    expect(marked.exitCode).toBeNull();
    await again.stop();
    expect(marked.signalCode).toBeNull();
    expect(existsSync(join(root, "guard.json"))).toBe(false);
  });
});
