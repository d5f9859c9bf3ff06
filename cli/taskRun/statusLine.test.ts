/** Seam: counts of runs in, the files that status lines of editors read out, in a folder of the test. */
import { spawn, type ChildProcess } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStatusLine } from "./statusLine.ts";

const counts = { total: 9, done: 0, running: 0, failed: 0, skipped: 0, limited: 0, queued: 9 };
let base: string;
let other: ChildProcess;
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), "drover-status-"));
  other = spawn("sleep", ["60"]);
});
afterEach(() => {
  other.kill("SIGKILL");
  rmSync(base, { recursive: true });
});
const single = () => readFileSync(join(base, "runforge-status"), "utf8");
const own = (pid: number) => readFileSync(join(base, "runforge-status.d", String(pid)), "utf8");
const pidOf = (child: ChildProcess) => child.pid ?? 0;

describe("the status files", () => {
  it("say what runs, in the forms that their readers know, and go with their run", () => {
    const line = openStatusLine(base);
    line.write(counts);
    expect(single()).toBe("runforge: 0/9 done\n");
    line.write({ ...counts, done: 3, running: 2, failed: 1, limited: 4 });
    expect(single()).toBe("runforge: 3/9 done, 2 running, 1 failed, 4 rate-limited\n");
    expect(own(process.pid)).toBe("3/9 done, 2 run, 1 fail, 4 rl\n");
    line.remove();
    expect(readdirSync(base)).toEqual([]);
  });

  it("of two runs do not disturb each other, and the last one leaves nothing", () => {
    const first = openStatusLine(base);
    const second = openStatusLine(base, pidOf(other));
    first.write({ ...counts, done: 1, running: 1 });
    second.write({ ...counts, done: 2, failed: 1 });
    first.write({ ...counts, done: 1, running: 2 });
    expect(single()).toBe("runforge: 2/9 done, 1 failed\n");
    second.remove();
    expect(single()).toBe("runforge: 1/9 done, 2 running\n");
    first.write({ ...counts, done: 1, running: 1 });
    expect(single()).toBe("runforge: 1/9 done, 1 running\n");
    expect(readdirSync(join(base, "runforge-status.d"))).toEqual([String(process.pid)]);
    first.remove();
    expect(readdirSync(base)).toEqual([]);
  });

  it("of a run that was killed are cleared away by the next one that ends", async () => {
    openStatusLine(base, pidOf(other)).write(counts);
    const gone = new Promise((resolve) => other.once("exit", resolve));
    other.kill("SIGKILL");
    await gone;
    const line = openStatusLine(base);
    line.write(counts);
    line.remove();
    expect(readdirSync(base)).toEqual([]);
  });

  it("are written again when another run has removed the folder in between, and leave foreign files alone", () => {
    const line = openStatusLine(base);
    line.write(counts);
    rmSync(join(base, "runforge-status.d"), { recursive: true });
    line.write({ ...counts, done: 1 });
    expect(own(process.pid)).toBe("1/9 done\n");
    writeFileSync(join(base, "runforge-status.d", "notes"), "mine");
    line.remove();
    expect(existsSync(join(base, "runforge-status.d", "notes"))).toBe(true);
    expect(existsSync(join(base, "runforge-status"))).toBe(false);
  });

  it("that cannot be written stop nothing", () => {
    mkdirSync(join(base, "runforge-status"));
    writeFileSync(join(base, "runforge-status.d"), "a file");
    const line = openStatusLine(base);
    expect(() => {
      line.write(counts);
      line.remove();
    }).not.toThrow();
  });
});
