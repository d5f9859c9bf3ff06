/** Seam: `convexTest()` where suites written for convex-test lean on that library's own ways. */
import {
  defineSchema,
  defineTable,
  makeFunctionReference,
  mutationGeneric,
  queryGeneric,
} from "convex/server";
import { getDocumentSize, v, type Value } from "convex/values";
import { afterEach, describe, expect, it, vi } from "vitest";
import { convexTest } from "./convexTest.ts";

const schema = defineSchema({
  notes: defineTable({ text: v.string(), at: v.optional(v.int64()) }).index("by_text", ["text"]),
});
interface Write {
  db: { insert(table: string, value: object): Promise<string> };
}
const limits = { documentsRead: 3 };
const notes = {
  add: mutationGeneric({
    args: { text: v.string() },
    handler: async ({ db }: Write, { text }) => {
      await db.insert("notes", { text });
      if (text === "wrong") throw new Error("taken back");
    },
  }),
  count: queryGeneric(async ({ db }) => (await db.query("notes").collect()).length),
  countWithin: queryGeneric(
    async (ctx): Promise<number> =>
      (await ctx.runQuery(fn<"query">("notes:count"), {}, { transactionLimits: limits })) as number,
  ),
  atob: queryGeneric(() => atob("aGk=")),
};
const modules = { "./notes.ts": () => Promise.resolve(notes) };
const fn = <K extends "query" | "mutation">(name: string) => makeFunctionReference<K>(name);
const add = fn<"mutation">("notes:add");
const count = fn<"query">("notes:count");
const start = () => convexTest(schema, modules);

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("globals", () => {
  it("lets a function change its own, and neither its callees nor the test see it", async () => {
    const before = globalThis.atob;
    const seen = await start().action(async (ctx) => {
      globalThis.atob = () => "changed";
      return [atob("x"), await ctx.runQuery(fn<"query">("notes:atob"), {}), atob("x")] as Value[];
    });
    expect(seen).toEqual(["changed", "hi", "changed"]);
    expect(globalThis.atob).toBe(before);
  });

  it("keeps what actions that run at once assign apart", async () => {
    const t = start();
    const own = (name: string) =>
      t.action(async () => {
        globalThis.atob = () => name;
        await new Promise((resolve) => setTimeout(resolve, 1));
        return atob("x");
      });
    expect(await Promise.all([own("one"), own("two")])).toEqual(["one", "two"]);
  });

  it("refuses network and timers in queries and mutations, also when the test has stubbed them", async () => {
    const stub = vi.fn(() => Promise.resolve(new Response("stub")));
    vi.stubGlobal("fetch", stub);
    const t = start();
    await expect(t.run(() => fetch("http://localhost"))).rejects.toThrow("`fetch` is not supported");
    await expect(t.query(async () => void setTimeout(() => undefined))).rejects.toThrow("`setTimeout`");
    expect(stub).not.toHaveBeenCalled();
    expect(await t.action(async () => await (await fetch("http://localhost")).text())).toBe("stub");
  });
});

it("lets a function assign to a global that only has a getter", async () => {
  const own = Object.getOwnPropertyDescriptor(globalThis, "atob");
  const t = start();
  try {
    Object.defineProperty(globalThis, "atob", { configurable: true, get: () => () => "shared" });
    const seen = t.action(() => {
      globalThis.atob = () => "changed";
      return Promise.resolve(atob("x"));
    });
    expect(await seen).toBe("changed");
    expect(atob("x")).toBe("shared");
  } finally {
    Object.defineProperty(globalThis, "atob", own ?? {});
  }
});

describe("time", () => {
  const now = 1_750_000_000_000;

  it("stands still in a transaction, at no time before the commits that it sees", async () => {
    vi.useFakeTimers({ now });
    const t = start();
    await t.mutation(() => Promise.resolve(null));
    vi.setSystemTime(now - 1_000);
    const times = await t.query(async () => {
      const first = Date.now();
      vi.setSystemTime(now + 5_000);
      await Promise.resolve();
      return [first, Date.now(), new Date().getTime()];
    });
    expect(times).toEqual([now, now, now]);
    expect(Date.now()).toBe(now + 5_000);
  });

  it("is the next millisecond after two commits of one, unless the clock was set far back", async () => {
    vi.useFakeTimers({ now });
    const t = start();
    const time = () => Promise.resolve(Date.now());
    expect([await t.mutation(time), await t.mutation(time), await t.mutation(time)]).toEqual([
      now,
      now,
      now + 1,
    ]);
    expect(await t.query(time)).toBe(now + 1);
    expect(Date.now()).toBe(now);
    vi.setSystemTime(now - 86_400_000);
    expect(await t.query(time)).toBe(now - 86_400_000);
  });

  it("takes the commit timestamp at the end, and the next snapshot is that", async () => {
    vi.useFakeTimers({ now });
    const t = start();
    const { id, snapshot } = await t.mutation(async (ctx) => {
      const text = "stamped";
      const made = { snapshot: ctx.meta.getSnapshotTs(), id: "" };
      made.id = await ctx.db.insert("notes", { text, at: ctx.db.vars.commitTs as never });
      vi.setSystemTime(now + 1_000);
      return made;
    });
    expect(snapshot).toBe(0n);
    const after = await t.query(async (ctx) => {
      return { ts: ctx.meta.getSnapshotTs(), at: (await ctx.db.get(id as never))?.["at"] as Value };
    });
    expect(after).toEqual({ ts: BigInt(now + 1_000) * 1_000_000n, at: after.ts });
  });
});

describe("transactions", () => {
  it("runs what t.run calls inside its transaction", async () => {
    const t = start();
    const run = t.run(async (ctx) => {
      await ctx.db.insert("notes", { text: "one" });
      await t.mutation(add, { text: "two" });
      expect(await t.query(count)).toBe(2);
      throw new Error("all of it");
    });
    await expect(run).rejects.toThrow("all of it");
    expect(await t.query(count)).toBe(0);
  });

  it("joins its own open transaction through another instance, and no finished one", async () => {
    const [outer, inner] = [start(), start()];
    let late: Promise<string> | undefined;
    let go: (() => void) | undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    await outer.run(async () => {
      await inner.run(() => outer.action((ctx) => ctx.storage.store(new Blob(["a"]))));
      late = outer.action(async (ctx) => {
        await gate;
        return await ctx.storage.store(new Blob(["b"]));
      });
    });
    go?.();
    await late;
    const stored = (t: typeof outer) =>
      t.query(async (ctx) => (await ctx.db.system.query("_storage").collect()).length);
    expect([await stored(outer), await stored(inner)]).toEqual([2, 0]);
  });
});

describe("limits", () => {
  it("holds a nested call to its own, and does not count writes that it takes back", async () => {
    const t = convexTest({ schema, modules, transactionLimits: { documentsWritten: 4 } });
    await t.run(async (ctx) => {
      for (const text of ["a", "b", "c", "d"]) await ctx.db.insert("notes", { text });
    });
    await expect(t.query(fn<"query">("notes:countWithin"))).rejects.toThrow("Scanned too many documents");
    const used = await t.mutation(async (ctx) => {
      await ctx.runMutation(add, { text: "wrong" }).catch(() => null);
      return (await ctx.meta.getTransactionMetrics()).documentsWritten;
    });
    expect(used).toEqual({ used: 0, remaining: 4 });
  });

  it("counts bytes as getDocumentSize does", async () => {
    const t = start();
    await t.mutation(add, { text: "ä".repeat(10) });
    const [size, used] = await t.query(async (ctx) => {
      const doc = await ctx.db.query("notes").first();
      return [getDocumentSize(doc as never), (await ctx.meta.getTransactionMetrics()).bytesRead.used];
    });
    expect(used).toBe(size);
  });
});

it("takes schemas with search indexes, and refuses only their use", async () => {
  const searched = defineSchema({
    docs: defineTable({ text: v.string() }).searchIndex("by_text", { searchField: "text" }),
  });
  const t = convexTest(searched, {});
  await t.run((ctx) => ctx.db.insert("docs", { text: "a" }));
  const search = t.query((ctx) =>
    ctx.db
      .query("docs")
      .withSearchIndex("by_text", (q) => q.search("text", "a"))
      .collect(),
  );
  await expect(search).rejects.toThrow("no search indexes");
  expect(() => convexTest(defineSchema({ _own: defineTable({}) }), {})).toThrow("reserved");
});

it("stops draining when the fake clock is no longer the one that it began with", async () => {
  const real = setTimeout;
  vi.useFakeTimers();
  let asked: (() => void) | undefined;
  const loading = new Promise<void>((resolve) => (asked = resolve));
  const stuck = () => {
    asked?.();
    return new Promise<never>(() => undefined);
  };
  const t = convexTest(schema, { "./notes.ts": stuck });
  await t.mutation((ctx) => ctx.scheduler.runAfter(0, add, { text: "never" }));
  const drained = t.finishAllScheduledFunctions(vi.runAllTimers).catch((error: unknown) => error);
  await loading;
  vi.useRealTimers();
  vi.useFakeTimers();
  await new Promise((resolve) => real(resolve, 1));
  expect(await drained).toMatchObject({ message: expect.stringContaining("restored or replaced") as string });
});

it("drains under a fake clock what is due on the real one", async () => {
  const t = start();
  await t.mutation((ctx) => ctx.scheduler.runAfter(0, add, { text: "due" }));
  await t.mutation((ctx) => ctx.scheduler.runAfter(3_600_000, add, { text: "never" }));
  vi.useFakeTimers();
  await t.finishAllScheduledFunctions(vi.runAllTimers);
  expect(await t.query(count)).toBe(1);
});

it("gives mutations the token of withIdentity, made up the same each time", async () => {
  const as = start().withIdentity({ name: "Ada", emailVerified: true });
  const { authToken, requestId } = await as.mutation((ctx) => ctx.meta.getRequestMetadata());
  const claims = JSON.parse(Buffer.from(authToken?.split(".")[1] ?? "", "base64url").toString()) as object;
  const identity = await as.query((ctx) => ctx.auth.getUserIdentity());
  expect(claims).toEqual({
    name: "Ada",
    email_verified: true,
    sub: identity?.subject,
    iss: "https://convex.test",
  });
  expect(requestId).toMatch(/^fake-request-id-\d+$/);
});
