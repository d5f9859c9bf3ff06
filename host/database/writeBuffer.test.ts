/**
 * Seam: transactions over a store in memory, with random writes, reads, nested calls and ends. A plain map says what
 * each of them must see, and what SQLite must hold when the transaction has ended.
 */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { SqlRow } from "../storage/driver.ts";
import { memoryStore } from "../fixtures/memoryStore.ts";
import { DocumentStream } from "./documentStream.ts";
import type { Source } from "./indexRange.ts";
import type { Store } from "./store.ts";
import { Transaction } from "./transaction.ts";

type Fields = Record<string, number>;
type Model = Map<string, Fields>;
type Write =
  | { kind: "insert"; n: number }
  | { kind: "patch"; at: number; n: number }
  | { kind: "replace"; at: number; n: number }
  | { kind: "remove"; at: number };
type Step =
  Write | { kind: "scan" } | { kind: "snapshot" } | { kind: "nested"; keep: boolean; writes: Write[] };

const n = fc.integer({ min: 0, max: 3 });
const at = fc.nat({ max: 9 });
const write: fc.Arbitrary<Write> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("insert" as const), n }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("patch" as const), at, n }) },
  fc.record({ kind: fc.constant("replace" as const), at, n }),
  fc.record({ kind: fc.constant("remove" as const), at }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: write },
  fc.record({ kind: fc.constant("scan" as const) }),
  fc.record({ kind: fc.constant("snapshot" as const) }),
  fc.record({
    kind: fc.constant("nested" as const),
    keep: fc.boolean(),
    writes: fc.array(write, { maxLength: 4 }),
  }),
);
const transactions = fc.array(fc.record({ keep: fc.boolean(), steps: fc.array(step, { maxLength: 12 }) }), {
  maxLength: 6,
});

it("lets a transaction read its own writes, but for its snapshots, and leaves exactly those that were kept", async () => {
  const store = await memoryStore();
  fc.assert(
    fc.property(transactions, (history) => {
      emptyTable(store);
      let model: Model = new Map();
      for (const { keep, steps } of history) {
        store.driver.exec("BEGIN IMMEDIATE");
        const tx = new Transaction(store, store.clock.next());
        const mine = new Map(model);
        for (const each of steps) {
          if (each.kind === "snapshot") lookBack(tx, model);
          else play(tx, mine, each);
        }
        if (keep) {
          tx.keep();
          model = mine;
        } else tx.takeBack();
        store.driver.exec("COMMIT");
        expect(rowsIn(store)).toEqual(expectedRows(store, model));
      }
    }),
  );
});

it("touches the keys that a document had before and has afterwards, but none in between", async () => {
  const store = await memoryStore();
  const tx = new Transaction(store, store.clock.next());
  const id = tx.insert("rows", { n: 1 });
  tx.patch(id, { n: 2 });
  tx.keep();
  expect(tx.touched).toHaveLength(3);
  const later = new Transaction(store, store.clock.next());
  later.patch(id, { n: 3 });
  later.patch(id, { n: 4 });
  later.keep();
  const byIndex = later.touched.map(({ index }) => index).sort((a, b) => a - b);
  expect(byIndex).toEqual([...new Set(byIndex), byIndex.at(-1)]);
  const gone = new Transaction(store, store.clock.next());
  gone.remove(gone.insert("rows", { n: 5 }));
  gone.keep();
  expect(gone.touched).toEqual([]);
});

function emptyTable(store: Store): void {
  store.driver.exec("DELETE FROM docs; DELETE FROM idx");
}

/** In a snapshot there is what there was before the transaction; `model` says what. */
function lookBack(tx: Transaction, model: Model): void {
  const snapshot = tx.openSnapshot();
  expect(scan(snapshot.tx)).toEqual(sorted(model));
  for (const [id, fields] of model) expect(fieldsOf(snapshot.tx.get(id))).toEqual(fields);
  snapshot.close();
}

function play(tx: Transaction, model: Model, step: Exclude<Step, { kind: "snapshot" }>): void {
  if (step.kind === "scan") expect(scan(tx)).toEqual(sorted(model));
  else if (step.kind === "nested") nest(tx, model, step);
  else playWrite(tx, model, step);
}

function nest(tx: Transaction, model: Model, { keep, writes }: Step & { kind: "nested" }): void {
  const before = new Map(model);
  const close = tx.openNested();
  for (const each of writes) playWrite(tx, model, each);
  close(keep);
  if (keep) return;
  model.clear();
  for (const [id, fields] of before) model.set(id, fields);
}

function playWrite(tx: Transaction, model: Model, step: Write): void {
  if (step.kind === "insert") {
    model.set(tx.insert("rows", { n: step.n }), { n: step.n });
    return;
  }
  const id = [...model.keys()][step.at % Math.max(1, model.size)];
  if (id === undefined) return;
  if (step.kind === "patch") tx.patch(id, { n: step.n, p: 1 });
  else if (step.kind === "replace") tx.replace(id, { n: step.n });
  else tx.remove(id);
  if (step.kind === "remove") model.delete(id);
  else model.set(id, { ...(step.kind === "patch" && { ...model.get(id), p: 1 }), n: step.n });
  expect(fieldsOf(tx.get(id))).toEqual(model.get(id) ?? null);
}

function scan(tx: Transaction): number[] {
  const source: Source = { type: "IndexRange", indexName: "rows.by_n", range: [], order: null };
  const stream = new DocumentStream(tx, { source, operators: [] });
  const found: number[] = [];
  for (let json = stream.next(); json !== null; json = stream.next())
    found.push(fieldsOf(json)?.["n"] ?? NaN);
  return found;
}

function fieldsOf(json: string | null): Fields | null {
  if (json === null) return null;
  const { _id, _creationTime, ...fields } = JSON.parse(json) as Fields;
  return fields;
}

const sorted = (model: Model): number[] => [...model.values()].map(({ n }) => n ?? NaN).sort();

/** Every index row with its document, as SQLite has them: `index` by its name. */
function rowsIn({ driver }: Store): SqlRow[] {
  return driver
    .prepare(
      "SELECT x.name AS name, d.json AS json FROM idx i JOIN docs d ON d.seq = i.doc JOIN indexes x ON x.number = i.idx",
    )
    .all()
    .sort(byText);
}

/** What the model's documents are stored as when each is read by its id, once for each index. */
function expectedRows(store: Store, model: Model): SqlRow[] {
  const tx = new Transaction(store, store.clock.next());
  const rows: SqlRow[] = [];
  for (const [id, fields] of model) {
    const json = tx.get(id);
    expect(fieldsOf(json)).toEqual(fields);
    for (const name of ["by_id", "by_creation_time", "by_n"]) rows.push({ name, json });
  }
  expect(scan(tx)).toEqual(sorted(model));
  return rows.sort(byText);
}

function byText(a: SqlRow, b: SqlRow): number {
  return JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
}
