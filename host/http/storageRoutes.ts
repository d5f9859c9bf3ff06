import { type Context, Hono } from "hono";
import { findFile, idBehind, readPart, type StoredFile } from "../files/fileStore.ts";
import { mayUpload, receiveFile } from "../files/uploads.ts";
import type { Engine } from "../functions/engine.ts";
import { DeveloperError } from "../values/errors.ts";

/** Largest file that is taken. */
const MAX_FILE_BYTES = 5 * 1024 * 1024 * 1024;

/** Upload and download of stored files, for whoever has a URL. */
export function storageRoutes(engine: Engine): Hono {
  const app = new Hono();
  app.post("/api/storage/upload", async (c) => await upload(c, engine));
  app.get("/api/storage/:secret", async (c) => {
    const found = await engine.inspect((tx) => {
      const id = idBehind(tx.store.driver, c.req.param("secret"));
      const file = id === null ? null : findFile(tx, id);
      return id === null || file === null ? null : { id, file };
    });
    if (found === null) return c.json({ code: "FileNotFound", message: "There is no such file" }, 404);
    return fileResponse(c, engine, found);
  });
  return app;
}

async function upload(c: Context, engine: Engine): Promise<Response> {
  const isGood = await engine.inspect(({ store }) =>
    mayUpload(c.req.query("token") ?? "", store.files.uploadKey),
  );
  if (!isGood)
    return c.json({ code: "BadUploadUrl", message: "This upload URL is invalid or has expired" }, 401);
  if (Number(c.req.header("content-length") ?? 0) > MAX_FILE_BYTES) {
    return c.json({ code: "FileTooLarge", message: `Files may have at most ${MAX_FILE_BYTES} bytes` }, 413);
  }
  const expected = /^sha-256=(.+)$/i.exec(c.req.header("digest") ?? "")?.[1];
  const about = { contentType: c.req.header("content-type"), expected };
  try {
    const storageId = await receiveFile(bodyOf(c), about, async (work) => {
      return (await engine.transact((tx) => ({ commit: true, value: work(tx) }))).value;
    });
    return c.json({ storageId });
  } catch (error) {
    if (error instanceof DeveloperError) return c.json({ code: "BadUpload", message: error.message }, 400);
    throw error;
  }
}

async function* bodyOf(c: Context): AsyncGenerator<Uint8Array> {
  const { body } = c.req.raw;
  if (body !== null) for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) yield chunk;
}

function fileResponse(c: Context, engine: Engine, { id, file }: { id: string; file: StoredFile }): Response {
  let part = 0;
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const at = part++;
      const bytes = await engine.inspect(({ store }) => readPart(store.driver, id, at));
      if (bytes === null) controller.close();
      else controller.enqueue(bytes);
    },
  });
  c.header("Content-Type", file.contentType ?? "application/octet-stream");
  c.header("Content-Length", String(file.size));
  c.header("Digest", `sha-256=${Buffer.from(file.sha256, "hex").toString("base64")}`);
  c.header("Cache-Control", "private, max-age=2592000");
  c.header("X-Content-Type-Options", "nosniff");
  return c.body(body);
}
