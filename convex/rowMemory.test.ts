/** What a mutation remembers of rows, against the same steps on the bare database. */
import { convexTest } from "convex-test";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { modules } from "./queue.testkit.ts";
import schema from "./schema.ts";
import type { Doc, Id } from "./_generated/dataModel.js";
import type { DatabaseWriter } from "./_generated/server.js";
import { flush, once, onceRow, withMemory } from "./model/shared/rowMemory.ts";

const SLOTS = ["a", "b"];
const step = fc.tuple(
  fc.constantFrom("get", "ask", "one", "range", "patch", "unset", "replace", "remove", "insert"),
  fc.constantFrom(...SLOTS),
  fc.nat(3),
);

const facts = (found: Doc<"namespaces"> | null) => found && [found.name, found.paused, found.repo ?? "none"];

/** Runs the steps over rows of `namespaces`, one a slot, and gives everything that was read, and what is left. */
async function run(db: DatabaseWriter, steps: [string, string, number][]): Promise<unknown[]> {
  const row = (name: string, n: number) => ({
    name,
    paused: n % 2 === 0,
    profiles: [],
    harnessDefaults: {},
    cascade: [],
    limits: {},
    repo: "a/b",
  });
  const ids = new Map<string, Id<"namespaces">>();
  const seen: unknown[] = [];
  for (const [what, slot, n] of steps) {
    const id = ids.get(slot);
    if (what === "insert" && id === undefined) ids.set(slot, await db.insert("namespaces", row(slot, n)));
    if (what === "ask") {
      const ask = () => db.query("namespaces").withIndex("by_name").collect();
      seen.push((await once({ db }, { table: "namespaces", key: [] }, ask)).map(facts));
    }
    if (what === "one") {
      // No step changes a name, so the row goes on to answer.
      const ask = () =>
        db
          .query("namespaces")
          .withIndex("by_name", (q) => q.eq("name", slot))
          .first();
      seen.push(facts(await onceRow({ db }, { table: "namespaces", key: [slot] }, ask)));
    }
    if (what === "range") {
      const paused = await db
        .query("namespaces")
        .withIndex("by_name", (q) => q.gte("name", slot))
        .order("desc")
        .take(n);
      seen.push(paused.map(facts));
    }
    if (id === undefined) continue;
    if (what === "get") seen.push(facts(await db.get("namespaces", id)));
    if (what === "remove") await db.delete("namespaces", id);
    if (what === "remove") ids.delete(slot);
    if (what === "patch") await db.patch("namespaces", id, { paused: n > 1 });
    if (what === "unset") await db.patch("namespaces", id, { repo: undefined });
    if (what === "replace") await db.replace("namespaces", id, row(slot, n));
  }
  return seen;
}

describe("withMemory", () => {
  it("gives what the database itself would give, whatever is written in between", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const results = await Promise.all(
          [withMemory, (db: DatabaseWriter) => db].map((over) =>
            convexTest(schema, modules).run(async (ctx) => {
              const db = over(ctx.db);
              const seen = await run(db, steps);
              await flush({ db });
              return [seen, (await ctx.db.query("namespaces").collect()).map(facts)];
            }),
          ),
        );
        expect(results[0]).toEqual(results[1]);
      }),
      { numRuns: 40 },
    );
  });

  it("asks for a row once, also after it was patched, and again after it was replaced", async () => {
    const { calls, db } = counting();
    const get = () => db.get("namespaces", "r1" as never);
    await get();
    await db.patch("namespaces", "r1" as never, { paused: true });
    expect(await get()).toMatchObject({ private: true, paused: true });
    expect(calls).toEqual(["get"]);
    await db.replace("namespaces", "r1" as never, {} as never);
    await get();
    expect(calls).toEqual(["get", "replace", "get"]);
  });

  it("writes all patches of a row at once, when the mutation ends", async () => {
    const { calls, db } = counting();
    await db.patch("namespaces", "r1" as never, { paused: true, repo: "a/b" });
    await db.patch("namespaces", "r1" as never, { repo: undefined });
    expect(calls).toEqual([]);
    await flush({ db });
    await flush({ db });
    expect(calls).toEqual(['patch {"paused":true,"repo":"gone"}']);
  });

  it("forgets the patches of a row that is deleted", async () => {
    const { calls, db } = counting();
    await db.patch("namespaces", "r1" as never, { paused: true });
    await db.delete("namespaces", "r1" as never);
    await flush({ db });
    expect(calls).toEqual(["delete"]);
  });
});

/** A database of one row that notes what it is asked. */
function counting() {
  const calls: string[] = [];
  const note = (name: string) => () => Promise.resolve(void calls.push(name));
  const db = withMemory({
    get: () => Promise.resolve((calls.push("get"), { private: true })),
    patch: (_table: string, _id: string, value: Record<string, unknown>) =>
      Promise.resolve(void calls.push(`patch ${JSON.stringify(value, (_, field) => field ?? "gone")}`)),
    replace: note("replace"),
    delete: note("delete"),
  } as unknown as DatabaseWriter);
  return { calls, db };
}
