import { createHash, randomUUID } from "node:crypto";
import type { Transaction } from "../database/transaction.ts";
import type { Driver } from "../storage/driver.ts";
import { DeveloperError } from "../values/errors.ts";

/** Stored files: a document in `_storage`, which functions see, and its bytes in parts beside it. */
export const STORAGE_TABLE = "_storage";
/** Bytes of one row, so that a large file never has to be in memory as a whole. */
export const PART_BYTES = 1024 * 1024;

export interface StoredFile {
  /** Hex. */
  readonly sha256: string;
  /** Bytes. */
  readonly size: number;
  readonly contentType?: string;
}

/**
 * Stores bytes and gives the id of the file.
 * @throws DeveloperError when a digest is given (hex or base64) that the bytes do not have
 */
export function storeFile(
  tx: Transaction,
  bytes: Buffer,
  about: { contentType?: string | null | undefined; sha256?: string | undefined },
): string {
  const digest = createHash("sha256").update(bytes).digest();
  const id = insertFile(tx, {
    digest,
    size: bytes.length,
    contentType: about.contentType,
    expected: about.sha256,
  });
  for (let part = 0; part * PART_BYTES < bytes.length; part++) {
    putPart(tx.store.driver, { id, part, bytes: bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES) });
  }
  return id;
}

export interface NewFile {
  readonly digest: Buffer;
  readonly size: number;
  readonly contentType?: string | null | undefined;
  readonly expected?: string | undefined;
}

/** Makes the document of a file and its URL; the parts are the caller's. */
export function insertFile(tx: Transaction, { digest, size, contentType, expected }: NewFile): string {
  const sha256 = digest.toString("hex");
  if (expected !== undefined && ![sha256, digest.toString("base64")].includes(expected)) {
    throw new DeveloperError(`The file's SHA-256 is ${sha256}, expected ${expected}. Upload it again.`);
  }
  tx.openSavepoint();
  const id = tx.insert(STORAGE_TABLE, { sha256, size, ...(contentType && { contentType }) });
  giveUrl(tx.store.driver, id);
  return id;
}

/** Makes the URL of a file, which nobody can guess. */
export function giveUrl(driver: Driver, id: string): void {
  driver.prepare("INSERT INTO file_urls VALUES (?, ?)").run([randomUUID(), id]);
}

export function putPart(
  driver: Driver,
  { id, part, bytes }: { id: string; part: number; bytes: Buffer },
): void {
  driver.prepare("INSERT INTO files VALUES (?, ?, ?)").run([id, part, bytes]);
}

export function findFile(tx: Transaction, id: string): StoredFile | null {
  const json = tx.get(id, STORAGE_TABLE);
  return json === null ? null : (JSON.parse(json) as StoredFile);
}

/** @throws DeveloperError when there is no such file */
export function removeFile(tx: Transaction, id: string): void {
  if (findFile(tx, id) === null) throw new DeveloperError(`storage id ${id} not found`);
  tx.openSavepoint();
  tx.remove(id, STORAGE_TABLE);
  tx.store.driver.prepare("DELETE FROM files WHERE id = ?").run([id]);
  tx.store.driver.prepare("DELETE FROM file_urls WHERE id = ?").run([id]);
}

/** Where the file can be fetched by whoever knows the URL; null when there is no such file. */
export function urlOf(tx: Transaction, id: string): string | null {
  if (findFile(tx, id) === null) return null;
  const row = tx.store.driver.prepare("SELECT secret FROM file_urls WHERE id = ?").get([id]);
  return row === undefined ? null : `${tx.store.files.origin}/api/storage/${String(row["secret"])}`;
}

/** The id behind the secret part of a URL. */
export function idBehind(driver: Driver, secret: string): string | null {
  const row = driver.prepare("SELECT id FROM file_urls WHERE secret = ?").get([secret]);
  return row === undefined ? null : String(row["id"]);
}

/** One part of a file, or null after the last. */
export function readPart(driver: Driver, id: string, part: number): Buffer | null {
  const row = driver.prepare("SELECT bytes FROM files WHERE id = ? AND part = ?").get([id, part]);
  return row === undefined ? null : (row["bytes"] as Buffer);
}

export function readFile(driver: Driver, id: string): Buffer {
  const rows = driver.prepare("SELECT bytes FROM files WHERE id = ? ORDER BY part").all([id]);
  return Buffer.concat(rows.map((row) => row["bytes"] as Buffer));
}
