/**
 * What a mutation has read already. An exchange of 32 jobs asks for the same session, runner, assignment and health
 * rows once per job; each asking is a call to the database, and these calls are what a claim costs.
 */
import type { TableNames } from "../../_generated/dataModel.js";
import type { DatabaseWriter } from "../../_generated/server.js";
import type { Reading } from "./tx.ts";

interface Known {
  /** By id. */
  rows: Map<string, Promise<unknown>>;
  /** By what was asked. */
  answers: Map<string, Promise<unknown>>;
}
type Memory = Map<TableNames, Known>;
/** The calls as this project makes them: the table comes first. */
interface Calls {
  get(table: TableNames, id: string): Promise<unknown>;
  insert(table: TableNames, value: unknown): Promise<unknown>;
  patch(table: TableNames, id: string, value: unknown): Promise<unknown>;
  replace(table: TableNames, id: string, value: unknown): Promise<unknown>;
  delete(table: TableNames, id: string): Promise<unknown>;
}

const memories = new WeakMap<object, Memory>();

/** The same database for one mutation: a row is fetched by its id once, until the mutation writes it. */
export function withMemory(db: DatabaseWriter): DatabaseWriter {
  const memory: Memory = new Map();
  const calls = db as unknown as Calls;
  const written = (table: TableNames, id: string) => {
    memory.get(table)?.rows.delete(id);
    memory.get(table)?.answers.clear();
  };
  const remembering: Calls = {
    get: (table, id) => recall(of(memory, table).rows, id, () => calls.get(table, id)),
    insert(table, value) {
      memory.get(table)?.answers.clear();
      return calls.insert(table, value);
    },
    patch(table, id, value) {
      written(table, id);
      return calls.patch(table, id, value);
    },
    replace(table, id, value) {
      written(table, id);
      return calls.replace(table, id, value);
    },
    delete(table, id) {
      written(table, id);
      return calls.delete(table, id);
    },
  };
  const wrapped = { ...db, ...remembering } as unknown as DatabaseWriter;
  memories.set(wrapped, memory);
  return wrapped;
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
  return recall(of(memory, table).answers, JSON.stringify(key), read) as Promise<T>;
}

function of(memory: Memory, table: TableNames): Known {
  const known = memory.get(table) ?? { rows: new Map(), answers: new Map() };
  memory.set(table, known);
  return known;
}

function recall(
  known: Map<string, Promise<unknown>>,
  key: string,
  read: () => Promise<unknown>,
): Promise<unknown> {
  const present = known.get(key);
  if (present !== undefined) return present;
  const answer = read();
  known.set(key, answer);
  return answer;
}
