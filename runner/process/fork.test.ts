/** Seam: `fork` with real programs and files. Observed are the files, the processes and their ends. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fork, type ForkResult } from "./fork.ts";
import type { ForkOrder } from "./forkThread.ts";
import { processRow } from "./table.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "drover-fork-"));
});
afterEach(() => rm(dir, { recursive: true }));

const order = (script: string, change: Partial<ForkOrder> = {}): ForkOrder => ({
  argv: ["/bin/sh", "-c", script],
  cwd: dir,
  env: { PATH: process.env.PATH ?? "" },
  folder: join(dir, "made", "for", "it"),
  stale: [],
  files: [],
  stdin: "/dev/null",
  stdout: join(dir, "out"),
  stderr: join(dir, "err"),
  ...change,
});
const sh = (script: string, change: Partial<ForkOrder> = {}) => fork(order(script, change));
const started = async (forked: Promise<ForkResult>) => {
  const seen = await forked;
  if (seen.kind !== "started") throw new Error(`expected a start, got ${JSON.stringify(seen)}`);
  return seen;
};

describe("fork", () => {
  it("starts a session of its own whose leader is named by pid and start time", async () => {
    const go = join(dir, "go");
    const { pid, startTime, exited } = await started(sh(`while [ ! -e ${go} ]; do sleep 0.02; done`));
    expect(await processRow(pid)).toMatchObject({ group: pid, session: pid, startTime });
    await writeFile(go, "");
    await expect(exited).resolves.toEqual({ code: 0, signal: null });
  });

  it("writes the files first, for their owner alone, and takes away what is stale", async () => {
    const [note, old] = [join(dir, "made", "note"), join(dir, "made", "old")];
    await started(sh("true", { files: [{ path: old, text: "of before" }] })).then(({ exited }) => exited);
    const change = { files: [{ path: note, text: "ä\n" }], stale: [old, join(dir, "never")] };
    const { exited } = await started(sh(`cat ${note}; [ -e ${old} ] && echo there`, change));
    await exited;
    expect(await readFile(join(dir, "out"), "utf8")).toBe("ä\n");
    expect((await stat(note)).mode & 0o777).toBe(0o600);
    expect((await stat(join(dir, "made"))).mode & 0o777).toBe(0o700);
  });

  it("takes texts of megabytes", async () => {
    const long = { path: join(dir, "long"), text: "漢".repeat(8_000_000) };
    const { exited } = await started(sh(`wc -c < ${long.path}`, { files: [long] }));
    await exited;
    expect((await readFile(join(dir, "out"), "utf8")).trim()).toBe("24000000");
  });

  it("tells each of many at once its own end", async () => {
    const codes = Array.from({ length: 20 }, (_, i) => i);
    const ends = await Promise.all(
      codes.map(async (code) => (await started(sh(`exit ${code}`))).exited.then((exit) => exit?.code)),
    );
    expect(ends).toEqual(codes);
  });

  it("tells of a program killed by a signal", async () => {
    const { exited } = await started(sh("kill -KILL $$"));
    await expect(exited).resolves.toEqual({ code: null, signal: "SIGKILL" });
  });

  it("answers why nothing was started", async () => {
    await expect(sh("true", { cwd: join(dir, "missing") })).resolves.toMatchObject({
      kind: "failed",
      code: "ENOENT",
    });
    await expect(sh("true", { env: { BIG: "x".repeat(3_000_000) } })).resolves.toMatchObject({
      kind: "failed",
      code: "E2BIG",
    });
    await expect(sh("true", { env: { A: "a\0b" } })).resolves.toMatchObject({
      kind: "failed",
      code: "ERR_INVALID_ARG_VALUE",
    });
  });

  it("starts nothing when a file cannot be written", async () => {
    const files = [{ path: join(dir, "missing", "note"), text: "" }];
    const seen = await sh(`touch ${join(dir, "ran")}`, { files });
    expect(seen).toMatchObject({ kind: "unwritten", detail: expect.stringContaining("ENOENT") as string });
    expect(existsSync(join(dir, "ran"))).toBe(false);
  });

  it("asks again when the order lay too long, because the whole process was stopped", async () => {
    const mayStart = vi.fn(() => true);
    // The clock of this thread alone is set back: by that of the other one, the order is a second old.
    vi.spyOn(Date, "now").mockReturnValueOnce(Date.now() - 1000);
    const ran = join(dir, "ran");
    const { exited } = await started(fork(order(`echo x >> ${ran}`), mayStart));
    await exited;
    expect(mayStart).toHaveBeenCalledTimes(2);
    expect(await readFile(ran, "utf8")).toBe("x\n");
  });

  it("starts nothing of what waits for its turn when it may not start any more", async () => {
    let may = true;
    const [go, ran] = [join(dir, "go"), join(dir, "ran")];
    const many = Array.from({ length: 12 }, () =>
      fork(order(`echo x >> ${ran}; while [ ! -e ${go} ]; do sleep 0.02; done`), () => may),
    );
    may = false;
    const kinds = (await Promise.all(many)).map(({ kind }) => kind);
    await writeFile(go, "");
    const begun = kinds.filter((kind) => kind === "started").length;
    expect(begun).toBeGreaterThan(0);
    expect(kinds.filter((kind) => kind === "refused")).toHaveLength(12 - begun);
    for (const forked of await Promise.all(many)) if (forked.kind === "started") await forked.exited;
    expect(await readFile(ran, "utf8")).toBe("x\n".repeat(begun));
  });
});
