import { createHash, createHmac, randomUUID, timingSafeEqual } from "node:crypto";
import type { Transaction } from "../database/transaction.ts";
import type { Driver } from "../storage/driver.ts";
import { insertFile, PART_BYTES, putPart } from "./fileStore.ts";

/** An upload URL is good for this long (as on the real server). */
const UPLOAD_WITHIN_MS = 3_600_000;
/** Parts of an upload stand under such an id until the file is whole. */
const UNFINISHED = "upload:";

/** What an upload needs of the host: a transaction of its own for every step. */
export type Transact = <T>(work: (tx: Transaction) => T) => Promise<T>;

/** A URL to which anyone who has it may POST one file or more within the hour. */
export function uploadUrl({ origin, uploadKey }: { origin: string; uploadKey: string }): string {
  const expires = String(Date.now() + UPLOAD_WITHIN_MS);
  return `${origin}/api/storage/upload?token=${expires}.${signature(expires, uploadKey)}`;
}

/** Whether the token of an upload URL is one of this host and has not run out. */
export function mayUpload(token: string, uploadKey: string): boolean {
  const [expires = "", signed = ""] = token.split(".");
  const expected = Buffer.from(signature(expires, uploadKey));
  const given = Buffer.from(signed);
  return given.length === expected.length && timingSafeEqual(given, expected) && Number(expires) > Date.now();
}

/**
 * Stores a file part by part as it arrives, and makes it visible when all of it is there.
 * @throws DeveloperError when the bytes do not have the expected digest
 */
export async function receiveFile(
  body: AsyncIterable<Uint8Array>,
  about: { contentType: string | undefined; expected: string | undefined },
  transact: Transact,
): Promise<string> {
  const draft = `${UNFINISHED}${randomUUID()}`;
  const hash = createHash("sha256");
  let [size, parts, held]: [number, number, Buffer] = [0, 0, Buffer.alloc(0)];
  const put = async (bytes: Buffer) => {
    const part = parts++;
    await transact(({ store }) => putPart(store.driver, { id: draft, part, bytes }));
  };
  try {
    for await (const chunk of body) {
      hash.update(chunk);
      size += chunk.length;
      held = Buffer.concat([held, chunk]);
      for (; held.length >= PART_BYTES; held = held.subarray(PART_BYTES))
        await put(held.subarray(0, PART_BYTES));
    }
    if (held.length > 0) await put(held);
    return await transact((tx) => {
      const id = insertFile(tx, { digest: hash.digest(), size, ...about });
      tx.store.driver.prepare("UPDATE files SET id = ? WHERE id = ?").run([id, draft]);
      return id;
    });
  } catch (error) {
    await transact(({ store }) => dropDraft(store.driver, draft));
    throw error;
  }
}

/** Uploads that a killed host left half-way. */
export function dropUnfinishedUploads(driver: Driver): void {
  driver.prepare("DELETE FROM files WHERE id >= ? AND id < ?").run([UNFINISHED, "upload;"]);
}

function dropDraft(driver: Driver, draft: string): void {
  driver.prepare("DELETE FROM files WHERE id = ?").run([draft]);
}

function signature(expires: string, uploadKey: string): string {
  return createHmac("sha256", uploadKey).update(`upload ${expires}`).digest("base64url");
}
