/** Seam: what functions of `convexTest()` are told when they err, where suites match on convex-test's words. */
import {
  type AnyDataModel,
  defineSchema,
  defineTable,
  type GenericMutationCtx,
  makeFunctionReference,
  mutationGeneric,
  queryGeneric,
} from "convex/server";
import { type GenericId, v } from "convex/values";
import { expect, it } from "vitest";
import { convexTest } from "./convexTest.ts";

const schema = defineSchema({
  notes: defineTable({ text: v.string() }),
  files: defineTable({}),
});
type Ctx = GenericMutationCtx<AnyDataModel>;
type Id = GenericId<string>;
const notes = {
  add: mutationGeneric({ args: { text: v.string() }, handler: () => null }),
  either: queryGeneric({ args: { of: v.union(v.string(), v.null()) }, handler: () => null }),
  misfit: queryGeneric({ returns: v.string(), handler: () => 1 as never }),
};
const modules = { "./notes.ts": () => Promise.resolve(notes) };
const fn = <K extends "query" | "mutation">(name: string) => makeFunctionReference<K>(name);
const add = fn<"mutation">("notes:add");
const start = () => convexTest(schema, modules);

it("says what convex-test says ahead of the server's own words", async () => {
  const t = start();
  const refused = (call: Promise<unknown>) => expect(call).rejects;
  await refused(t.mutation(add, { text: 1 })).toThrow("Validator error: Expected `string`, got `1`");
  await refused(t.mutation(add, {})).toThrow(
    "Missing required field `text` in object\nArgumentValidationError",
  );
  await refused(t.query(fn<"query">("notes:misfit"))).toThrow(/^Return value validation failed/);
  await refused(t.run((ctx) => ctx.db.insert("notes", { text: "a", more: 1 } as never))).toThrow(
    "Validator error: Unexpected field `more` in object\nFailed to insert",
  );
});

it("says of ids, indexes and modules what convex-test says", async () => {
  const t = start();
  const refused = (work: (ctx: Ctx) => Promise<unknown>) => expect(t.run(work as never)).rejects;
  const gone: Id = await t.run(async (ctx) => {
    const id = await ctx.db.insert("notes", { text: "gone" });
    await ctx.db.delete(id);
    return id;
  });
  await refused(({ db }) => db.get("files", gone as never)).toThrow(
    "Invalid argument `id`, expected ID in table 'files' but got ID in table 'notes'\n",
  );
  await refused(({ db }) => db.get("nonsense" as Id)).toThrow(
    "Invalid argument `id`, expected ID value but got",
  );
  await refused(({ db }) => db.patch(gone, {})).toThrow(`Patch on non-existent document with ID "${gone}"\n`);
  await refused(({ db }) => db.replace(gone, {})).toThrow("Replace on non-existent document with ID");
  await refused(({ db }) => db.delete(gone)).toThrow("Delete on non-existent doc\n");
  await refused(({ db }) =>
    db
      .query("notes")
      .withIndex("by_none" as never)
      .collect(),
  ).toThrow('Cannot use index "by_none" for table "notes"');
  await refused(async ({ db }) => {
    for (const cursor of [null, null]) await db.query("notes").paginate({ numItems: 1, cursor });
  }).toThrow("Only a single paginated query (`.paginate()`) is allowed per function execution\n");
  await expect(t.query(fn<"query">("absent/too:list"))).rejects.toThrow(
    'Could not find module for: "absent/too"\nCould not find public function',
  );
  await expect(t.query(fn<"query">("notes:absent"))).rejects.toThrow(/^Could not find public function/);
  await expect(t.mutation(fn<"mutation">("notes:either"))).rejects.toThrow(
    'Expected a mutation function, but the function exported from module "notes" as `either` is not a mutation.\n',
  );
  await expect(t.action((ctx) => ctx.storage.get("nonsense" as never))).rejects.toThrow(
    "Invalid argument `id`, expected ID value but got 'nonsense'\n",
  );
  await expect(t.query(fn<"query">("notes:either"), { of: 1 })).rejects.toThrow(
    "Validator error: Expected one of v.string(), v.null(), got `1`\n",
  );
});
