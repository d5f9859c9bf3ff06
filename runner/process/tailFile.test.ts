/** Seam: a file that a real process writes, the bytes that arrive. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createHash } from "node:crypto";
import { appendFile, mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { tailFile } from "./tailFile.ts";

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), "drover-tail-"));
});
afterEach(() => rm(dir, { recursive: true }));

const digest = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

it("hands over every byte that another process writes, in order", async () => {
  const path = join(dir, "out");
  const file = await open(path, "w");
  const seen = createHash("sha256");
  const tail = tailFile(path, {
    onBytes: (bytes) => seen.update(bytes),
    onError: (error) => expect.fail(String(error)),
  });
  const writer = spawn(
    "/bin/sh",
    ["-c", "i=0; while [ $i -lt 3000 ]; do echo line-$i-$$; i=$((i+1)); done; head -c 3000000 /dev/urandom"],
    {
      stdio: ["ignore", file.fd, "inherit"],
    },
  );
  await once(writer, "exit");
  await file.close();
  await tail.stop();
  const whole = await readFile(path);
  expect(tail.position).toBe(whole.length);
  expect(seen.digest("hex")).toBe(digest(whole));
});

it("hands over what is written just before it is stopped", async () => {
  const path = join(dir, "out");
  await writeFile(path, "");
  for (let i = 0; i < 50; i += 1) {
    let text = "";
    const tail = tailFile(path, {
      onBytes: (bytes) => (text += Buffer.from(bytes).toString()),
      onError: () => undefined,
    });
    await appendFile(path, `${i};`);
    await tail.stop();
    expect(text.endsWith(`${i};`)).toBe(true);
  }
});

it("tells a growing file without being asked", async () => {
  const path = join(dir, "out");
  await writeFile(path, "");
  const told = new Promise<string>((resolve) => {
    const tail = tailFile(path, {
      onBytes: (bytes) => resolve(Buffer.from(bytes).toString()),
      onError: () => undefined,
    });
    void appendFile(path, "hello").then(() => told.finally(() => tail.stop()));
  });
  await expect(told).resolves.toBe("hello");
});

it("reports an error of its listener once and goes silent", async () => {
  const path = join(dir, "out");
  await writeFile(path, "a");
  const errors: unknown[] = [];
  let failed: () => void = () => undefined;
  const told = new Promise<void>((resolve) => (failed = resolve));
  const tail = tailFile(path, {
    onBytes: () => {
      throw new Error("listener");
    },
    onError: (error) => {
      errors.push(error);
      failed();
    },
  });
  await told;
  await tail.stop();
  expect(errors).toHaveLength(1);
});
