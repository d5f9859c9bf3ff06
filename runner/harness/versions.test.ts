/**
 * Seam: the recorded runs, changed as another version of the same CLI might have printed them. What the rules do not
 * name may come and go; verdict, reset time, tokens and answer must stay.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadRecordings, type Recording } from "../../test/transcripts/load.ts";
import { harnessOf } from "./index.ts";
import { LINE_LIMIT_BYTES } from "./lines.ts";
import { STREAM_KINDS, type StreamKind } from "./port.ts";

const recordings = loadRecordings();
const withLines = recordings.filter(({ stdout }) => stdout.length > 0);

function judge(recording: Recording, stdout: Uint8Array, rollout = recording.rollout) {
  const reader = harnessOf(recording.cli).read();
  reader.push(stdout);
  reader.end();
  if (rollout) reader.pushEvidence?.(rollout);
  return reader.verdict(recording.end);
}
const original = (recording: Recording) => judge(recording, recording.stdout);
const linesOf = (bytes: Buffer) => bytes.toString("utf8").split("\n").filter(Boolean);
const joined = (lines: string[]) => Buffer.from(lines.map((line) => `${line}\n`).join(""));

type Value = null | boolean | number | string | Value[] | { [key: string]: Value };
type Change = (object: { [key: string]: Value }) => { [key: string]: Value };

/** Every object of a value, changed from the inside out. */
function changed(value: Value, change: Change): Value {
  if (Array.isArray(value)) return value.map((one) => changed(one, change));
  if (typeof value !== "object" || value === null) return value;
  return change(Object.fromEntries(Object.entries(value).map(([key, one]) => [key, changed(one, change)])));
}
function rewritten(recording: Recording, change: Change) {
  const rewrite = (bytes: Buffer) =>
    joined(linesOf(bytes).map((line) => JSON.stringify(changed(JSON.parse(line) as Value, change))));
  return judge(recording, rewrite(recording.stdout), recording.rollout && rewrite(recording.rollout));
}

const some = fc.constantFrom(...withLines);
const runs = { numRuns: 200 };

/** Objects whose keys are names of models, and those of which the rule is "an object with one key". */
const NAMED_BY_KEYS = new Set(["modelUsage", "models", "codex_error_info"]);

describe("another version", () => {
  it("may order its fields as it likes", () => {
    fc.assert(
      fc.property(some, fc.infiniteStream(fc.nat()), (recording, dice) => {
        const shuffled: Change = (object) =>
          Object.fromEntries(
            Object.entries(object)
              .map((entry) => [dice.next().value ?? 0, entry] as const)
              .sort(([a], [b]) => a - b)
              .map(([, entry]) => entry),
          );
        expect(rewritten(recording, shuffled)).toEqual(original(recording));
      }),
      runs,
    );
  });

  it("may add fields to everything", () => {
    const news = fc.dictionary(fc.constantFrom("x_new", "futureField", "_v"), fc.jsonValue(), { minKeys: 1 });
    fc.assert(
      fc.property(some, news, fc.boolean(), (recording, added, first) => {
        const more = added as { [key: string]: Value };
        const grown: Change = (object) => (first ? { ...more, ...object } : { ...object, ...more });
        expect(rewritten(recording, grown)).toEqual(original(recording));
      }),
      runs,
    );
  });

  it("may leave out every field that no rule names", () => {
    fc.assert(
      fc.property(some, fc.infiniteStream(fc.boolean()), (recording, dice) => {
        const thinned = (value: Value, under: string): Value => {
          if (Array.isArray(value)) return value.map((one) => thinned(one, under));
          if (typeof value !== "object" || value === null) return value;
          const kept = Object.entries(value).filter(
            ([key]) =>
              NAMED_BY_KEYS.has(under) || FIELDS[recording.cli].has(key) || dice.next().value === true,
          );
          return Object.fromEntries(kept.map(([key, one]) => [key, thinned(one, key)]));
        };
        const thin = (bytes: Buffer) =>
          joined(linesOf(bytes).map((line) => JSON.stringify(thinned(JSON.parse(line) as Value, ""))));
        const verdict = judge(
          recording,
          thin(recording.stdout),
          recording.rollout && thin(recording.rollout),
        );
        expect(verdict).toEqual(original(recording));
      }),
      runs,
    );
  });

  it("may say new things in between, also of limits and errors", () => {
    const novel = fc.constantFrom<object>(
      { type: "telemetry", error: { message: "429 Too Many Requests", code: 429 } },
      { type: "future.failed", error: "usage limit reached", result: "x", status: "error" },
      { type: "system", subtype: "weather", message: "overloaded" },
      {
        from: "agent",
        msg: { method: "session/update", params: { update: { sessionUpdate: "aura", error: "401" } } },
      },
      { from: "agent", msg: { method: "_vendor/limits", params: { status: 429 } } },
      { from: "cloud", msg: { error: { code: 429 } } },
      { type: "item.completed", item: { id: "z", type: "hologram", text: "rate limit" } },
      { type: "agent_event", event: { type: "aura", error: "401" } },
    );
    fc.assert(
      fc.property(
        some,
        fc.array(fc.tuple(fc.nat(), novel), { minLength: 1, maxLength: 6 }),
        (recording, added) => {
          const lines = linesOf(recording.stdout);
          for (const [at, line] of added) lines.splice(at % (lines.length + 1), 0, JSON.stringify(line));
          expect(judge(recording, joined(lines))).toEqual(original(recording));
        },
      ),
      runs,
    );
  });
});

describe("the same run written otherwise", () => {
  it.each(withLines)(
    "$name means the same with CRLF, with spaces and with everything escaped",
    (recording) => {
      const lines = linesOf(recording.stdout);
      const known = original(recording);
      expect(judge(recording, Buffer.from(lines.map((line) => `${line}\r\n`).join("")))).toEqual(known);
      const spaced = lines.map((line) =>
        JSON.stringify(JSON.parse(line), null, 1).replaceAll("\n", " ").replaceAll("\t", " "),
      );
      expect(judge(recording, joined(spaced))).toEqual(known);
      const escaped = lines.map((line) =>
        JSON.stringify(JSON.parse(line)).replace(
          /[\u007f-\uffff]/g,
          (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
        ),
      );
      expect(judge(recording, joined(escaped))).toEqual(known);
    },
  );

  it.each(STREAM_KINDS)("a line of %s beyond every limit is passed over", (cli) => {
    const recording = recordings.find(({ name }) => name === `${cli}/02-tool-write`)!;
    const huge = JSON.stringify({ type: "telemetry", blob: "x".repeat(LINE_LIMIT_BYTES) });
    const lines = linesOf(recording.stdout);
    expect(judge(recording, joined([lines[0]!, huge, ...lines.slice(1)]))).toEqual(original(recording));
  });

  it("is no success when its last line is cut anywhere, whatever the exit code", () => {
    const good = withLines.filter((recording) => original(recording).ok);
    fc.assert(
      fc.property(fc.constantFrom(...good), fc.nat(), (recording, seed) => {
        const lines = linesOf(recording.stdout);
        const at = lastTelling(recording.cli, lines);
        const line = Buffer.from(lines[at] ?? "");
        const whole = joined(lines.slice(0, at));
        const torn = Buffer.concat([whole, line.subarray(0, seed % line.length)]);
        expect(judge(recording, torn).ok).toBe(false);
      }),
      runs,
    );
  });
});

/** The line that ends a run well: after it some print more. */
function lastTelling(cli: StreamKind, lines: string[]): number {
  const telling: Record<StreamKind, RegExp> = {
    claude: /"type":"result"/,
    codex: /"turn\.completed"/,
    gemini: /"type":"result"/,
    opencode: /"reason":"stop"/,
    kilocode: /"reason":"stop"/,
    qwen: /"type":"result"/,
    cline: /"type":"run_result"/,
    acp: /"stopReason"/,
  };
  return lines.findLastIndex((line) => telling[cli].test(line));
}

const words = (text: string) => text.trim().split(/\s+/);
const OPENCODE = words(
  "type sessionID part text reason tokens input output reasoning cache read write cost error name data message statusCode responseBody responseHeaders retry-after code state status metadata exit",
);
/** The fields that the rules name, for each CLI. */
const FIELDS: Record<StreamKind, Set<string>> = {
  claude: new Set(
    words(`type subtype session_id is_error result num_turns usage input_tokens cache_creation_input_tokens
      cache_read_input_tokens output_tokens output_tokens_details thinking_tokens total_cost_usd modelUsage outputTokens
      errors stop_reason terminal_reason api_error api_error_status api_error_type api_error_params rate_limit_info status
      resetsAt error is_api_error_message message content text model structured_output`),
  ),
  codex: new Set(
    words(`type thread_id item text message error usage input_tokens cached_input_tokens output_tokens
      reasoning_output_tokens payload model turn_token_usage codex_error_info http_status_code rate_limits primary secondary
      used_percent resets_at`),
  ),
  gemini: new Set(
    words(`type session_id model role content delta status error message stats total_tokens input_tokens output_tokens
      cached input models`),
  ),
  opencode: new Set(OPENCODE),
  kilocode: new Set(OPENCODE),
  qwen: new Set(
    words(`type subtype session_id is_error result num_turns usage input_tokens output_tokens cache_read_input_tokens
      total_tokens error message content text model permission_denials`),
  ),
  cline: new Set(
    words(`type hookEventName taskId event error message errorClass recoverable finishReason text usage aggregateUsage
      inputTokens outputTokens cacheReadTokens totalCost model id`),
  ),
  acp: new Set(
    words(`from msg id method params update sessionUpdate content text messageId toolCallId status toolCall result
      sessionId stopReason usage inputTokens outputTokens cachedReadTokens cachedWriteTokens thoughtTokens totalTokens _meta
      quota token_count input_tokens output_tokens error code message data errorKind details cost amount currency what signal
      configOptions category currentValue models currentModelId title`),
  ),
};
