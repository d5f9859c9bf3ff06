import { randomFillSync } from "node:crypto";
import { decodeBase32, encodeBase32 } from "./base32.ts";

/**
 * Document ids in Convex's format: base32 of VInt(table number), 16 bytes of internal id (14 random, then the day
 * since the epoch) and a little-endian Fletcher-16 of all before it. Kept exact because `get(id)`, `normalizeId`
 * and `v.id()` read the table from it, and because exported documents keep their ids in the cloud.
 */
const INTERNAL_BYTES = 16;
const RANDOM_BYTES = 14;
const FOOTER_BYTES = 2;
const DAY_MS = 86_400_000;
const MIN_CHARS = 31;
const MAX_CHARS = 37;
const POOL_BYTES = RANDOM_BYTES * 512;

const pool = Buffer.alloc(POOL_BYTES);
let poolUsed = POOL_BYTES;

/** A new id in the table with this number, at this time (milliseconds since the epoch). */
export function newId(tableNumber: number, nowMs: number): string {
  const internal = Buffer.alloc(INTERNAL_BYTES);
  if (poolUsed + RANDOM_BYTES > POOL_BYTES) {
    randomFillSync(pool);
    poolUsed = 0;
  }
  pool.copy(internal, 0, poolUsed, poolUsed + RANDOM_BYTES);
  poolUsed += RANDOM_BYTES;
  internal.writeUInt16BE(Math.floor(nowMs / DAY_MS) & 0xffff, RANDOM_BYTES);
  return encodeId(tableNumber, internal);
}

/** The id text for a table number and 16 bytes of internal id. */
export function encodeId(tableNumber: number, internal: Uint8Array): string {
  const table = vint(tableNumber);
  const bytes = Buffer.allocUnsafe(table.length + INTERNAL_BYTES + FOOTER_BYTES);
  bytes.set(table, 0);
  bytes.set(internal, table.length);
  const end = bytes.length - FOOTER_BYTES;
  bytes.writeUInt16LE(fletcher16(bytes, end), end);
  return encodeBase32(bytes);
}

/** The table number and internal id in an id, or null when the text is no id. */
export function decodeId(text: string): { tableNumber: number; internal: Uint8Array } | null {
  if (text.length < MIN_CHARS || text.length > MAX_CHARS) return null;
  const bytes = decodeBase32(text);
  if (bytes === null) return null;
  const table = readVint(bytes);
  if (table === null || bytes.length !== table.length + INTERNAL_BYTES + FOOTER_BYTES) return null;
  const end = bytes.length - FOOTER_BYTES;
  const sum = fletcher16(bytes, end);
  if (bytes[end] !== (sum & 0xff) || bytes[end + 1] !== sum >> 8) return null;
  return { tableNumber: table.value, internal: bytes.slice(table.length, end) };
}

function vint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80);
    rest = Math.floor(rest / 128);
  }
  return [...bytes, rest];
}

function readVint(bytes: Uint8Array): { value: number; length: number } | null {
  let value = 0;
  for (let i = 0; i < 5 && i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    value += (byte & 0x7f) * 128 ** i;
    if (byte < 0x80) return value <= 0xffff_ffff ? { value, length: i + 1 } : null;
  }
  return null;
}

/** Checksum of the first `end` bytes. */
function fletcher16(bytes: Uint8Array, end: number): number {
  let low = 0;
  let high = 0;
  for (let i = 0; i < end; i++) {
    low = (low + (bytes[i] ?? 0)) & 0xff;
    high = (high + low) & 0xff;
  }
  return (high << 8) | low;
}
