import { findFile, readFile, removeFile, storeFile, urlOf } from "../../files/fileStore.ts";
import { uploadUrl } from "../../files/uploads.ts";
import type { Transaction } from "../../database/transaction.ts";

interface Stored {
  blob: string;
  contentType?: string | null;
  sha256?: string;
}
type Handler = (tx: Transaction, args: never) => string;
type ById = { storageId: string };

/** Operations on stored files (server/impl/storage_impl.ts of the convex package), the same for all functions. */
export const FILE_OPS = {
  "1.0/storageGetUrl": (tx, { storageId }: ById) => JSON.stringify(urlOf(tx, storageId)),
  "1.0/storageGetMetadata": (tx, { storageId }: ById) => JSON.stringify(metadata(tx, storageId)),
  "1.0/storageDelete": (tx, { storageId }: ById) => {
    removeFile(tx, storageId);
    return "null";
  },
  "1.0/storageGenerateUploadUrl": (tx) => JSON.stringify(uploadUrl(tx.store.files)),
  "1.0/storageStore": (tx, { blob, contentType, sha256 }: Stored) =>
    JSON.stringify(storeFile(tx, Buffer.from(blob, "base64"), { contentType, sha256 })),
  "1.0/storageGet": (tx, { storageId }: ById) => {
    const file = findFile(tx, storageId);
    if (file === null) return "null";
    const blob = readFile(tx.store.driver, storageId).toString("base64");
    return JSON.stringify({ blob, contentType: file.contentType ?? null });
  },
} satisfies Record<string, Handler>;

export type FileOp = keyof typeof FILE_OPS;

export function isFileOp(op: string): op is FileOp {
  return Object.hasOwn(FILE_OPS, op);
}

function metadata(tx: Transaction, storageId: string): object | null {
  const file = findFile(tx, storageId);
  if (file === null) return null;
  const { sha256, size, contentType = null } = file;
  return { storageId, sha256, size, contentType };
}
