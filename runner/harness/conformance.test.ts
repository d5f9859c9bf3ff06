/**
 * Seam: bytes of real CLIs in, events and verdict out; one suite for every adapter. How the bytes come off a process
 * is tested in runner/attempt.
 */
import fc from "fast-check";
import { readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { loadRecordings, type Recording } from "../../test/transcripts/load.ts";
import { VERDICT_KINDS } from "../../domain/verdict.ts";
import { harnessOf } from "./index.ts";
import { EVENT_TEXT_LIMIT, STREAM_KINDS, type AgentEvent, type RunEnd, type StreamKind } from "./port.ts";

const recordings = loadRecordings();
const exited = (over: Partial<RunEnd> = {}): RunEnd => ({
  exitCode: 0,
  exitSignal: null,
  endedBy: "exit",
  stderr: "",
  now: 1_800_000_000_000,
  resumed: false,
  ...over,
});

function read(cli: StreamKind, chunks: Uint8Array[], end: RunEnd & { rollout?: Buffer | undefined }) {
  const { rollout } = end;
  const reader = harnessOf(cli).read();
  const events: AgentEvent[] = [];
  for (const chunk of chunks) events.push(...reader.push(chunk));
  events.push(...reader.end());
  if (rollout) reader.pushEvidence?.(rollout);
  return { events, verdict: reader.verdict(end), finished: reader.finished };
}
const readRecording = (recording: Recording, chunks = [recording.stdout as Uint8Array]) =>
  read(recording.cli, chunks, { ...recording.end, rollout: recording.rollout });

function cut(bytes: Uint8Array, sizes: number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, i = 0; at < bytes.length; i += 1) {
    const size = Math.max(1, sizes[i % sizes.length] ?? 1);
    chunks.push(bytes.slice(at, at + size));
    at += size;
  }
  return chunks;
}

describe("the recordings", () => {
  it("are all named in expected.json", () => {
    const files = STREAM_KINDS.flatMap((cli) =>
      readdirSync(new URL(`../../test/transcripts/${cli}`, import.meta.url))
        .filter((file) => file.endsWith(".jsonl") && !file.endsWith(".rollout.jsonl"))
        .map((file) => `${cli}/${file.slice(0, -".jsonl".length)}`),
    );
    expect(recordings.map(({ name }) => name).sort()).toEqual(files.sort());
  });

  it.each(recordings)("$name gives its verdict, reset time and usage", (recording) => {
    const { verdict, events } = readRecording(recording);
    const { usage } = verdict;
    const parts = usage && [usage.input, usage.cached, usage.output, usage.reasoning];
    expect({
      kind: verdict.kind,
      retryAt: verdict.retryAt === undefined ? undefined : new Date(verdict.retryAt).toISOString(),
      usage: parts?.slice(0, recording.cli === "claude" ? 3 : 4).join("/"),
    }).toEqual({ retryAt: undefined, usage: undefined, ...recording.expected });
    expect(verdict.ok).toBe(verdict.kind === "success");
    if (verdict.ok) expect(verdict.text).toBeTruthy();
    else expect(verdict.detail).toBeTruthy();
    for (const event of events) expect(event.text.length).toBeLessThanOrEqual(EVENT_TEXT_LIMIT);
  });

  it.each(recordings)("$name gives the same events byte by byte", (recording) => {
    const whole = readRecording(recording);
    const single = readRecording(recording, cut(recording.stdout.subarray(0, 40_000), [1]));
    const start = readRecording(recording, [recording.stdout.subarray(0, 40_000)]);
    expect(single.events).toEqual(start.events);
    expect(whole.events.slice(0, start.events.length - 1)).toEqual(start.events.slice(0, -1));
  });

  it("give the same events and verdict however they are chunked", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...recordings),
        fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 40 }),
        (recording, sizes) => {
          expect(readRecording(recording, cut(recording.stdout, sizes))).toEqual(readRecording(recording));
        },
      ),
      { numRuns: 150 },
    );
  });

  it("never turn into a success by losing their end", () => {
    fc.assert(
      fc.property(fc.constantFrom(...recordings), fc.nat(), (recording, seed) => {
        const end = { ...recording.end, exitCode: 1, exitSignal: null };
        const part = recording.stdout.subarray(0, seed % Math.max(1, recording.stdout.length));
        expect(read(recording.cli, [part], end).verdict.ok).toBe(false);
      }),
    );
  });
});

describe.each(STREAM_KINDS)("the %s reader", (cli) => {
  const good = recordings.find(({ name }) => name === `${cli}/02-tool-write`);
  const failed = recordings.find(({ name }) => name === `${cli}/04-auth`);

  it("takes the session, the tool and the answer from a run", () => {
    const { events, verdict } = readRecording(good!);
    const types = events.map((event) => event.type);
    expect(types).toEqual(expect.arrayContaining(["session", "text", "tool_start", "tool_end", "result"]));
    expect(types.indexOf("tool_start")).toBeLessThan(types.indexOf("tool_end"));
    expect(verdict.text).toBe("Done: the file is written.");
    // Cline never says by which id a session goes on.
    expect(verdict.agentSession !== undefined).toBe(cli !== "cline");
    expect(readRecording(good!).finished).toBe(true);
  });

  it("ignores events, fields and lines that it does not know", () => {
    const lines = good!.stdout.toString("utf8").split("\n");
    const noise = ['{"type":"telemetry","x":1}', "not json", "{broken", "[1,2]", "null", '{"type":5}', "{}"];
    const mixed = lines.flatMap((line) => (line ? [line, ...noise] : []));
    const { verdict, events } = read(cli, [Buffer.from(mixed.join("\n") + "\n")], exited());
    expect(verdict.kind).toBe("success");
    expect(events).toEqual(readRecording(good!).events);
  });

  it("survives any bytes at all", () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 200 })),
        fc.integer({ min: 0, max: 255 }),
        (chunks, exitCode) => {
          const { verdict } = read(cli, chunks, exited({ exitCode }));
          expect(VERDICT_KINDS).toContain(verdict.kind);
          expect(verdict.ok).toBe(false);
        },
      ),
    );
  });

  it("survives known event types with fields of any shape", () => {
    const types = new Set(
      recordings
        .filter((recording) => recording.cli === cli)
        .flatMap((recording) => recording.stdout.toString("utf8").split("\n"))
        .flatMap((line) => /"type":"([a-z_.]+)"/g.exec(line)?.[1] ?? []),
    );
    const keys = [
      "type",
      "subtype",
      "message",
      "item",
      "part",
      "error",
      "result",
      "usage",
      "stats",
      "content",
    ];
    // What an agent of the protocol says lies one level deeper, behind an id or a method.
    const framed = (said: object) =>
      cli === "acp"
        ? { from: "agent", msg: { id: 2, method: "session/update", params: { update: said }, ...said } }
        : said;
    const event = fc.tuple(
      fc.constantFrom(...types, "result", "error"),
      fc.dictionary(fc.constantFrom(...keys), fc.jsonValue()),
    );
    fc.assert(
      fc.property(fc.array(event, { maxLength: 8 }), (events) => {
        const text = events.map(([type, rest]) => JSON.stringify(framed({ ...rest, type })) + "\n").join("");
        const { verdict } = read(cli, [Buffer.from(text)], exited());
        expect(VERDICT_KINDS).toContain(verdict.kind);
      }),
    );
  });

  it("never calls our own stop a success before the terminal event, and keeps one seen before it", () => {
    const bytes = good!.stdout;
    const early = bytes.subarray(0, bytes.indexOf("\n") + 1);
    for (const endedBy of [
      "timeout",
      "idle",
      "canceled",
      "lease_lost",
      "shutdown",
      "output_limit",
      "loop",
    ] as const) {
      const stopped = exited({ exitCode: 143, exitSignal: "SIGTERM", endedBy });
      expect(read(cli, [early], stopped).verdict.ok).toBe(false);
      expect(read(cli, [bytes], stopped).verdict.kind).toBe("success");
    }
    expect(read(cli, [early], exited({ endedBy: "timeout" })).verdict.kind).toBe("timeout");
    expect(read(cli, [early], exited({ endedBy: "idle" })).verdict.kind).toBe("idle_timeout");
    expect(read(cli, [early], exited({ endedBy: "canceled" })).verdict.kind).toBe("cancelled");
  });

  it("does not take exit 0 for a success when the provider refused", () => {
    expect(read(cli, [failed!.stdout], { ...exited(), rollout: failed!.rollout }).verdict.kind).toBe("auth");
  });

  it("is not misled by an answer that speaks of limits", () => {
    const words = "Handle 429 rate limit and usage limit reached errors, invalid api key, overloaded.";
    const swapped = good!.stdout.toString("utf8").replaceAll("Done: the file is written.", words);
    const reader = harnessOf(cli).read();
    const events = [...reader.push(Buffer.from(swapped)), ...reader.end()];
    const verdict = reader.verdict(exited());
    expect(verdict.kind).toBe("success");
    // Some answers come in pieces of which none is the whole sentence.
    if (swapped.includes(words)) expect(verdict.text).toBe(words);
    expect(events.some((event) => event.type === "limit_notice" || event.type === "retry_notice")).toBe(
      false,
    );
  });
});
