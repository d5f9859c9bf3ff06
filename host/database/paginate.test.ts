/**
 * Seam: pages of an index over a store in memory, read as a client keeps them: each with the cursor where it begins
 * and the one where it ended at first. A naive model says what they must hold together.
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memoryStore } from "../fixtures/memoryStore.ts";
import { LIMITS } from "../values/limits.ts";
import type { Source } from "./indexRange.ts";
import { type Page, type PageRequest, paginate } from "./paginate.ts";
import type { Order } from "./rows.ts";
import type { Store } from "./store.ts";
import { Transaction } from "./transaction.ts";

class Rows {
  readonly store: Store;
  readonly ids: string[] = [];
  readonly #order: Order;
  readonly #isOdd: boolean;

  constructor(store: Store, order: Order = "asc", isOdd = false) {
    this.store = store;
    this.#order = order;
    this.#isOdd = isOdd;
  }

  insert(n: number): void {
    const tx = this.#tx();
    this.ids.push(tx.insert("rows", { n, isOdd: n % 2 === 1 }));
    tx.keep();
  }

  remove(at: number): void {
    const [id] = this.ids.splice(at % this.ids.length, 1);
    if (id === undefined) return;
    const tx = this.#tx();
    tx.remove(id);
    tx.keep();
  }

  page(more: Partial<PageRequest> = {}): Page & { ns: number[] } {
    const source: Source = { type: "IndexRange", indexName: "rows.by_n", range: [], order: this.#order };
    const operators = this.#isOdd ? [{ filter: { $eq: [{ $field: "isOdd" }, { $literal: true }] } }] : [];
    const request = { query: { source, operators }, cursor: null, endCursor: null, pageSize: 3, ...more };
    const page = paginate(this.#tx(), request);
    return { ...page, ns: page.page.map((json) => (JSON.parse(json) as { n: number }).n) };
  }

  /** Everything, in one page. */
  all(): number[] {
    return this.page({ pageSize: LIMITS.pageSize }).ns;
  }

  #tx(): Transaction {
    return new Transaction(this.store, this.store.clock.next());
  }
}

async function filled(count: number, order: Order = "asc", isOdd = false): Promise<Rows> {
  const rows = new Rows(await memoryStore(), order, isOdd);
  for (let n = 0; n < count; n++) rows.insert(n);
  return rows;
}

describe("a page", () => {
  it("goes on where the one before it ended, until all is done", async () => {
    const rows = await filled(7);
    const first = rows.page();
    const second = rows.page({ cursor: first.continueCursor });
    const third = rows.page({ cursor: second.continueCursor });
    expect([first.ns, second.ns, third.ns]).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect([first.isDone, second.isDone, third.isDone]).toEqual([false, false, true]);
    expect(rows.page({ cursor: third.continueCursor })).toMatchObject({ ns: [], isDone: true });
  });

  it("with a fixed end asks to be split when it has doubled, at a cursor that halves it", async () => {
    const rows = await filled(6);
    const { continueCursor: endCursor } = rows.page();
    for (const n of [0.1, 0.2, 0.3]) rows.insert(n);
    expect(rows.page({ endCursor })).toMatchObject({ ns: [0, 0.1, 0.2, 0.3, 1, 2], pageStatus: null });
    rows.insert(0.4);
    const grown = rows.page({ endCursor });
    expect(grown).toMatchObject({ pageStatus: "SplitRecommended", continueCursor: endCursor });
    const halves = [
      rows.page({ endCursor: grown.splitCursor }),
      rows.page({ cursor: grown.splitCursor, endCursor }),
    ];
    expect(halves.map(({ ns }) => ns)).toEqual([
      [0, 0.1, 0.2, 0.3],
      [0.4, 1, 2],
    ]);
  });

  it.each([
    ["maximumRowsRead", { maximumRowsRead: 4 }],
    ["maximumBytesRead", { maximumBytesRead: 300 }],
  ])("that reads as much as %s allows says what it lacks, and where to go on", async (_, limit) => {
    const rows = await filled(9, "asc", true);
    const page = rows.page({ pageSize: 8, ...limit });
    expect(page).toMatchObject({ pageStatus: "SplitRequired", isDone: false });
    expect(page.ns).toEqual([1, 3]);
    expect(rows.page({ cursor: page.continueCursor, pageSize: 8 }).ns).toEqual([5, 7]);
    const first = rows.page({ endCursor: page.splitCursor });
    const second = rows.page({ cursor: page.splitCursor, endCursor: page.continueCursor });
    expect([...first.ns, ...second.ns]).toEqual([1, 3]);
  });

  it("gets on with the smallest of limits, and does not ask for a split where there is nothing to split", async () => {
    const rows = await filled(3);
    const seen: number[] = [];
    let cursor: string | null = null;
    for (let isDone = false; !isDone;) {
      const page = rows.page({ cursor, maximumRowsRead: 0 });
      expect(page).toMatchObject({ pageStatus: null, splitCursor: null });
      seen.push(...page.ns);
      ({ isDone, continueCursor: cursor } = page);
    }
    expect(seen).toEqual([0, 1, 2]);
  });

  it("that grew beyond what a function may read is cut, so that it can be split", async () => {
    const rows = await filled(4);
    const { continueCursor: endCursor } = rows.page();
    rows.store.driver.exec("BEGIN");
    for (let i = 0; i < LIMITS.documentsRead; i++) rows.insert(0.5);
    rows.store.driver.exec("COMMIT");
    const grown = rows.page({ endCursor });
    expect(grown).toMatchObject({ pageStatus: "SplitRequired", isDone: false });
    expect(grown.page.length).toBe(LIMITS.documentsRead * 0.75);
    const [first, second] = [
      rows.page({ endCursor: grown.splitCursor }),
      rows.page({ cursor: grown.splitCursor, endCursor }),
    ];
    expect(first.page.length + second.page.length).toBe(LIMITS.documentsRead + 3);
    expect(second.ns.at(-1)).toBe(2);
  });
});

const change = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("insert" as const), n: fc.integer({ min: 0, max: 30 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("remove" as const), at: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("more" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("split" as const), at: fc.nat() }) },
);
type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

interface Kept {
  cursor: string | null;
  endCursor: string;
}

/** The pages that a client holds: each from where it began to where it first ended. */
class Client {
  readonly rows: Rows;
  readonly limit: number;
  pages: Kept[] = [];

  constructor(rows: Rows, limit: number) {
    this.rows = rows;
    this.limit = limit;
    this.more();
  }

  more(): void {
    const cursor = this.pages.at(-1)?.endCursor ?? null;
    const { continueCursor } = this.rows.page({ cursor, maximumRowsRead: this.limit });
    this.pages.push({ cursor, endCursor: continueCursor });
  }

  /** All rows of all pages; what must be split is split until nothing is missing. */
  read(): number[] {
    const ns: number[] = [];
    for (let i = 0; i < this.pages.length; i++) {
      const page = this.rows.page({ ...this.pages[i], maximumRowsRead: this.limit });
      if (page.pageStatus === "SplitRequired") {
        this.split(i--, page.splitCursor as string);
        continue;
      }
      ns.push(...page.ns);
    }
    return ns;
  }

  split(i: number, at: string): void {
    const { cursor, endCursor } = this.pages[i] as Kept;
    this.pages.splice(i, 1, { cursor, endCursor: at }, { cursor: at, endCursor });
  }
}

function apply(client: Client, each: Change): void {
  switch (each.do) {
    case "insert":
      return client.rows.insert(each.n);
    case "remove":
      return client.rows.remove(each.at);
    case "more":
      return client.more();
    case "split": {
      const i = each.at % client.pages.length;
      const { splitCursor } = client.rows.page({ ...client.pages[i] });
      return splitCursor === null ? undefined : client.split(i, splitCursor);
    }
    default:
      return each satisfies never;
  }
}

it.each([
  ["asc", false],
  ["asc", true],
  ["desc", false],
  ["desc", true],
] as const)(
  "pages stay without gap and overlap over any history (%s, filtered: %s)",
  async (order, isOdd) => {
    const store = await memoryStore();
    const changes = fc.array(change, { maxLength: 40 });
    fc.assert(
      fc.property(changes, fc.integer({ min: 2, max: 9 }), (history, limit) => {
        const rows = new Rows(store, order, isOdd);
        for (let n = 0; n < 9; n += 2) rows.insert(n + 1);
        const client = new Client(rows, limit);
        for (const each of history) {
          apply(client, each);
          const all = rows.all();
          const read = client.read();
          expect(read).toEqual(all.slice(0, read.length));
        }
        // Whoever reads on to the end has read everything.
        for (let i = 0; i < 100 && client.read().length < rows.all().length; i++) client.more();
        expect(client.read()).toEqual(rows.all());
        while (rows.ids.length > 0) rows.remove(0);
      }),
      { numRuns: 60 },
    );
  },
);
