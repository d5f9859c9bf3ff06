/**
 * Convex values in their JSON form, which is what crosses every border of the host: int64, bytes and special
 * floats are one-key objects (`$integer`, `$bytes`, `$float`). The host never turns them into JavaScript values,
 * so a document is stored and sent as the very text that the function produced.
 */
export type ConvexJson = null | boolean | number | string | ConvexJson[] | ConvexObject;
export interface ConvexObject {
  [field: string]: ConvexJson;
}

export const KINDS = [
  "undefined",
  "null",
  "int64",
  "commitTs",
  "float64",
  "boolean",
  "string",
  "bytes",
  "array",
  "object",
] as const;
export type Kind = (typeof KINDS)[number];

const TAGS: Record<string, Kind> = {
  $integer: "int64",
  $float: "float64",
  $bytes: "bytes",
  $commitTs: "commitTs",
  $undefined: "undefined",
};

/** The Convex kind of a JSON value; `undefined` stands for a missing field. */
export function kindOf(value: ConvexJson | undefined): Kind {
  switch (typeof value) {
    case "undefined":
      return "undefined";
    case "boolean":
      return "boolean";
    case "number":
      return "float64";
    case "string":
      return "string";
    default:
      return value === null ? "null" : Array.isArray(value) ? "array" : objectKind(value);
  }
}

function objectKind(value: ConvexObject): Kind {
  let only: string | undefined;
  for (const key in value) {
    if (only !== undefined) return "object";
    only = key;
  }
  return only?.startsWith("$") ? (TAGS[only] ?? "object") : "object";
}

/** The bigint in `{"$integer": base64}`. */
export function int64Of(value: ConvexJson): bigint {
  return Buffer.from(tagged(value, "$integer"), "base64").readBigInt64LE(0);
}

/** `{"$integer": base64}` for a bigint of 64 bits. */
export function int64Json(value: bigint): ConvexObject {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt.asIntN(64, value));
  return { $integer: bytes.toString("base64") };
}

/** The number behind a float64, also behind `{"$float": base64}` (NaN, infinities, -0). */
export function floatOf(value: ConvexJson): number {
  return typeof value === "number" ? value : Buffer.from(tagged(value, "$float"), "base64").readDoubleLE(0);
}

/** JSON of a float64; NaN, infinities and -0 have no JSON number. */
export function floatJson(value: number): ConvexJson {
  if (Number.isFinite(value) && !Object.is(value, -0)) return value;
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return { $float: bytes.toString("base64") };
}

/** The bytes in `{"$bytes": base64}`. */
export function bytesOf(value: ConvexJson): Buffer {
  return Buffer.from(tagged(value, "$bytes"), "base64");
}

/** A value inside a sentence: strings as they are, everything else as JSON. */
export function textOf(value: ConvexJson | undefined): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** True for a plain Convex object, false for arrays, primitives and tagged values. */
export function isObject(value: ConvexJson | undefined): value is ConvexObject {
  return kindOf(value) === "object";
}

/** The value at a dotted field path of a document, `undefined` when a step is missing. */
export function fieldAt(document: ConvexObject, path: string): ConvexJson | undefined {
  if (!path.includes(".")) return ownField(document, path);
  let value: ConvexJson | undefined = document;
  for (const field of path.split(".")) {
    value = isObject(value) ? ownField(value, field) : undefined;
  }
  return value;
}

/** The field of the document itself that a dotted path begins with. */
export function rootOf(path: string): string {
  const end = path.indexOf(".");
  return end === -1 ? path : path.slice(0, end);
}

function ownField(value: ConvexObject, field: string): ConvexJson | undefined {
  return Object.hasOwn(value, field) ? value[field] : undefined;
}

function tagged(value: ConvexJson, tag: string): string {
  return (value as ConvexObject)[tag] as string;
}
