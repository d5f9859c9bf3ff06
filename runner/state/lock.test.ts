/** Seam: the lock file of a runner name; other holders are played by files, and by real processes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { identityOf } from "../process/identity.ts";
import { openFolders } from "./folders.ts";
import { takeLock } from "./lock.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "drover-lock-"));
  file = join(folder, "lock");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("the lock of a runner name", () => {
  it("is refused while another process holds it, which is named", async () => {
    const other = spawn("sleep", ["60"]);
    const identity = await identityOf(other.pid ?? 0);
    await writeFile(file, JSON.stringify({ ...identity, since: "2026-11-20T08:00:00Z" }));
    await expect(takeLock(file, "one")).rejects.toThrow(`process ${other.pid}, since 2026-11-20T08:00:00Z`);
    other.kill("SIGKILL");
    await once(other, "exit");
    await (await takeLock(file, "one")).release();
  });

  it("is taken over from a process whose pid somebody else has now", async () => {
    await writeFile(file, JSON.stringify({ pid: process.pid, startTime: "1", since: "x" }));
    await (await takeLock(file, "one")).release();
  });

  it("is taken over when its file cannot be understood", async () => {
    await writeFile(file, "half a fi");
    await (await takeLock(file, "one")).release();
  });

  it("goes to exactly one of many that start at once over a stale lock", async () => {
    await writeFile(file, JSON.stringify({ pid: 999_999_999, startTime: "1", since: "x" }));
    const results = await Promise.allSettled(Array.from({ length: 8 }, () => takeLock(file, "one")));
    const won = results.filter((result) => result.status === "fulfilled");
    expect(won).toHaveLength(1);
    await won[0]?.value.release();
    expect(await readdir(folder)).toEqual([]);
  });
});

describe("the folders of a runner", () => {
  it("refuse a name that could leave its place", async () => {
    for (const name of ["../other", "", ".", "a/b", "a b", "x".repeat(65)])
      await expect(openFolders(folder, name)).rejects.toThrow(/Runner name/);
  });
});
