/** Seam: the streaming export over HTTP, beside clients that change documents; its schemas against what it exports. */
import Ajv from "ajv";
import { join } from "node:path";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { ADMIN_KEY, fixtureHost, httpClient, mutation, tempFolder } from "../fixtures/harness.ts";

// Bodies are looked into freely.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
type Body = any;

const get = async (url: string, path: string, query: Record<string, string> = {}) => {
  const { key = ADMIN_KEY, ...rest } = query;
  const answer = await fetch(`${url}/api/${path}?${new URLSearchParams(rest).toString()}`, {
    headers: { authorization: `Convex ${key}` },
  });
  return { status: answer.status, body: (await answer.json()) as Body };
};

async function fullSnapshot(url: string, query: Record<string, string> = {}, between = async () => {}) {
  const values: Body[] = [];
  let pages = 0;
  for (let position = {}; ;) {
    const { status, body } = await get(url, "list_snapshot", { ...query, ...position });
    expect(status).toBe(200);
    values.push(...body.values);
    pages++;
    if (!body.hasMore) return { values, pages, snapshot: String(body.snapshot) };
    position = { snapshot: String(body.snapshot), cursor: body.cursor };
    await between();
  }
}

async function allDeltas(url: string, from: string, query: Record<string, string> = {}) {
  const values: Body[] = [];
  let pages = 0;
  for (let cursor = from; ;) {
    const { status, body } = await get(url, "document_deltas", { ...query, cursor });
    expect(status).toBe(200);
    values.push(...body.values);
    pages++;
    cursor = String(body.cursor);
    if (!body.hasMore) return { values, pages, cursor };
  }
}

const titlesOf = (values: Body[]) => values.map(({ title }) => title as string).sort();
const add = (url: string, title: string) =>
  httpClient(url).mutation(mutation("tasks:add"), { queue: "a", title }) as Promise<string>;
const rename = (url: string, id: string, title: string) =>
  httpClient(url).mutation(mutation("tasks:rename"), { id, title });
const remove = (url: string, id: string) => httpClient(url).mutation(mutation("tasks:remove"), { id });

describe("a snapshot", () => {
  it("holds the documents of all tables or of one, with table and timestamp", async () => {
    const { url } = await fixtureHost();
    const id = await add(url, "one");
    await httpClient(url).mutation(mutation("marks:write_"), { text: "mark" });
    const { values, snapshot } = await fullSnapshot(url);
    expect(values.map(({ _table }) => _table as string)).toEqual(expect.arrayContaining(["tasks", "marks"]));
    const one = await fullSnapshot(url, { tableName: "tasks" });
    expect(one.values).toEqual([
      expect.objectContaining({ _id: id, _table: "tasks", _component: "", title: "one", priority: 1 }),
    ]);
    expect(one.values[0]._ts).toBeLessThanOrEqual(Number(snapshot));
  });

  it("stays that of its first page while documents are inserted, changed and removed", async () => {
    const { url } = await fixtureHost();
    const ids: string[] = [];
    for (let i = 0; i < 600; i++) ids.push(await add(url, String(i).padStart(3, "0")));
    const expected = ids.map((_, i) => String(i).padStart(3, "0"));
    let turn = 0;
    const { values, pages, snapshot } = await fullSnapshot(url, { tableName: "tasks" }, async () => {
      turn++;
      for (const id of ids.slice(turn * 20, turn * 20 + 10)) await rename(url, id, "renamed");
      for (const id of ids.slice(turn * 100, turn * 100 + 40)) await remove(url, id).catch(() => null);
      for (let i = 0; i < 20; i++) await add(url, "late");
    });
    expect(pages).toBe(3);
    expect(titlesOf(values)).toEqual(expected);
    const { values: deltas } = await allDeltas(url, snapshot, { tableName: "tasks" });
    const now = new Map(values.map((value) => [value._id, value]));
    for (const value of deltas) {
      if (value._deleted) now.delete(value._id);
      else now.set(value._id, value);
    }
    const after = await fullSnapshot(url, { tableName: "tasks" });
    const bare = ({ _ts, ...document }: Body) => document as object;
    const byId = (a: Body, b: Body) => (a._id < b._id ? -1 : 1);
    expect([...now.values()].map(bare).sort(byId)).toEqual(after.values.map(bare).sort(byId));
  });
});

describe("deltas", () => {
  it("are inserts, changes and removals after the cursor, in the order of their transactions", async () => {
    const { url } = await fixtureHost();
    const old = await add(url, "old");
    const { snapshot } = await fullSnapshot(url);
    const id = await add(url, "new");
    await rename(url, id, "renamed");
    await remove(url, old);
    const only = { tableName: "tasks" };
    const { values, cursor } = await allDeltas(url, snapshot, only);
    expect(values).toEqual([
      expect.objectContaining({ _id: id, title: "new", _table: "tasks" }),
      expect.objectContaining({ _id: id, title: "renamed", _table: "tasks" }),
      { _id: old, _deleted: true, _table: "tasks", _component: "", _ts: expect.any(Number) as number },
    ]);
    const times = values.map(({ _ts }) => _ts as number);
    expect(times).toEqual([...new Set(times)].sort((a, b) => a - b));
    expect((await allDeltas(url, cursor, only)).values).toEqual([]);
  });

  it("come page by page, and none is left out or given twice", async () => {
    const { url } = await fixtureHost();
    const { snapshot } = await fullSnapshot(url);
    await Promise.all(Array.from({ length: 700 }, (_, i) => add(url, String(i).padStart(3, "0"))));
    const { values, pages } = await allDeltas(url, snapshot, { tableName: "tasks" });
    expect(pages).toBe(3);
    expect(titlesOf(values)).toEqual(Array.from({ length: 700 }, (_, i) => String(i).padStart(3, "0")));
  });

  it("know nothing of what a failed mutation wrote", async () => {
    const { url } = await fixtureHost();
    const { snapshot } = await fullSnapshot(url);
    await httpClient(url).mutation(mutation("marks:nested"), {});
    const { values } = await allDeltas(url, snapshot, { tableName: "marks" });
    expect(values.map(({ text }) => text as string)).toContain("kept");
    expect(values.map(({ text }) => text as string)).not.toContain("taken back");
  });

  it("go on over a restart of the host", async () => {
    const data = join(tempFolder(), "data.sqlite");
    const first = await fixtureHost({ data });
    const { snapshot } = await fullSnapshot(first.url);
    await add(first.url, "before");
    await first.stop();
    const second = await fixtureHost({ data });
    await add(second.url, "after");
    expect(titlesOf((await allDeltas(second.url, snapshot, { tableName: "tasks" })).values)).toEqual([
      "after",
      "before",
    ]);
  });

  it("begin with the first snapshot, and end a week after the last call", async () => {
    const data = join(tempFolder(), "data.sqlite");
    const host = await fixtureHost({ data });
    const refused = {
      status: 400,
      body: { code: "TimestampOutOfRetention", message: expect.any(String) as string },
    };
    expect(await get(host.url, "document_deltas", { cursor: "0" })).toEqual(refused);
    const { snapshot } = await fullSnapshot(host.url);
    const tooEarly = String(BigInt(snapshot) - 1_000_000_000n);
    expect(await get(host.url, "document_deltas", { cursor: tooEarly })).toEqual(refused);
    expect(await get(host.url, "document_deltas", { cursor: `${Date.now() + 60_000}000000` })).toEqual(
      refused,
    );
    await add(host.url, "kept for a week");
    await host.stop();
    const now = Date.now();
    const after = (days: number) => vi.spyOn(Date, "now").mockImplementation(() => now + days * 86_400_000);
    onTestFinished(() => void vi.restoreAllMocks());
    after(6);
    const second = await fixtureHost({ data });
    expect(titlesOf((await allDeltas(second.url, snapshot, { tableName: "tasks" })).values)).toEqual([
      "kept for a week",
    ]);
    await second.stop();
    // Asked for on the sixth day, so it goes on, but not from the first.
    after(8);
    const third = await fixtureHost({ data });
    expect(await get(third.url, "document_deltas", { cursor: snapshot })).toEqual(refused);
    await third.stop();
  });
});

describe("the schemas", () => {
  it("describe the exported documents of each table", async () => {
    const { url } = await fixtureHost();
    await add(url, "one");
    await httpClient(url).mutation(mutation("marks:write_"), { text: "mark" });
    const { body } = await get(url, "json_schemas", { deltaSchema: "true" });
    expect((await get(url, "json_schemas", { byComponent: "true" })).body).toHaveProperty([""]);
    const { values } = await fullSnapshot(url);
    const ajv = new Ajv({ unknownFormats: "ignore" });
    for (const value of values) {
      const check = ajv.compile(body[value._table] as object);
      expect([check(value), check.errors]).toEqual([true, null]);
    }
    const check = ajv.compile(body.tasks as object);
    expect(check({ ...values.find(({ _table }) => _table === "tasks"), priority: "high" })).toBe(false);
  });
});

it.each([
  ["json_schemas", {}],
  ["list_snapshot", {}],
  ["document_deltas", { cursor: "1" }],
])("needs the admin key for %s", async (path, query) => {
  const { url } = await fixtureHost();
  expect(await get(url, path, { ...query, key: "another" })).toMatchObject({
    status: 403,
    body: { code: "BadDeployKey" },
  });
});

it.each([
  ["document_deltas", {}],
  ["document_deltas", { cursor: "soon" }],
  ["list_snapshot", { cursor: "?" }],
  ["list_snapshot", { format: "csv" }],
  ["list_snapshot", { component: "child" }],
])("refuses %s with %j", async (path, query) => {
  const { url } = await fixtureHost();
  expect(await get(url, path, query)).toMatchObject({ status: 400, body: { code: "BadJsonBody" } });
});
