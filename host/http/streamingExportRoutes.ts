import type { Context } from "hono";
import { z } from "zod";
import type { Page } from "../transfer/exportedPage.ts";
import type { Place } from "../transfer/snapshotPage.ts";
import type { StreamingExport } from "../transfer/streamingExport.ts";

type Route = (path: string, answer: (c: Context) => Promise<Response>) => unknown;

/** Readers in JavaScript hold it as a float, of which they print no more digits than it takes to find it again. */
const timestamp = z
  .string()
  .regex(/^\d{1,19}$/, "Expected a timestamp in nanoseconds")
  .transform((text) => BigInt(Number(text)));
const place = z.string().transform((text, context): Place => {
  const [, table, id] = /^(\d{1,9}):(\w*)$/.exec(Buffer.from(text, "base64url").toString()) ?? [];
  if (table !== undefined && id !== undefined) return { table: Number(table), id };
  context.addIssue("Expected the cursor of an earlier page");
  return z.NEVER;
});
const page = z.object({
  tableName: z.string().optional(),
  component: z.literal("", { error: "This host has no components" }).optional(),
  format: z.enum(["json", "convex_encoded_json"]).default("json"),
});
const snapshotQuery = page.extend({ snapshot: timestamp.optional(), cursor: place.optional() });
const deltasQuery = page.extend({ cursor: timestamp });

/** The streaming export of Convex (docs.convex.dev/streaming-export-api), as its connectors use it. */
export function streamingExportRoutes(admin: Route, streamingExport: StreamingExport): void {
  admin("/api/json_schemas", async (c) => {
    const { deltaSchema, byComponent } = c.req.query();
    const schemas = await streamingExport.jsonSchemas({ withDelta: deltaSchema === "true" });
    return c.json(byComponent === "true" ? { "": schemas } : schemas);
  });
  admin("/api/list_snapshot", async (c) => {
    const found = await streamingExport.listSnapshot(snapshotQuery.parse(c.req.query()));
    const { table, id } = found.cursor;
    const cursor = JSON.stringify(Buffer.from(`${table}:${id}`).toString("base64url"));
    return answer(c, found, `"snapshot":${found.snapshot},"cursor":${cursor}`);
  });
  admin("/api/document_deltas", async (c) => {
    const found = await streamingExport.documentDeltas(deltasQuery.parse(c.req.query()));
    return answer(c, found, `"cursor":${found.cursor}`);
  });
}

function answer(c: Context, { values, hasMore }: Page<unknown>, more: string): Response {
  return c.body(`{"values":[${values.join(",")}],"hasMore":${hasMore},${more}}`, 200, {
    "Content-Type": "application/json",
  });
}
