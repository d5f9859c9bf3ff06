/** Seam: an import into a store in memory, and what the record of changes has of it. */
import { expect, it } from "vitest";
import { Transaction } from "../database/transaction.ts";
import { memoryStore } from "../fixtures/memoryStore.ts";
import { applyImport } from "./applyImport.ts";

const schema = { tables: [{ name: "rows", indexes: [], documentType: null }] };

it("records what the documents were that it replaces, and which are new", async () => {
  const store = await memoryStore();
  store.changes.keepOn(store.clock.latest);
  const commit = <T>(work: (tx: Transaction) => T) => {
    const tx = new Transaction(store, store.clock.next());
    const value = work(tx);
    tx.keep();
    return { ts: tx.ts, value };
  };
  const { ts: before, value: ids } = commit((tx) => [1, 2, 3].map((n) => tx.insert("rows", { n })));
  const [replaced, deleted, added] = ids as [string, string, string];
  commit((tx) => tx.remove(added));
  const row = (id: string, n: number) => ({ _id: id, _creationTime: n, n });
  const documents = [row(replaced, 10), row(added, 30)];
  const content = { tables: [{ name: "rows", number: null, documents }], files: new Map<string, Buffer>() };
  const { ts } = commit((tx) => applyImport(tx, content, { mode: "replace", schema }));
  const changes = store.changes.at(ts, "rows").map(({ id }) => id);
  expect(changes).toEqual([replaced, deleted, added].sort());
  const numberBefore = (id: string) => {
    const json = store.changes.valueAfter(id, ts - 1n);
    return typeof json === "string" ? (JSON.parse(json) as { n: number }).n : json;
  };
  expect([replaced, deleted, added].map(numberBefore)).toEqual([1, 2, null]);
  expect(store.changes.valueAfter(replaced, before)).toContain('"n":1');
});
