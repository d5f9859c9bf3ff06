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

  it("takes the reset of the limit that was met, not of another window that was noted", () => {
    const weekly = { status: "allowed_warning", resetsAt: 1795600000, rateLimitType: "seven_day" };
    const met = claudeResult({
      is_error: true,
      result: "You've hit your 5-hour limit · resets 9:20am (UTC)",
    });
    const { verdict } = run("claude", [{ type: "rate_limit_event", rate_limit_info: weekly }, met]);
    expect(verdict).toMatchObject({ kind: "usage_limit", retryAt: Date.parse("2026-11-20T09:20:00Z") });
    const mute = claudeResult({ is_error: true, result: "You've hit your weekly limit" });
    const late = run("claude", [{ type: "rate_limit_event", rate_limit_info: weekly }, mute]);
    expect(late.verdict).toMatchObject({ kind: "usage_limit", retryAt: 1795600000000 });
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

  it("keeps the windows of its rollout when a later line has none", () => {
    const reader = harnessOf("codex").read();
    const failed = { type: "turn.failed", error: { message: "You’ve hit your usage limit." } };
    reader.push(Buffer.from([started, failed].map((line) => `${JSON.stringify(line)}\n`).join("")));
    const rollout = [
      {
        type: "event_msg",
        payload: { rate_limits: { primary: { used_percent: 100, resets_at: 1795166419 } } },
      },
      { type: "event_msg", payload: { type: "token_count", rate_limits: null } },
    ];
    reader.pushEvidence?.(Buffer.from(rollout.map((line) => `${JSON.stringify(line)}\n`).join("")));
    expect(reader.verdict({ ...END, exitCode: 1 })).toMatchObject({
      kind: "usage_limit",
      retryAt: 1795166419000,
    });
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

  it("tells no price where it counts 0, which it does for a model without one", () => {
    const free = { ...step("stop"), part: { ...step("stop").part, cost: 0 } };
    const { verdict } = run("opencode", [{ type: "text", sessionID: "ses", part: { text: "yes" } }, free]);
    expect(verdict).toMatchObject({ kind: "success", usage: { input: 13 } });
    expect(verdict).not.toHaveProperty("costUsd");
  });

  it.each([
    [{ responseHeaders: { "Retry-After": "90" } }, 90],
    [{ responseBody: '{"error":{"type":"usage_limit_reached","resets_in_seconds":120}}' }, 120],
    [{ responseBody: "Rate limit reached. Please try again in 6m0s." }, 360],
  ])("reads the reset from %j, however the provider writes it", (data, seconds) => {
    const error = { name: "APIError", data: { message: "Too Many Requests", statusCode: 429, ...data } };
    const { verdict } = run("opencode", [{ type: "error", sessionID: "ses", error }], { exitCode: 1 });
    expect(verdict.retryAt).toBe(NOW + seconds * 1000);
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

describe("qwen", () => {
  const result = (fields: object) => ({
    ...{ type: "result", subtype: "success", is_error: false, num_turns: 1, session_id: "q", result: "done" },
    ...fields,
  });

  it("is stopped when it announces to wait a minute for a limit, and the limit is the verdict", () => {
    const line = "Retrying in 60s (attempt 1/10): [API Error: 429 The usage limit has been reached]\n";
    const { reader, events } = run("qwen", [], { errors: line });
    expect(events).toMatchObject([{ type: "retry_notice", kind: "usage_limit", delayMs: 60_000 }]);
    expect(reader.trouble).toMatchObject({ stopNow: true });
    expect(reader.verdict({ ...END, endedBy: "idle" })).toMatchObject({ kind: "usage_limit", ok: false });
  });

  it("may wait a moment for a limit, or long for a server that stumbles", () => {
    const moment = run("qwen", [], {
      errors: "Retrying in 2s (attempt 1/10): [API Error: 429 too many requests]\n",
    });
    expect(moment.reader.trouble).toMatchObject({ kind: "rate_limit", stopNow: false });
    const server = run("qwen", [], {
      errors: "Retrying in 60s (attempt 3/10): [API Error: 503 overloaded]\n",
    });
    expect(server.reader.trouble).toMatchObject({ kind: "overloaded", stopNow: false });
  });

  it("counts tokens after a resume as a total only, and cached ones once, whichever way they are told", () => {
    const usage = { input_tokens: 100, output_tokens: 10, cache_read_input_tokens: 40 };
    const inside = run("qwen", [result({ usage: { ...usage, total_tokens: 110 } })]).verdict;
    expect(inside.usage).toMatchObject({ input: 60, cached: 40, output: 10 });
    const outside = run("qwen", [result({ usage: { ...usage, total_tokens: 150 } })]).verdict;
    expect(outside.usage).toMatchObject({ input: 100, cached: 40, output: 10 });
    const resumed = run("qwen", [result({ usage })], { resumed: true }).verdict;
    expect(resumed.usage).toBeUndefined();
    expect(resumed.sessionTotal?.usage).toMatchObject({ output: 10 });
  });

  it("has not asked a model when it answers a command by itself", () => {
    expect(run("qwen", [result({ num_turns: 0 })]).verdict.kind).toBe("no_model_call");
  });
});

describe("cline", () => {
  const ended = (fields: object) => ({
    type: "run_result",
    usage: { inputTokens: 5, outputTokens: 1 },
    ...fields,
  });

  it("knows a plan's limit by its words, whatever class it has", () => {
    const error = { message: "You have hit your usage limit, try again in 2h" };
    const { verdict } = run(
      "cline",
      [
        {
          type: "agent_event",
          event: { type: "error", error, errorClass: "rate_limit", recoverable: false },
        },
        ended({ finishReason: "error", text: error.message }),
      ],
      { exitCode: 1 },
    );
    expect(verdict).toMatchObject({ kind: "usage_limit", retryAt: NOW + 2 * 3_600_000 });
  });

  it.each([
    ["aborted", "cancelled"],
    ["max_iterations", "max_turns"],
    ["mistake_limit_reached", "loop"],
    ["something new", "unknown"],
  ] as const)("takes an end by %s for %s", (finishReason, kind) => {
    expect(run("cline", [ended({ finishReason, text: "" })]).verdict.kind).toBe(kind);
  });

  it("waits with it while it can recover by itself", () => {
    const error = {
      type: "error",
      error: { message: "overloaded" },
      errorClass: "unknown",
      recoverable: true,
    };
    const { reader, events } = run("cline", [{ type: "agent_event", event: error }]);
    expect(events).toMatchObject([{ type: "retry_notice", kind: "overloaded" }]);
    expect(reader.trouble).toMatchObject({ kind: "overloaded" });
  });

  it("tells no price where it knows none", () => {
    const free = run("cline", [
      ended({ finishReason: "completed", text: "x", usage: { inputTokens: 5, totalCost: 0 } }),
    ]);
    expect(free.verdict.costUsd).toBeUndefined();
  });
});

describe("acp", () => {
  const agent = (msg: object) => ({ from: "agent", msg });
  const opening = [
    { from: "client", msg: { id: 0, method: "session/new" } },
    agent({ id: 0, result: { sessionId: "s" } }),
    { from: "client", msg: { id: 1, method: "session/prompt" } },
  ];
  const said = (text: string) =>
    agent({
      method: "session/update",
      params: { update: { sessionUpdate: "agent_message_chunk", content: { text } } },
    });
  const failed = (error: object) =>
    run("acp", [...opening, agent({ id: 1, error })], { exitCode: 1 }).verdict;

  it.each([
    [{ code: -32603, message: "Internal error: slow down", data: { errorKind: "rate_limit" } }, "rate_limit"],
    [{ code: -32603, message: "Internal error: Rate limit reached for m" }, "rate_limit"],
    [{ code: 429, message: "Resource has been exhausted" }, "rate_limit"],
    [{ code: 500, message: '{"error":{"code":401,"message":"API key not valid"}}' }, "auth"],
    [{ code: -32000, message: "Authentication required" }, "auth"],
    [
      { code: -32603, message: "Internal error", data: { details: "You've hit your usage limit" } },
      "usage_limit",
    ],
    [{ code: -32603, message: "Internal error" }, "server"],
  ] as const)("reads the error %j as %s", (error, kind) => {
    expect(failed(error).kind).toBe(kind);
  });

  it("believes an answer about limits when tokens were spent on it, or a tool was used", () => {
    const words = "You have hit your usage limit of 5 tables.";
    const end = (usage: object | null) => agent({ id: 1, result: { stopReason: "end_turn", usage } });
    const spent = { inputTokens: 5, outputTokens: 5, totalTokens: 10 };
    expect(run("acp", [...opening, said(words), end(spent)]).verdict).toMatchObject({
      kind: "success",
      text: words,
    });
    expect(run("acp", [...opening, said(words), end(null)]).verdict.kind).toBe("usage_limit");
    const call = { sessionUpdate: "tool_call", toolCallId: "1", status: "completed" };
    const tool = agent({ method: "session/update", params: { update: call } });
    expect(run("acp", [...opening, tool, said(words), end(null)]).verdict.kind).toBe("success");
  });

  it.each([
    ["max_tokens", "truncated"],
    ["max_turn_requests", "max_turns"],
    ["refusal", "refusal"],
    ["cancelled", "cancelled"],
    ["a new reason", "unknown"],
  ] as const)("takes a turn that ended with %s for %s", (stopReason, kind) => {
    expect(run("acp", [...opening, said("x"), agent({ id: 1, result: { stopReason } })]).verdict.kind).toBe(
      kind,
    );
  });

  it("blames the refused permission when the agent gives up over it", () => {
    const denied = { from: "bridge", msg: { what: "denied", id: "1", title: "rm -rf" } };
    const ended = (stopReason: string) => agent({ id: 1, result: { stopReason } });
    expect(run("acp", [...opening, denied, ended("cancelled")]).verdict.kind).toBe("permission_denied");
    expect(run("acp", [...opening, denied, ended("end_turn")]).verdict.kind).toBe("permission_denied");
  });
});

describe("aider", () => {
  const limited = "litellm.RateLimitError: RateLimitError: OpenAIException - Please try again in 20s.";

  it("adds up what each answer cost", () => {
    const { verdict } = run("aider", [
      "Tokens: 2.1k sent, 1.0k cache hit, 45 received. Cost: $0.01 message, $0.01 session.",
      "Applied edit to a.py",
      "Tokens: 900 sent, 5 received. Cost: $0.02 message, $0.03 session.",
    ]);
    expect(verdict).toMatchObject({
      kind: "success",
      usage: { input: 2000, cached: 1000, output: 50 },
      costUsd: 0.03,
    });
  });

  it("has failed though it exits with 0 when a provider's error comes last", () => {
    const { verdict, events } = run("aider", [limited, "Retrying in 0.2 seconds...", limited]);
    expect(verdict).toMatchObject({ kind: "rate_limit", ok: false, retryAt: NOW + 20_000 });
    expect(events).toContainEqual(expect.objectContaining({ type: "retry_notice", delayMs: 200 }));
    const key =
      "litellm.AuthenticationError: AuthenticationError: OpenAIException - Incorrect API key provided";
    expect(run("aider", [key]).verdict.kind).toBe("auth");
  });

  it("is fine when a later try was answered, and misled by no answer that speaks of errors", () => {
    const answered = run("aider", [limited, "Retrying in 0.2 seconds...", "Tokens: 9 sent, 5 received."]);
    expect(answered.verdict.kind).toBe("success");
    expect(answered.reader.trouble).toBeUndefined();
    expect(run("aider", ["RateLimitError means 429: too many requests."]).verdict.kind).toBe("success");
  });

  it("keeps what the exit code alone knows", () => {
    expect(run("aider", ["usage: aider"], { exitCode: 2 }).verdict.kind).toBe("failed");
    expect(run("aider", [limited], { endedBy: "canceled" }).verdict.kind).toBe("cancelled");
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
