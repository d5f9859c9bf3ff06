/**
 * The outbox: terminal reports are on disk before they are sent, so that neither a kill nor a lost connection loses
 * a result. Append-only JSON lines; a line `done` strikes an entry out. Sending twice is harmless: the backend
 * answers `already`.
 */
import { appendFileSync } from "node:fs";
import { open, readFile, rename } from "node:fs/promises";

/** An entry waits until the backend has answered it. */
export interface OutboxEntry<T> {
  id: string;
  /** Epoch ms. */
  at: number;
  report: T;
}

type Line<T> = { entry: OutboxEntry<T> } | { done: string };

export interface Outbox<T> {
  /** Appends a report. It outlives this process; a power failure only once `sync` was called after it. */
  put: (id: string, report: T) => void;
  /** Resolves once all that was put is on disk. */
  sync: () => Promise<void>;
  /** Strikes an entry out after the backend's answer. */
  done: (id: string) => void;
  /** Entries without an answer, oldest first. */
  pending: () => OutboxEntry<T>[];
  close: () => Promise<void>;
}

/** Opens the outbox file, creating it when missing and rewriting it without what is done. */
export async function openOutbox<T>(file: string): Promise<Outbox<T>> {
  const waiting = await readPending<T>(file);
  await rewrite(file, waiting);
  const handle = await open(file, "a", 0o600);
  return {
    sync: shared(() => handle.datasync()),
    put(id, report) {
      const entry = { id, at: Date.now(), report };
      append<T>(handle.fd, { entry });
      waiting.set(id, entry);
    },
    done(id) {
      // Not synced: an entry that comes back after a crash is only sent twice.
      if (waiting.delete(id)) append<T>(handle.fd, { done: id });
    },
    pending: () => [...waiting.values()],
    close: () => handle.close(),
  };
}

/**
 * Synchronous, so that two lines cannot interleave. The line feed comes first as well: half a line, which a full disk
 * has left behind, must not swallow this one.
 */
function append<T>(fd: number, line: Line<T>): void {
  appendFileSync(fd, `\n${JSON.stringify(line)}\n`);
}

/**
 * `work` for many who ask at once: whoever asks while it runs shares the next run, which begins after their asking.
 * Eight jobs that end together wait for two syncs of the disk, not for eight.
 */
function shared(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const start = (): Promise<void> => {
    next = undefined;
    return (running = work().finally(() => (running = undefined)));
  };
  return () => {
    if (running === undefined) return start();
    return (next ??= running.then(start, start));
  };
}

/** Reads what is not done. A line that is no JSON was cut by a kill: it was never acknowledged, so it is dropped. */
async function readPending<T>(file: string): Promise<Map<string, OutboxEntry<T>>> {
  const waiting = new Map<string, OutboxEntry<T>>();
  for (const text of (await readIfThere(file)).split("\n")) {
    const line = parseLine<T>(text);
    if (line === undefined) continue;
    if ("entry" in line) waiting.set(line.entry.id, line.entry);
    else waiting.delete(line.done);
  }
  return waiting;
}

function parseLine<T>(text: string): Line<T> | undefined {
  if (text === "") return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && ("entry" in value || "done" in value)
      ? (value as Line<T>)
      : undefined;
  } catch {
    return undefined;
  }
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}

/** Drops what is done, and a cut last line with it: an append after half a line would lose both. */
async function rewrite<T>(file: string, waiting: Map<string, OutboxEntry<T>>): Promise<void> {
  const draft = `${file}.draft`;
  const handle = await open(draft, "w", 0o600);
  for (const entry of waiting.values()) await handle.appendFile(`${JSON.stringify({ entry })}\n`);
  await handle.datasync();
  await handle.close();
  await rename(draft, file);
}
