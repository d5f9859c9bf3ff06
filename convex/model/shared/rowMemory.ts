/**
 * What a mutation has read already, and what it has yet to write. An exchange of 32 jobs asks for the same session,
 * runner, assignment and health rows once per job, and adds to the same totals; each call to the database is what a
 * claim costs. So a row is fetched once, and all patches of a row become one.
 */
import type { TableNames } from "../../_generated/dataModel.js";
import type { DatabaseWriter } from "../../_generated/server.js";
import { afterwards } from "./afterwards.ts";
import type { Reading } from "./tx.ts";

type Row = Record<string, unknown>;
interface Known {
  /** By id, as the patches below leave them. */
  rows: Map<string, Promise<Row | null>>;
  /** By id, not handed on yet. */
  patches: Map<string, Row>;
  /** By what was asked. */
  answers: Map<string, Promise<unknown>>;
  /** The ids of rows, by what was asked. */
  found: Map<string, string>;
}
interface Memory {
  of(table: TableNames): Known;
  flush(table?: TableNames): Promise<void>;
}
/** The calls as this project makes them: the table comes first. */
interface Calls {
  query(table: TableNames): object;
  normalizeId(table: TableNames, id: string): string | null;
  get(table: TableNames, id: string): Promise<Row | null>;
  insert(table: TableNames, value: Row): Promise<unknown>;
  patch(table: TableNames, id: string, value: Row): Promise<unknown>;
  replace(table: TableNames, id: string, value: Row): Promise<unknown>;
  delete(table: TableNames, id: string): Promise<unknown>;
}

const memories = new WeakMap<object, Memory>();

/**
 * The same database for one mutation: a row is fetched by its id once, and what is patched waits for a query of its
 * table or for `flush`, which must come before the mutation ends.
 */
export function withMemory(db: DatabaseWriter): DatabaseWriter {
  const calls = db as unknown as Calls;
  const memory = memoryOver(calls);
  const ids = new Map<string, string | null>();
  const forget = (table: TableNames, id: string) => {
    const known = memory.of(table);
    for (const map of [known.rows, known.patches]) map.delete(id);
    known.answers.clear();
  };
  const remembering: Calls = {
    query(table) {
      if (memory.of(table).patches.size === 0) return calls.query(table);
      return afterwards(calls.query(table), () => memory.flush(table));
    },
    normalizeId(table, id) {
      const key = `${table} ${id}`;
      const known = ids.get(key);
      if (known !== undefined) return known;
      const normal = calls.normalizeId(table, id);
      ids.set(key, normal);
      return normal;
    },
    get(table, id) {
      const { rows, patches } = memory.of(table);
      const patch = patches.get(id);
      return recall(rows, id, async () => patched(await calls.get(table, id), patch));
    },
    insert(table, value) {
      memory.of(table).answers.clear();
      return calls.insert(table, value);
    },
    patch(table, id, value) {
      const { rows, patches, answers } = memory.of(table);
      patches.set(id, { ...patches.get(id), ...value });
      const row = rows.get(id);
      if (row !== undefined)
        rows.set(
          id,
          row.then((present) => patched(present, value)),
        );
      answers.clear();
      return Promise.resolve();
    },
    replace(table, id, value) {
      forget(table, id);
      return calls.replace(table, id, value);
    },
    delete(table, id) {
      forget(table, id);
      return calls.delete(table, id);
    },
  };
  const wrapped = { ...db, ...remembering } as unknown as DatabaseWriter;
  memories.set(wrapped, memory);
  return wrapped;
}

/** Writes what was patched, before the mutation ends: without this it is lost. */
export async function flush({ db }: Reading): Promise<void> {
  await memories.get(db)?.flush();
}

/**
 * What `read` gives, asked once in a mutation until it writes to `table`; in a query each time.
 * @param key names the question among those about the table
 */
export function once<T>(
  { db }: Reading,
  { table, key }: { table: TableNames; key: readonly unknown[] },
  read: () => Promise<T>,
): Promise<T> {
  const memory = memories.get(db);
  if (memory === undefined) return read();
  return recall(memory.of(table).answers, JSON.stringify(key), read) as Promise<T>;
}

/**
 * As `once`, for a question that one row answers: it is remembered as that row, as it is now, through all writes but
 * its own removal. The caller sees to it that the row still answers the question. That there is none is asked anew.
 */
export async function onceRow<T extends { _id: string }>(
  { db }: Reading,
  { table, key }: { table: TableNames; key: readonly unknown[] },
  read: () => Promise<T | null>,
): Promise<T | null> {
  const known = memories.get(db)?.of(table);
  if (known === undefined) return read();
  const name = JSON.stringify(key);
  const id = known.found.get(name);
  const row = id === undefined ? null : await (db as unknown as Calls).get(table, id);
  if (row !== null) return row as unknown as T;
  const found = await read();
  if (found === null) return null;
  known.found.set(name, found._id);
  if (!known.rows.has(found._id)) known.rows.set(found._id, Promise.resolve(found as unknown as Row));
  return found;
}

function memoryOver(calls: Calls): Memory {
  const tables = new Map<TableNames, Known>();
  return {
    of(table) {
      let known = tables.get(table);
      if (known === undefined) {
        known = { rows: new Map(), patches: new Map(), answers: new Map(), found: new Map() };
        tables.set(table, known);
      }
      return known;
    },
    async flush(only) {
      for (const [table, { patches }] of tables) {
        if (only !== undefined && table !== only) continue;
        const waiting = [...patches];
        patches.clear();
        // All at once: whoever asks from now on asks behind them.
        await Promise.all(waiting.map(([id, value]) => calls.patch(table, id, value)));
      }
    },
  };
}

/** A row with a patch over it; a field that is given as undefined goes away. */
function patched(row: Row | null, patch: Row | undefined): Row | null {
  if (row === null || patch === undefined) return row;
  const now = { ...row };
  for (const field in patch) {
    if (patch[field] !== undefined) now[field] = patch[field];
    // Only what is there: V8 keeps an object of which something was deleted as a slow table.
    else if (field in now) delete now[field];
  }
  return now;
}

function recall<T>(known: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const present = known.get(key);
  if (present !== undefined) return present;
  const answer = read();
  known.set(key, answer);
  return answer;
}
