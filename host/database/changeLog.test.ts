/** Seam: the record of changes of a store in memory, in transactions as the host makes them. */
import { afterEach, expect, it, vi } from "vitest";
import { memoryStore } from "../fixtures/memoryStore.ts";
import type { Store } from "./store.ts";
import { Transaction } from "./transaction.ts";

afterEach(() => vi.restoreAllMocks());

async function recordingStore(): Promise<Store> {
  const store = await memoryStore();
  store.changes.keepOn(store.clock.latest);
  return store;
}

function commit(store: Store, work: (tx: Transaction) => void): bigint {
  const tx = new Transaction(store, store.clock.next());
  work(tx);
  tx.keep();
  return tx.ts;
}

const insertRow = (store: Store, n: number) => {
  let id = "";
  const ts = commit(store, (tx) => (id = tx.insert("rows", { n })));
  return { id, ts };
};
const numberIn = (json: string | null | undefined) =>
  json === null || json === undefined ? json : (JSON.parse(json) as { n: number }).n;

it("has one change for a document that a transaction writes several times, and none for one that it leaves", async () => {
  const store = await recordingStore();
  const { id } = insertRow(store, 1);
  const ts = commit(store, (tx) => {
    tx.patch(id, { n: 2 });
    tx.flush();
    tx.patch(id, { n: 3 });
    tx.remove(tx.insert("rows", { n: 9 }));
    tx.openNested()(true);
    const close = tx.openNested();
    tx.insert("rows", { n: 10 });
    close(false);
  });
  expect(store.changes.at(ts, undefined)).toEqual([{ ts, id, table: "rows" }]);
  const unchanged = commit(store, (tx) => tx.patch(id, { n: 3 }));
  expect(store.changes.at(unchanged, undefined)).toEqual([]);
});

it("knows what a document was after each change but the last", async () => {
  const store = await recordingStore();
  const { id, ts: first } = insertRow(store, 1);
  const second = commit(store, (tx) => tx.patch(id, { n: 2 }));
  const third = commit(store, (tx) => tx.remove(id));
  const after = [first - 1n, first, second, third].map((ts) => numberIn(store.changes.valueAfter(id, ts)));
  expect(after).toEqual([null, 1, 2, undefined]);
  expect(store.changes.lastChange(id, second)).toBe(second);
  expect(store.changes.lastChange(id, first - 1n)).toBeNull();
});

it("records nothing before somebody asks, and forgets all when nobody has for a week", async () => {
  const store = await memoryStore();
  insertRow(store, 1);
  expect(store.changes.next(0n, undefined)).toBeNull();
  store.changes.keepOn(store.clock.latest);
  insertRow(store, 2);
  store.changes.sweep();
  expect(store.changes.next(0n, undefined)).not.toBeNull();
  const now = Date.now();
  vi.spyOn(Date, "now").mockImplementation(() => now + 8 * 86_400_000);
  store.changes.sweep();
  expect(store.changes.isOn).toBe(false);
  expect(store.changes.next(0n, undefined)).toBeNull();
});
