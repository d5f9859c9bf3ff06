/** Seam: `convex export` and `convex import` as processes, from one live host into another. */
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { expect, it, onTestFinished } from "vitest";
import { cliProject, emptyHost } from "./cliHost.ts";

const mutation = (name: string) => makeFunctionReference<"mutation">(name);
const query = (name: string) => makeFunctionReference<"query">(name);
const DEPLOY = ["deploy", "-y", "--typecheck", "disable"];

it("moves tables, ids, values and files from one host to another", async () => {
  const project = cliProject();
  onTestFinished(() => project.remove());
  const source = await emptyHost();
  onTestFinished(() => source.stop());
  await project.convex(source, ...DEPLOY);
  const from = new ConvexHttpClient(source.url, { logger: false });
  const task = (await from.mutation(mutation("tasks:add"), { queue: "q", title: "moved" })) as string;
  const bytes = new Uint8Array([0, 1, 255]).buffer;
  await from.mutation(mutation("values:put"), { value: { big: 9n, bytes, odd: -0, text: "ä\u0000" } });
  const target = (await from.mutation(mutation("files:uploadUrl"), {})) as string;
  const { storageId } = (await (await fetch(target, { method: "POST", body: "file" })).json()) as {
    storageId: string;
  };

  const archive = join(project.folder, "snapshot.zip");
  await project.convex(source, "export", "--include-file-storage", "--path", archive);
  // A host whose tables already have other numbers: another app ran there first.
  const destination = await emptyHost();
  onTestFinished(() => destination.stop());
  const other = cliProject();
  onTestFinished(() => other.remove());
  other.write(
    "schema.ts",
    `import { defineSchema, defineTable } from "convex/server"; import { v } from "convex/values";
     export default defineSchema({ elsewhere: defineTable({ a: v.number() }), values: defineTable(v.any()) });`,
  );
  await other.convex(destination, ...DEPLOY);
  await project.convex(destination, ...DEPLOY);
  const imported = await project.convex(destination, "import", "--replace", "-y", archive);
  expect(imported.all).toMatch(/Added \d+ documents/);

  const to = new ConvexHttpClient(destination.url, { logger: false });
  expect(await to.query(query("tasks:get"), { id: task })).toEqual(
    await from.query(query("tasks:get"), { id: task }),
  );
  const values = await to.query(query("values:range"), { order: "asc" });
  expect(values).toEqual([{ big: 9n, bytes, odd: -0, text: "ä\u0000" }]);
  const file = (await to.query(query("files:url"), { id: storageId })) as string;
  expect(await (await fetch(file)).text()).toBe("file");
  expect(await to.query(query("tasks:titles"), { queue: "q" })).toEqual(["moved"]);
}, 180_000);

it("imports lines of one table, and refuses what the schema does not allow, whole", async () => {
  const project = cliProject();
  onTestFinished(() => project.remove());
  const host = await emptyHost();
  onTestFinished(() => host.stop());
  await project.convex(host, ...DEPLOY);
  const file = join(project.folder, "people.jsonl");
  writeFileSync(file, '{"name":"Ada"}\n{"name":"Grace"}\n');
  await project.convex(host, "import", "--table", "people", file);
  writeFileSync(file, '{"name":"Edsger"}\n{"name":7}\n');
  const refused = await project
    .convex(host, "import", "--append", "--table", "people", file)
    .catch((error: unknown) => error as { all: string });
  expect(refused.all).toContain("does not match the schema");
  const rows = await project.convex(host, "data", "people", "--format", "jsonl");
  expect(rows.stdout.match(/"name": "\w+"/g)).toEqual(['"name": "Grace"', '"name": "Ada"']);
}, 120_000);
