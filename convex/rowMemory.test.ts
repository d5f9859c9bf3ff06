/** What a mutation remembers of rows, against the same steps on the bare database. */
import { convexTest } from "convex-test";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { modules } from "./queue.testkit.ts";
import schema from "./schema.ts";
import type { Doc, Id } from "./_generated/dataModel.js";
import type { DatabaseWriter } from "./_generated/server.js";
import { once, withMemory } from "./model/shared/rowMemory.ts";

const SLOTS = ["a", "b"];
const step = fc.tuple(
  fc.constantFrom("get", "ask", "patch", "replace", "remove", "insert"),
  fc.constantFrom(...SLOTS),
  fc.nat(3),
);

/** Runs the steps over rows of `namespaces`, one a slot, and gives everything that was read. */
async function run(db: DatabaseWriter, steps: [string, string, number][]): Promise<unknown[]> {
  const row = (name: string, n: number) => ({
    name,
    paused: n % 2 === 0,
    profiles: [],
    harnessDefaults: {},
    cascade: [],
    limits: {},
  });
  const ids = new Map<string, Id<"namespaces">>();
  const seen: unknown[] = [];
  const facts = (found: Doc<"namespaces"> | null) => found && [found.name, found.paused];
  for (const [what, slot, n] of steps) {
    const id = ids.get(slot);
    if (what === "insert" && id === undefined) ids.set(slot, await db.insert("namespaces", row(slot, n)));
    if (what === "ask") {
      const ask = () => db.query("namespaces").withIndex("by_name").collect();
      seen.push((await once({ db }, { table: "namespaces", key: [] }, ask)).map(facts));
    }
    if (id === undefined) continue;
    if (what === "get") seen.push(facts(await db.get("namespaces", id)));
    if (what === "remove") await db.delete("namespaces", id);
    if (what === "remove") ids.delete(slot);
    if (what === "patch") await db.patch("namespaces", id, { paused: n > 1 });
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
            convexTest(schema, modules).run((ctx) => run(over(ctx.db), steps)),
          ),
        );
        expect(results[0]).toEqual(results[1]);
      }),
      { numRuns: 40 },
    );
  });

  it("asks for a row once, and again after it was written", async () => {
    let gets = 0;
    const row = { private: true };
    const db = withMemory({
      get: () => Promise.resolve((gets++, row)),
      patch: () => Promise.resolve(),
    } as unknown as DatabaseWriter);
    const get = () => db.get("namespaces", "r1" as never);
    await get();
    await get();
    expect(gets).toBe(1);
    await db.patch("namespaces", "r1" as never, {});
    await get();
    expect(gets).toBe(2);
  });
});
