import { type Context, Hono } from "hono";
import { findFile, idBehind, PART_BYTES, readPart, type StoredFile } from "../files/fileStore.ts";
import { mayUpload, receiveFile } from "../files/uploads.ts";
import type { Engine } from "../functions/engine.ts";
import { DeveloperError } from "../values/errors.ts";
import { type Range, wantedRange } from "./range.ts";

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
  const etag = `"${file.sha256}"`;
  c.header("ETag", etag);
  c.header("Cache-Control", "private, max-age=2592000");
  if (c.req.header("if-none-match") === etag) return c.body(null, 304);
  c.header("Content-Type", file.contentType ?? "application/octet-stream");
  c.header("Digest", `sha-256=${Buffer.from(file.sha256, "hex").toString("base64")}`);
  c.header("Accept-Ranges", "bytes");
  c.header("X-Content-Type-Options", "nosniff");
  // A range of another version than the one that the caller has would be glued to the wrong bytes.
  const isSame = [undefined, etag].includes(c.req.header("if-range"));
  const wanted = wantedRange(isSame ? c.req.header("range") : undefined, file.size);
  if (wanted.kind === "none") {
    c.header("Content-Range", `bytes */${file.size}`);
    return c.json({ code: "RangeNotSatisfiable", message: `The file has ${file.size} bytes` }, 416);
  }
  const { from, to } = wanted.kind === "part" ? wanted : { from: 0, to: file.size };
  c.header("Content-Length", String(to - from));
  if (wanted.kind === "part") c.header("Content-Range", `bytes ${from}-${to - 1}/${file.size}`);
  const status = wanted.kind === "part" ? 206 : 200;
  return c.req.method === "HEAD" ? c.body(null, status) : c.body(bytesOf(engine, id, { from, to }), status);
}

/** The bytes `from` up to `to` (exclusive), read a part at a time as they are sent. */
function bytesOf(engine: Engine, id: string, { from, to }: Range): ReadableStream<Uint8Array> {
  let at = from;
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      if (at >= to) return controller.close();
      const part = Math.floor(at / PART_BYTES);
      const bytes = await engine.inspect(({ store }) => readPart(store.driver, id, part));
      // Deleted while it was being sent: the caller must not take what it has for the whole.
      if (bytes === null) return controller.error(new Error(`The file ${id} was deleted while it was sent.`));
      const start = at - part * PART_BYTES;
      const chunk = bytes.subarray(start, Math.min(bytes.length, start + to - at));
      at += chunk.length;
      controller.enqueue(chunk);
    },
  });
}
