import { Zip, ZipPassThrough, ZipDeflate } from "fflate";
import type { Transaction } from "../database/transaction.ts";
import { readPart } from "../files/fileStore.ts";
import { encodeKey, afterPrefix } from "../values/keyEncoding.ts";

/** Rows or parts read at a time; the executor serves others in between. */
const CHUNK_ROWS = 500;
const README =
  "An export in the format of Convex: a folder per table with documents.jsonl, and the files in _storage.\n" +
  "`npx convex import --replace <this file>` puts it into another deployment, with all ids as they are.\n";

/** Reads with host code, each time in a transaction of its own. */
export type Inspect = <T>(work: (tx: Transaction) => T) => Promise<T>;

export interface ExportedTable {
  readonly name: string;
  /** Stands in the ids of its documents. */
  readonly id: number;
}

/**
 * Writes a zip of all tables (and files), as `convex import` takes it. Documents written while it runs may be in it
 * or not; for a picture of one moment take a backup.
 */
export function exportArchive(inspect: Inspect, includeStorage: boolean): ReadableStream<Uint8Array> {
  let source: AsyncGenerator<Uint8Array, undefined>;
  return new ReadableStream<Uint8Array>({
    start: () => {
      source = archive(inspect, includeStorage);
    },
    pull: async (controller) => {
      const next = await source.next();
      if (next.done === true) controller.close();
      else controller.enqueue(next.value);
    },
    cancel: async () => {
      await source.return(undefined);
    },
  });
}

async function* archive(inspect: Inspect, includeStorage: boolean): AsyncGenerator<Uint8Array, undefined> {
  const ready: Uint8Array[] = [];
  const zip = new Zip((error, chunk) => {
    if (error !== null) throw error;
    ready.push(chunk);
  });
  const tables = await inspect((tx) => exportedTables(tx, includeStorage));
  text(zip, "README.md", README);
  text(zip, "_tables/documents.jsonl", tables.map((table) => `${JSON.stringify(table)}\n`).join(""));
  for (const { name } of tables) {
    const entry = new ZipDeflate(`${name}/documents.jsonl`, { level: 6 });
    zip.add(entry);
    for await (const rows of chunksOf(inspect, name)) {
      entry.push(Buffer.from(rows.map((json) => `${json}\n`).join("")));
      yield* ready.splice(0);
    }
    entry.push(new Uint8Array(0), true);
  }
  if (includeStorage) yield* files(inspect, zip, ready);
  zip.end();
  yield* ready.splice(0);
  return undefined;
}

async function* files(inspect: Inspect, zip: Zip, ready: Uint8Array[]): AsyncGenerator<Uint8Array> {
  for await (const rows of chunksOf(inspect, "_storage")) {
    for (const json of rows) {
      const { _id: id } = JSON.parse(json) as { _id: string };
      const entry = new ZipPassThrough(`_storage/${id}`);
      zip.add(entry);
      for await (const bytes of partsOf(inspect, id)) {
        entry.push(bytes);
        yield* ready.splice(0);
      }
      entry.push(new Uint8Array(0), true);
    }
  }
}

async function* partsOf(inspect: Inspect, id: string): AsyncGenerator<Buffer> {
  for (let part = 0; ; part++) {
    const at = part;
    const bytes = await inspect(({ store }) => readPart(store.driver, id, at));
    if (bytes === null) return;
    yield bytes;
  }
}

function exportedTables({ store }: Transaction, includeStorage: boolean): ExportedTable[] {
  const wanted = store.catalog
    .all()
    .filter(({ name }) => !name.startsWith("_") || (includeStorage && name === "_storage"));
  return wanted.map(({ name, number }) => ({ name, id: number })).sort((a, b) => a.id - b.id);
}

async function* chunksOf(inspect: Inspect, table: string): AsyncGenerator<string[]> {
  const hi = afterPrefix(Buffer.alloc(0));
  for (let lo = encodeKey([]); ;) {
    const from = lo;
    const rows = await inspect(({ store }) => {
      const index = store.catalog.find(table)?.indexes.get("by_creation_time")?.number;
      return index === undefined ? [] : store.rows.scan({ index, lo: from, hi }, "asc", CHUNK_ROWS);
    });
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows.map(({ json }) => json);
    lo = Buffer.concat([last.key, Buffer.of(0)]);
  }
}

function text(zip: Zip, name: string, content: string): void {
  const entry = new ZipDeflate(name, { level: 6 });
  zip.add(entry);
  entry.push(Buffer.from(content), true);
}
