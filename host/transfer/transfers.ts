import { randomUUID } from "node:crypto";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deployment } from "../deploy/deployment.ts";
import type { Engine } from "../functions/engine.ts";
import type { Subscriptions } from "../subscriptions/subscriptions.ts";
import { DeveloperError, messageOf } from "../values/errors.ts";
import { type ConvexObject, int64Json } from "../values/json.ts";
import { applyImport, type ImportMode } from "./applyImport.ts";
import { exportArchive } from "./exportArchive.ts";
import { type ImportContent, type ImportFormat, readImport } from "./readImport.ts";

/** Largest file that is imported, bytes: it is read into memory. */
const MAX_IMPORT_BYTES = 1024 ** 3;

export interface ImportRequest {
  readonly tableName: string | null;
  readonly mode: ImportMode;
  readonly format: ImportFormat;
}

/** Exports and imports of `convex export` and `convex import`, whose states are documents that the CLI watches. */
export class Transfers {
  readonly #engine: Engine;
  readonly #deployment: Deployment;
  readonly #subscriptions: Subscriptions;
  /** Folder of each upload under way. */
  readonly #uploads = new Map<string, { folder: string; bytes: number }>();
  readonly #read = new Map<string, { content: ImportContent; mode: ImportMode }>();
  readonly #exports = new Map<string, boolean>();

  constructor(parts: { engine: Engine; deployment: Deployment; subscriptions: Subscriptions }) {
    this.#engine = parts.engine;
    this.#deployment = parts.deployment;
    this.#subscriptions = parts.subscriptions;
  }

  /** Notes that an export is wanted; it is made while it is downloaded, so it is "completed" at once. */
  async requestExport(includeStorage: boolean): Promise<void> {
    const ts = this.#engine.latestTs;
    this.#exports.set(ts.toString(), includeStorage);
    const stamp = int64Json(ts);
    const state = { state: "completed", start_ts: stamp, complete_ts: stamp, zip_object_key: ts.toString() };
    await this.#write("_exports", state);
  }

  /** The archive of an export that was asked for, or null. */
  download(ts: string): ReadableStream<Uint8Array> | null {
    const includeStorage = this.#exports.get(ts);
    if (includeStorage === undefined) return null;
    return exportArchive((work) => this.#engine.inspect(work), includeStorage);
  }

  async startUpload(): Promise<string> {
    const token = randomUUID();
    const folder = await mkdtemp(join(tmpdir(), "drover-import-"));
    this.#uploads.set(token, { folder, bytes: 0 });
    return token;
  }

  /** @throws DeveloperError when the upload is unknown or too large */
  async addPart(token: string, part: number, bytes: Uint8Array): Promise<string> {
    const upload = this.#uploads.get(token);
    if (upload === undefined || !Number.isInteger(part)) throw new DeveloperError("There is no such upload.");
    upload.bytes += bytes.length;
    if (upload.bytes > MAX_IMPORT_BYTES) {
      throw new DeveloperError(`Imports may have at most ${MAX_IMPORT_BYTES} bytes.`);
    }
    const file = await open(join(upload.folder, String(part)), "w", 0o600);
    await file.writeFile(bytes);
    await file.close();
    return String(part);
  }

  /** Reads what was uploaded; gives the id of the import, which then waits for its confirmation. */
  async finishUpload(token: string, parts: readonly string[], request: ImportRequest): Promise<string> {
    const upload = this.#uploads.get(token);
    if (upload === undefined) throw new DeveloperError("There is no such upload.");
    this.#uploads.delete(token);
    try {
      const read = parts.map((part) => readFile(join(upload.folder, String(Number(part)))));
      const bytes = Buffer.concat(await Promise.all(read));
      const content = readImport(bytes, request.format, request.tableName);
      const message = content.tables
        .map(({ name, documents }) => `${name}: ${documents.length} documents`)
        .join("\n");
      const id = await this.#write("_imports", {
        state: {
          state: "waiting_for_confirmation",
          message_to_confirm: message,
          require_manual_confirmation: false,
        },
      });
      this.#read.set(id, { content, mode: request.mode });
      return id;
    } catch (error) {
      if (!(error instanceof DeveloperError)) throw error;
      return await this.#write("_imports", { state: { state: "failed", error_message: error.message } });
    } finally {
      await rm(upload.folder, { recursive: true, force: true });
    }
  }

  /** Writes a confirmed import in one transaction. */
  async perform(id: string): Promise<void> {
    const waiting = this.#read.get(id);
    if (waiting === undefined)
      throw new DeveloperError(`There is no import ${id} that waits to be performed.`);
    this.#read.delete(id);
    const { content, mode } = waiting;
    const schema = this.#deployment.current.schema;
    try {
      const { value: rows } = await this.#engine.maintain((tx) => applyImport(tx, content, { mode, schema }));
      await this.#settle(id, { state: "completed", num_rows_written: int64Json(BigInt(rows)) });
    } catch (error) {
      await this.#deployment.reloadTables();
      await this.#settle(id, { state: "failed", error_message: messageOf(error) });
    }
    this.#subscriptions.invalidateAll();
  }

  async #settle(id: string, state: ConvexObject): Promise<void> {
    await this.#engine.maintain((tx) => tx.patch(id, { state }));
  }

  async #write(table: string, value: ConvexObject): Promise<string> {
    return (await this.#engine.maintain((tx) => tx.insert(table, value))).value;
  }

  /** Removes what uploads have left on disk. */
  async close(): Promise<void> {
    const folders = [...this.#uploads.values()].map(({ folder }) => folder);
    await Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true })));
  }
}
