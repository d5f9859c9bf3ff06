/** Seam: the batcher over a sink that the test answers; time is vitest's. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MAX_EVENT_TEXT, MAX_EVENTS_PER_CALL } from "../../domain/limits.ts";
import type { EventRow } from "../connect/types.ts";
import { eventBatch, FLUSH_MS, MAX_WAITING } from "./eventBatch.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const collector = (send?: (rows: EventRow[]) => Promise<boolean>) => {
  const calls: EventRow[][] = [];
  const batch = eventBatch({
    redact: (text) => text.replaceAll("secret", "[redacted]"),
    now: () => 7,
    send: (rows) => {
      calls.push(rows);
      return send?.(rows) ?? Promise.resolve(true);
    },
  });
  return { calls, batch };
};

describe("batched events", () => {
  it("go together after at most a second, numbered, redacted and cut", async () => {
    const { calls, batch } = collector();
    batch.add({ kind: "text", text: "a secret" });
    batch.add({ kind: "text", text: "x".repeat(MAX_EVENT_TEXT + 5) });
    expect(calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(FLUSH_MS);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject([{ seq: 0, at: 7, kind: "text", text: "a [redacted]" }, { seq: 1 }]);
    expect(calls[0]?.[1]?.text).toHaveLength(MAX_EVENT_TEXT);
  });

  it("go at once when a call is full, and never more in one call", async () => {
    const { calls, batch } = collector();
    for (let i = 0; i < MAX_EVENTS_PER_CALL * 2 + 1; i += 1) batch.add({ kind: "text", text: String(i) });
    await vi.advanceTimersByTimeAsync(FLUSH_MS);
    expect(calls.map((call) => call.length)).toEqual([MAX_EVENTS_PER_CALL, MAX_EVENTS_PER_CALL, 1]);
    expect(calls.flat().map((row) => row.seq)).toEqual(calls.flat().map((_, i) => i));
  });

  it("end when the backend refuses them", async () => {
    const { calls, batch } = collector(() => Promise.resolve(false));
    batch.add({ kind: "text", text: "one" });
    await vi.advanceTimersByTimeAsync(FLUSH_MS);
    batch.add({ kind: "text", text: "two" });
    await vi.advanceTimersByTimeAsync(FLUSH_MS);
    expect(calls).toHaveLength(1);
  });

  it("go all at once at the end, in order, without waiting for answers", () => {
    const { calls, batch } = collector(() => new Promise(() => undefined));
    for (let i = 0; i < MAX_EVENTS_PER_CALL * 2 + 1; i += 1) batch.add({ kind: "text", text: String(i) });
    batch.finish();
    expect(calls.flat().map((row) => row.text)).toEqual(
      Array.from({ length: MAX_EVENTS_PER_CALL * 2 + 1 }, (_, i) => String(i)),
    );
  });

  it("drop the oldest while the backend is away, and say how many", async () => {
    let answer: (wanted: boolean) => void = () => undefined;
    const { calls, batch } = collector(() => new Promise((resolve) => (answer = resolve)));
    batch.add({ kind: "text", text: "first" });
    await vi.advanceTimersByTimeAsync(FLUSH_MS);
    for (let i = 0; i < MAX_WAITING + 3; i += 1) batch.add({ kind: "text", text: String(i) });
    answer(true);
    await vi.advanceTimersByTimeAsync(0);
    expect(calls[1]?.[0]).toMatchObject({
      seq: 1,
      kind: "gap",
      text: expect.stringContaining("3 events") as string,
    });
    expect(calls[1]?.[1]).toMatchObject({ seq: 2, text: "3" });
  });
});
