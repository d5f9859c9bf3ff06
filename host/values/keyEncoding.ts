import { bytesOf, type ConvexJson, type ConvexObject, floatOf, int64Of, kindOf } from "./json.ts";

/**
 * Index keys: bytes whose memcmp order is Convex's order of values, so that a SQLite BLOB key sorts right without
 * a collation and a read set is a list of byte intervals. Order: undefined < null < int64 < float64 < false < true
 * < string < bytes < array < object (values/compare.ts of the convex package).
 */
const TAG = {
  end: 0x00,
  undefined: 0x01,
  null: 0x03,
  int64: 0x04,
  float64: 0x0d,
  false: 0x0e,
  true: 0x0f,
  string: 0x10,
  bytes: 0x11,
  array: 0x12,
  object: 0x15,
} as const;
/** Follows a 0x00 inside strings and bytes; greater than every tag, so "a" sorts before "a\0". */
const ESCAPE = 0xff;
const MAX_INT64 = 0x7fff_ffff_ffff_ffffn;
const SIGN = 0x8000_0000_0000_0000n;

let scratch = Buffer.allocUnsafe(16 * 1024);
let used = 0;

/** The key of a tuple of values; a longer tuple with the same start sorts after it. */
export function encodeKey(values: readonly (ConvexJson | undefined)[]): Buffer {
  used = 0;
  for (const value of values) append(value);
  return Buffer.from(scratch.subarray(0, used));
}

/** The first key after every key that starts with these bytes (keys never start with 0xff). */
export function afterPrefix(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.of(ESCAPE)]);
}

/** The first key after exactly this one. */
export function afterKey(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.of(0)]);
}

function append(value: ConvexJson | undefined): void {
  const kind = kindOf(value);
  switch (kind) {
    case "undefined":
    case "null":
      return byte(TAG[kind]);
    case "boolean":
      return byte(value === true ? TAG.true : TAG.false);
    case "int64":
      return word(TAG.int64, int64Of(value as ConvexJson) ^ SIGN);
    case "commitTs":
      // Not known yet: it sorts after all known ones (as in the convex package).
      return word(TAG.int64, MAX_INT64 ^ SIGN);
    case "float64":
      return float(floatOf(value as ConvexJson));
    case "string":
      return text(value as string);
    case "bytes":
      return escaped(TAG.bytes, bytesOf(value as ConvexJson));
    case "array":
      return array(value as ConvexJson[]);
    case "object":
      return object(value as ConvexObject);
    default:
      kind satisfies never;
  }
}

function array(items: ConvexJson[]): void {
  byte(TAG.array);
  for (const item of items) append(item);
  byte(TAG.end);
}

function object(value: ConvexObject): void {
  byte(TAG.object);
  for (const field of Object.keys(value).sort()) {
    append(field);
    append(value[field]);
  }
  byte(TAG.end);
}

function float(value: number): void {
  reserve(9);
  scratch[used] = TAG.float64;
  scratch.writeDoubleBE(value, used + 1);
  // Negative numbers have all bits turned, the others their sign alone; byte by byte, because BigInts cost 1 µs.
  const isNegative = scratch[used + 1]! >= 0x80;
  scratch[used + 1]! ^= isNegative ? 0xff : 0x80;
  if (isNegative) for (let at = used + 2; at < used + 9; at++) scratch[at]! ^= 0xff;
  used += 9;
}

function word(tag: number, bits: bigint): void {
  reserve(9);
  scratch[used] = tag;
  scratch.writeBigUInt64BE(BigInt.asUintN(64, bits), used + 1);
  used += 9;
}

/** Most strings hold no NUL and need no copy of their own. */
function text(value: string): void {
  if (value.includes("\0")) return escaped(TAG.string, Buffer.from(value, "utf8"));
  reserve(3 * value.length + 2);
  scratch[used++] = TAG.string;
  used += scratch.write(value, used, "utf8");
  scratch[used++] = TAG.end;
}

function escaped(tag: number, bytes: Buffer): void {
  reserve(2 * bytes.length + 2);
  scratch[used++] = tag;
  if (bytes.includes(0)) {
    for (const each of bytes) {
      scratch[used++] = each;
      if (each === 0) scratch[used++] = ESCAPE;
    }
  } else {
    used += bytes.copy(scratch, used);
  }
  scratch[used++] = TAG.end;
}

function byte(value: number): void {
  reserve(1);
  scratch[used++] = value;
}

function reserve(count: number): void {
  if (used + count <= scratch.length) return;
  const larger = Buffer.allocUnsafe(Math.max(scratch.length * 2, used + count));
  scratch.copy(larger, 0, 0, used);
  scratch = larger;
}
