/**
 * Sends an attempt's events in batches: a call per event would be the dearest thing that a runner does. Numbers
 * them, cuts and redacts their text, and drops the oldest when the backend cannot be reached: events are for the
 * eye, the file of the attempt holds everything.
 */
import { MAX_EVENTS_PER_CALL, MAX_EVENT_TEXT } from "../../domain/limits.ts";
import type { EventRow } from "../connect/types.ts";
import type { Redact } from "./redact.ts";

/** Longest time that an event waits, ms. */
export const FLUSH_MS = 1000;
/** Events that wait at most; older ones give way. */
export const MAX_WAITING = 1000;

export interface EventBatch {
  add: (event: { kind: string; text: string }) => void;
  /**
   * Sends what waits, all of it now: calls are carried out in the order in which they are made, so that a report that
   * is sent next comes after the last event, and need not wait for an answer.
   */
  finish: () => void;
  /** Drops what waits and takes nothing more. */
  stop: () => void;
}

export interface EventSink {
  /** Sends at most MAX_EVENTS_PER_CALL events; false: the lease is lost and nothing more is wanted. */
  send(events: EventRow[]): Promise<boolean>;
  redact: Redact;
  now(): number;
}

/** A batcher for one attempt. `firstSeq`: the number of its first event (an adopted attempt goes on counting). */
export function eventBatch(sink: EventSink, firstSeq = 0): EventBatch {
  const waiting: Omit<EventRow, "seq">[] = [];
  let seq = firstSeq;
  let dropped = 0;
  let refused = false;
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;

  const nextBatch = (): EventRow[] => {
    if (dropped > 0) waiting.unshift({ at: sink.now(), kind: "gap", text: droppedText(dropped) });
    dropped = 0;
    // Numbered when they leave, so that the numbers have no holes where old ones gave way.
    return waiting.splice(0, MAX_EVENTS_PER_CALL).map((event) => ({ seq: seq++, ...event }));
  };
  const send = async (): Promise<void> => {
    const wanted = await sink.send(nextBatch()).catch(() => true);
    if (!wanted) stop();
  };
  const drain = async () => {
    while (waiting.length > 0 && !refused) await send();
  };
  const flush = () => {
    clearTimeout(timer);
    timer = undefined;
    // One call at a time: what comes meanwhile goes with the next one.
    sending ??= drain().finally(() => (sending = undefined));
  };
  const stop = () => {
    clearTimeout(timer);
    refused = true;
    waiting.length = 0;
  };
  return {
    add({ kind, text }) {
      if (refused) return;
      waiting.push({ at: sink.now(), kind, text: sink.redact(text).slice(0, MAX_EVENT_TEXT) });
      if (waiting.length > MAX_WAITING) {
        waiting.shift();
        dropped += 1;
      }
      if (waiting.length >= MAX_EVENTS_PER_CALL) flush();
      else timer ??= setTimeout(flush, FLUSH_MS);
    },
    finish() {
      clearTimeout(timer);
      while (waiting.length > 0) void send();
    },
    stop,
  };
}

function droppedText(count: number): string {
  return `${count} events dropped while the backend was out of reach`;
}
