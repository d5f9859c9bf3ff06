/**
 * Seam: the plugin as a module in a process of its own, against a server that refuses; and what the reader makes of the
 * lines that it writes. That OpenCode loads it, and what that changes: test/harness.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it, onTestFinished } from "vitest";
import type { RunEnd } from "../port.ts";
import { BRIEF_INSTALL, LIMIT_PLUGIN } from "./limitPlugin.ts";
import { readOpencode } from "./read.ts";

const NOW = Date.parse("2026-11-20T06:30:00Z");
const END: RunEnd = { exitCode: 0, exitSignal: null, endedBy: "exit", stderr: "", now: NOW, resumed: false };

function read({ errors, ...over }: Partial<RunEnd> & { errors: string }) {
  const reader = readOpencode();
  reader.pushStderr?.(Buffer.from(errors));
  return { reader, verdict: reader.verdict({ ...END, ...over }) };
}

/** What OpenCode does with a plugin, as far as ours goes: loads it, fetches, tells it of its session. */
const HOST = `
import { DroverWaits } from "./plugin.mjs";
const hooks = await DroverWaits();
const status = (status) => hooks.event({ event: { type: "session.status", properties: { sessionID: "s", status } } });
await fetch(process.argv[2] + "/title").then((answer) => answer.text());
const answer = await fetch(process.argv[2] + "/work");
const { error } = await answer.json();
await status({ type: "busy" });
await hooks.event({ event: { type: "message.updated", properties: {} } });
await status({ type: "retry", attempt: 1, message: error.message, next: Date.now() + 2000 });
await status({ type: "retry", attempt: 2, message: "nobody has answered that", next: Date.now() + 2000 });
console.log(Object.keys(process.env).filter((name) => name.startsWith("npm_config_fetch")).join());
`;

describe("the plugin", () => {
  it("tells each retry with the answer that it waits for, and leaves no trace in the environment", async () => {
    const dir = await mkdtemp(join(tmpdir(), "drover-plugin-"));
    onTestFinished(() => rm(dir, { recursive: true }));
    const resetsAt = NOW / 1000 + 3600;
    const server = createServer((request, response) => {
      const isWork = request.url === "/work";
      response.writeHead(isWork ? 429 : 200, { "x-ratelimit-reset": "soon", "x-other": "1" });
      const error = { type: "usage_limit_reached", message: 'no "more"', resets_at: resetsAt };
      response.end(JSON.stringify(isWork ? { error } : { title: 'no "more"' }));
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => void server.close());
    await writeFile(join(dir, "plugin.mjs"), LIMIT_PLUGIN);
    await writeFile(join(dir, "host.mjs"), HOST);
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const env = { ...process.env, ...BRIEF_INSTALL };
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(dir, "host.mjs"), url], {
      env,
    });
    expect(stdout).toBe("\n");
    const [first = "", second = "", ...rest] = stderr.trim().split("\n");
    expect(rest).toEqual([]);
    expect(first).toContain('"statusCode":429,"responseHeaders":{"x-ratelimit-reset":"soon"}');
    expect(second).not.toContain("statusCode");
    const { reader, verdict } = read({ errors: `${first}\n`, endedBy: "idle" });
    expect(reader.trouble).toMatchObject({ kind: "usage_limit", text: 'no "more"', stopNow: true });
    expect(verdict).toMatchObject({ kind: "usage_limit", retryAt: resetsAt * 1000 });
  });
});

describe("OpenCode, told by our plugin of a retry", () => {
  const told = (over: object) =>
    `drover-wait ${JSON.stringify({ attempt: 1, waitMs: 2000, statusCode: 429, ...over })}\n`;
  const refusal = 'level=ERROR message="stream error" error.error="AI_APICallError: Rate limit reached"\n';
  const stopped = (errors: string) => read({ errors, endedBy: "idle", exitCode: 143 });

  it("stops at once for a usage limit, and knows the reset from the answer", () => {
    const message = "The usage limit has been reached";
    const responseBody = JSON.stringify({
      error: { type: "usage_limit_reached", message, resets_at: NOW / 1000 + 3600 },
    });
    const { reader, verdict } = stopped(told({ message, responseBody }) + refusal);
    expect(reader.trouble).toMatchObject({ kind: "usage_limit", stopNow: true });
    expect(verdict).toMatchObject({ kind: "usage_limit", retryAt: NOW + 3_600_000 });
  });

  it("stops at once when it would sleep for long, and knows until when", () => {
    const wait = { message: "slow down", waitMs: 3_600_000, responseHeaders: { "retry-after": "3600" } };
    const { reader, verdict } = stopped(told(wait));
    expect(reader.trouble?.stopNow).toBe(true);
    expect(verdict).toMatchObject({ kind: "rate_limit", retryAt: NOW + 3_600_000 });
  });

  it("lets a short wait pass twice, and an overloaded provider as often as it likes", () => {
    const short = { message: "Rate limit reached" };
    const twice = told(short) + told({ ...short, attempt: 2 });
    expect(read({ errors: twice }).reader.trouble?.stopNow).toBeUndefined();
    const thrice = twice + told({ ...short, attempt: 3 });
    expect(read({ errors: thrice }).reader.trouble?.stopNow).toBe(true);
    const busy = told({ message: "busy", statusCode: 503, attempt: 5, waitMs: 20_000 });
    expect(read({ errors: busy }).reader.trouble).toEqual({
      kind: "overloaded",
      text: "busy",
    });
  });

  it("forgets it as soon as the provider answers", () => {
    const reader = readOpencode();
    reader.pushStderr?.(Buffer.from(told({ message: "Rate limit reached", attempt: 2 })));
    reader.push(Buffer.from(`${JSON.stringify({ type: "step_start", sessionID: "s", part: {} })}\n`));
    expect(reader.trouble).toBeUndefined();
    expect(reader.verdict({ ...END, endedBy: "idle" }).kind).toBe("idle_timeout");
  });

  it("stops at the third limit in a row where the log is all there is", () => {
    expect(read({ errors: refusal.repeat(2) }).reader.trouble?.stopNow).toBeUndefined();
    expect(read({ errors: refusal.repeat(3) }).reader.trouble?.stopNow).toBe(true);
  });
});
