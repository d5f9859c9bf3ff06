/**
 * Seam: streams of other CLI versions and odd runs, written by hand after the vendors' notes and issues, read by the
 * adapters. The recorded runs are in conformance.test.ts.
 */
import { describe, expect, it } from "vitest";
import { harnessFor, harnessOf } from "./index.ts";
import type { AgentEvent, HarnessKind, RunEnd } from "./port.ts";

const NOW = Date.parse("2026-11-20T06:30:00Z");
const END: RunEnd = { exitCode: 0, exitSignal: null, endedBy: "exit", stderr: "", now: NOW, resumed: false };

function run(
  kind: HarnessKind,
  lines: (object | string)[],
  over: Partial<RunEnd> & { errors?: string } = {},
) {
  const reader = harnessOf(kind).read();
  const text = lines.map((line) => (typeof line === "string" ? line : JSON.stringify(line)) + "\n").join("");
  const events: AgentEvent[] = [...reader.push(Buffer.from(text)), ...reader.end()];
  events.push(...(reader.pushStderr?.(Buffer.from(over.errors ?? "")) ?? []));
  const end = { ...END, ...over };
  return { verdict: reader.verdict(end), events, reader };
}

const claudeResult = (fields: object) => ({
  type: "result",
  subtype: "success",
  is_error: false,
  num_turns: 1,
  session_id: "s1",
  result: "done",
  ...fields,
});

describe("claude", () => {
  it("takes subtype success with is_error for an API failure", () => {
    const { verdict } = run("claude", [
      claudeResult({
        is_error: true,
        result: 'API Error: 529 {"type":"error","error":{"type":"overloaded_error"}}',
      }),
    ]);
    expect(verdict.kind).toBe("overloaded");
  });

  it("reads the epoch of older versions, even without is_error", () => {
    const { verdict } = run("claude", [claudeResult({ result: "Claude AI usage limit reached|1795166419" })]);
    expect(verdict).toMatchObject({ kind: "usage_limit", ok: false, retryAt: 1795166419000 });
  });

  it("reads the reset time from the words when no event gives it", () => {
    const { verdict } = run("claude", [
      claudeResult({
        is_error: true,
        result: "You've hit your session limit · resets 12:37am (America/Los_Angeles)",
      }),
    ]);
    expect(verdict.kind).toBe("usage_limit");
    expect(new Date(verdict.retryAt!).toISOString()).toBe("2026-11-20T08:37:00.000Z");
  });

  it("finds the result whatever stands first in its line", () => {
    const { verdict } = run("claude", [
      '{"is_error":false,"num_turns":2,"result":"ok","subtype":"success","type":"result"}',
    ]);
    expect(verdict).toMatchObject({ kind: "success", text: "ok" });
  });

  it("takes an older 401 and a missing login for auth", () => {
    const old = run(
      "claude",
      [claudeResult({ is_error: true, result: "Invalid API key · Please run /login" })],
      { exitCode: 1 },
    );
    expect(old.verdict.kind).toBe("auth");
    const plain = run("claude", [], { exitCode: 1, stderr: "Invalid API key · Please run /login\n" });
    expect(plain.verdict.kind).toBe("auth");
  });

  it("says what it waits for when we stop it in a retry", () => {
    const retry = {
      type: "system",
      subtype: "api_retry",
      attempt: 3,
      max_retries: 10,
      retry_delay_ms: 40000,
      error_status: 429,
      error: "rate_limit",
    };
    const { verdict, events } = run("claude", [retry], {
      endedBy: "timeout",
      exitCode: 143,
      exitSignal: "SIGTERM",
    });
    expect(events).toMatchObject([{ type: "retry_notice", kind: "rate_limit", delayMs: 40000 }]);
    expect(verdict).toMatchObject({ kind: "rate_limit", ok: false });
  });

  it("counts the cost of a resumed session as a total only", () => {
    const lines = [
      claudeResult({
        total_cost_usd: 3,
        usage: { input_tokens: 5, cache_creation_input_tokens: 2, output_tokens: 1 },
      }),
    ];
    expect(run("claude", lines).verdict).toMatchObject({ costUsd: 3, usage: { input: 7, output: 1 } });
    const resumed = run("claude", lines, { resumed: true }).verdict;
    expect(resumed.costUsd).toBeUndefined();
    expect(resumed.sessionTotal).toEqual({ costUsd: 3 });
  });

  it("goes on after a result when the agent does", () => {
    const { reader } = run("claude", [
      claudeResult({}),
      { type: "assistant", message: { content: [{ type: "text", text: "a background task ended" }] } },
    ]);
    expect(reader.finished).toBe(false);
  });
});

describe("codex", () => {
  const started = { type: "thread.started", thread_id: "t1" };

  it("does not end on an error line", () => {
    const { verdict, reader } = run("codex", [
      started,
      {
        type: "error",
        message: "Reconnecting... 1/5 (exceeded retry limit, last status: 429 Too Many Requests)",
      },
      { type: "item.completed", item: { id: "i", type: "agent_message", text: "fine" } },
      { type: "turn.completed", usage: { input_tokens: 10, cached_input_tokens: 4, output_tokens: 3 } },
    ]);
    expect(verdict).toMatchObject({
      kind: "success",
      text: "fine",
      usage: { input: 6, cached: 4, output: 3 },
    });
    expect(reader.trouble).toBeUndefined();
  });

  it("takes an hour of silence after a 429 notice for the limit that it is", () => {
    const lines = [
      started,
      { type: "error", message: "Reconnecting... 1/5 (last status: 429 Too Many Requests)" },
    ];
    const { verdict } = run("codex", lines, { endedBy: "idle", exitCode: 143, exitSignal: "SIGTERM" });
    expect(verdict.kind).toBe("rate_limit");
  });

  it("does not see 429 inside a request id or a port", () => {
    const { verdict } = run("codex", [
      started,
      {
        type: "turn.failed",
        error: { message: "stream disconnected (url: http://127.0.0.1:34291/, request id: req_1429a)" },
      },
    ]);
    expect(verdict.kind).toBe("network");
  });

  it("reads a typographic apostrophe and a dated reset", () => {
    const { verdict } = run("codex", [
      started,
      {
        type: "turn.failed",
        error: { message: "You’ve hit your usage limit. Try again at Nov 22nd, 2026 2:11 PM." },
      },
    ]);
    expect(verdict).toMatchObject({ kind: "usage_limit", retryAt: Date.parse("2026-11-22T14:11:00Z") });
  });

  it("leaves earlier turns of a resumed thread out", () => {
    const reader = harnessOf("codex").read();
    reader.push(
      Buffer.from(
        [started, { type: "turn.failed", error: { message: "boom" } }]
          .map((l) => JSON.stringify(l))
          .join("\n") + "\n",
      ),
    );
    const rollout = [
      { type: "event_msg", payload: { type: "task_started" } },
      {
        type: "event_msg",
        payload: { type: "task_complete", error: { codex_error_info: "usage_limit_exceeded" } },
      },
      { type: "event_msg", payload: { type: "task_started" } },
      {
        type: "event_msg",
        payload: { type: "task_complete", error: { codex_error_info: "server_overloaded" } },
      },
    ];
    reader.pushEvidence?.(Buffer.from(rollout.map((line) => JSON.stringify(line) + "\n").join("")));
    const end: RunEnd = { ...END, exitCode: 1, resumed: true };
    expect(reader.verdict(end).kind).toBe("overloaded");
  });
});

describe("gemini", () => {
  it("takes exit 0 without a result for a stop by somebody", () => {
    const { verdict } = run("gemini", [{ type: "init", session_id: "s", model: "m" }]);
    expect(verdict.kind).toBe("killed");
  });

  it("reads the provider's status from the exit code when no words tell it", () => {
    const failed = { type: "result", status: "error", error: { message: "Something odd" } };
    expect(run("gemini", [failed], { exitCode: 173 }).verdict.kind).toBe("rate_limit");
    expect(run("gemini", [failed], { exitCode: 145 }).verdict.kind).toBe("auth");
    expect(run("gemini", [failed], { exitCode: 247 }).verdict.kind).toBe("overloaded");
    expect(run("gemini", [failed], { exitCode: 1 }).verdict.kind).toBe("unknown");
  });

  it("tells of retries that only stderr announces", () => {
    const { events, reader } = run("gemini", [], {
      errors: "Attempt 1 failed with status 429. Retrying after 5227ms...\n",
    });
    expect(events).toMatchObject([{ type: "retry_notice", kind: "rate_limit", delayMs: 5227 }]);
    expect(reader.trouble).toMatchObject({ kind: "rate_limit", stopNow: false });
    reader.pushStderr?.(
      Buffer.from("Attempt 2 failed: You exceeded your current quota. Please retry in 90s.\n"),
    );
    expect(reader.trouble?.stopNow).toBe(true);
    const end: RunEnd = { ...END, endedBy: "idle" };
    expect(reader.verdict(end)).toMatchObject({ kind: "rate_limit", retryAt: NOW + 90_000 });
  });

  it("takes the words after the last tool as the answer", () => {
    const say = (content: string) => ({ type: "message", role: "assistant", content, delta: true });
    const { verdict } = run("gemini", [
      say("I will look."),
      { type: "tool_use", tool_name: "read_file", tool_id: "1", parameters: {} },
      { type: "tool_result", tool_id: "1", status: "success" },
      say("All "),
      say("good."),
      { type: "result", status: "success", stats: {} },
    ]);
    expect(verdict.text).toBe("All good.");
  });
});

describe("opencode", () => {
  const step = (reason: string) => ({
    type: "step_finish",
    sessionID: "ses",
    part: { reason, cost: 0.5, tokens: { input: 10, output: 2, reasoning: 1, cache: { read: 4, write: 3 } } },
  });

  it("adds up the steps", () => {
    const { verdict } = run("opencode", [
      step("tool-calls"),
      { type: "text", sessionID: "ses", part: { text: "yes" } },
      step("stop"),
    ]);
    expect(verdict).toMatchObject({
      kind: "success",
      costUsd: 1,
      usage: { input: 26, cached: 8, output: 6, reasoning: 2 },
    });
  });

  it("sees a torn last line though the exit code is 0", () => {
    const whole = JSON.stringify(step("stop"));
    const reader = harnessOf("opencode").read();
    reader.push(Buffer.from(whole + "\n" + whole.slice(0, 40)));
    reader.end();
    const end: RunEnd = { ...END };
    expect(reader.verdict(end).kind).toBe("output_cut");
  });

  it("calls a row of empty steps endless", () => {
    const { reader } = run(
      "opencode",
      Array.from({ length: 20 }, () => step("unknown")),
    );
    expect(reader.trouble).toMatchObject({ stopNow: true, kind: "server" });
  });

  it("hears of a silent wait from its error log", () => {
    const log =
      'timestamp=x level=ERROR message="stream error" error.error="AI_APICallError: Rate limit reached for m"\n';
    expect(run("opencode", [], { errors: log }).events).toMatchObject([
      { type: "retry_notice", kind: "rate_limit" },
    ]);
  });

  it("does not take the trouble of a helper for that of the work", () => {
    const helpers =
      'level=ERROR message="stream error" small=true agent=title error.error="AI_RetryError: usage limit"\n' +
      "level=ERROR message=lsp error=ECONNREFUSED\n";
    expect(run("opencode", [], { errors: helpers }).reader.trouble).toBeUndefined();
  });

  it("takes the reset from the provider's headers", () => {
    const data = { message: "slow down", statusCode: 429, responseHeaders: { "retry-after": "90" } };
    const { verdict } = run(
      "opencode",
      [{ type: "error", sessionID: "s", error: { name: "APIError", data } }],
      { exitCode: 1 },
    );
    expect(verdict).toMatchObject({ kind: "rate_limit", retryAt: NOW + 90_000 });
  });
});

describe("plain output", () => {
  it("lets the exit code decide and gives the end of stdout as the result", () => {
    expect(run("script", ["one", "two"]).verdict).toMatchObject({ kind: "success", text: "one\ntwo\n" });
    expect(run("script", ["one"], { exitCode: 3, stderr: "boom\n" }).verdict).toMatchObject({
      kind: "failed",
      detail: "exit code 3: boom",
    });
    expect(run("command", [], { exitCode: 137, exitSignal: "SIGKILL" }).verdict.kind).toBe("killed");
  });

  it("keeps the last 64 KB, whole characters only", () => {
    const text = run("script", ["é".repeat(40_000)]).verdict.text!;
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(64 * 1024);
    expect(text).toMatch(/^é+\n$/);
  });

  it("never counts our stop as a success, even with exit 0", () => {
    expect(run("script", ["x"], { endedBy: "timeout" }).verdict.kind).toBe("timeout");
    expect(run("script", ["x"], { endedBy: "lease_lost" }).verdict.kind).toBe("cancelled");
  });

  it("reads a command by the adapter whose output it claims to print", () => {
    const reader = harnessFor({ type: "command", output: "claude" }).read();
    reader.push(Buffer.from(JSON.stringify(claudeResult({ result: "hi" })) + "\n"));
    const end: RunEnd = { ...END };
    expect(reader.verdict(end)).toMatchObject({ kind: "success", text: "hi" });
  });
});
