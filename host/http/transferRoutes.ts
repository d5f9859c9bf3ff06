import { type Context, Hono } from "hono";
import { z } from "zod";
import type { Authenticator } from "../functions/authenticate.ts";
import { IMPORT_MODES } from "../transfer/applyImport.ts";
import { IMPORT_FORMATS } from "../transfer/readImport.ts";
import { OutOfRetention, type StreamingExport } from "../transfer/streamingExport.ts";
import type { Transfers } from "../transfer/transfers.ts";
import { DeveloperError } from "../values/errors.ts";
import { notAdmin } from "./deployRoutes.ts";
import { streamingExportRoutes } from "./streamingExportRoutes.ts";

export interface TransferWiring {
  readonly authenticator: Authenticator;
  readonly transfers: Transfers;
  readonly streamingExport: StreamingExport;
}

const finishBody = z.object({
  import: z.object({
    tableName: z.string().nullish(),
    mode: z.enum(IMPORT_MODES),
    format: z.enum(IMPORT_FORMATS),
  }),
  uploadToken: z.string(),
  partTokens: z.array(z.string()),
});
const performBody = z.object({ importId: z.string() });

/** `convex export` and `convex import` (cli/lib/convexExport.ts and convexImport.ts of the convex package). */
export function transferRoutes({ authenticator, transfers, streamingExport }: TransferWiring): Hono {
  const app = new Hono();
  const admin = (path: string, answer: (c: Context) => Promise<Response>) =>
    app.on(["POST", "GET"], path, async (c) => {
      const problem = notAdmin(c, authenticator);
      if (problem !== null) return c.json({ code: "BadDeployKey", message: problem }, 403);
      try {
        return await answer(c);
      } catch (error) {
        if (error instanceof z.ZodError)
          return c.json({ code: "BadJsonBody", message: z.prettifyError(error) }, 400);
        if (error instanceof OutOfRetention)
          return c.json({ code: "TimestampOutOfRetention", message: error.message }, 400);
        if (error instanceof DeveloperError)
          return c.json({ code: "BadRequest", message: error.message }, 400);
        throw error;
      }
    });
  admin("/api/export/request/zip", async (c) => {
    await transfers.requestExport(c.req.query("includeStorage") === "true");
    return c.json({});
  });
  admin("/api/export/zip/:ts", (c) => Promise.resolve(download(c, transfers)));
  admin("/api/import/start_upload", async (c) => c.json({ uploadToken: await transfers.startUpload() }));
  admin("/api/import/upload_part", async (c) => {
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const { uploadToken = "", partNumber } = c.req.query();
    return c.json(await transfers.addPart(uploadToken, Number(partNumber), bytes));
  });
  admin("/api/import/finish_upload", async (c) => {
    const { uploadToken, partTokens, import: request } = finishBody.parse(await c.req.json());
    const wanted = { ...request, tableName: request.tableName ?? null };
    return c.json({ importId: await transfers.finishUpload(uploadToken, partTokens, wanted) });
  });
  admin("/api/perform_import", async (c) => {
    await transfers.perform(performBody.parse(await c.req.json()).importId);
    return c.json({});
  });
  streamingExportRoutes(admin, streamingExport);
  return app;
}

function download(c: Context, transfers: Transfers): Response {
  const ts = c.req.param("ts") ?? "";
  const body = transfers.download(ts);
  if (body === null) return c.json({ code: "ExportNotFound", message: `There is no export ${ts}` }, 404);
  c.header("Content-Type", "application/zip");
  c.header("Content-Disposition", `attachment; filename=snapshot_${ts}.zip`);
  return c.body(body);
}
