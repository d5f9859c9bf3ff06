import { DeveloperError } from "./errors.ts";
import { bytesOf, type ConvexJson, type ConvexObject, kindOf } from "./json.ts";
import { LIMITS } from "./limits.ts";

/**
 * Checks that JSON which came from outside is a legal Convex value, and measures it.
 * @returns size in bytes as Convex counts it (values/size.ts of the convex package) and levels of nesting
 * @throws DeveloperError naming the rule that the value breaks
 */
export function measure(value: ConvexJson): { bytes: number; nesting: number } {
  const seen = { nesting: 0 };
  return { bytes: sizeOf(value, 0, seen), nesting: seen.nesting };
}

/** Bytes that Convex counts for a character of JSON at most: a digit and a comma in an array are a number, 9 bytes. */
const BYTES_PER_CHARACTER = 4.5;

/** More bytes than these the value of a JSON text cannot have, which is known without parsing it. */
export function mostBytes(json: string): number {
  return json.length * BYTES_PER_CHARACTER;
}

function sizeOf(value: ConvexJson, depth: number, seen: { nesting: number }): number {
  const kind = kindOf(value);
  switch (kind) {
    case "null":
    case "boolean":
      return 1;
    case "int64":
    case "float64":
    case "commitTs":
      return wordSize(kind, value);
    case "string":
      return 2 + utf8Length(value as string);
    case "bytes":
      return bytesSize(value);
    case "array":
    case "object":
      return containerSize(value as ConvexJson[] | ConvexObject, depth + 1, seen);
    case "undefined":
      throw new DeveloperError("undefined is not a valid Convex value.");
    default:
      return kind satisfies never;
  }
}

function containerSize(value: ConvexJson[] | ConvexObject, depth: number, seen: { nesting: number }): number {
  seen.nesting = Math.max(seen.nesting, depth);
  if (depth > LIMITS.valueNesting) {
    throw new DeveloperError(`Value is too nested (maximum nesting: ${LIMITS.valueNesting})`);
  }
  if (Array.isArray(value)) {
    if (value.length > LIMITS.arrayLength) {
      throw new DeveloperError(
        `Array length is too long (${value.length} > maximum length ${LIMITS.arrayLength})`,
      );
    }
    return value.reduce((size: number, item) => size + sizeOf(item, depth, seen), 2);
  }
  const fields = Object.keys(value);
  if (fields.length > LIMITS.objectFields) {
    throw new DeveloperError(
      `Object has too many fields (${fields.length} > maximum number ${LIMITS.objectFields})`,
    );
  }
  return fields.reduce((size, field) => {
    checkFieldName(field);
    return size + field.length + 1 + sizeOf(value[field] as ConvexJson, depth, seen);
  }, 2);
}

const FIELD_NAME = /^[ -~]*$/;

function checkFieldName(name: string): void {
  if (name.startsWith("$")) {
    throw new DeveloperError(`Field name ${name} starts with a '$', which is reserved.`);
  }
  if (name.length > LIMITS.fieldNameChars) {
    throw new DeveloperError(
      `Field name ${name} exceeds maximum field name length ${LIMITS.fieldNameChars}.`,
    );
  }
  if (!FIELD_NAME.test(name)) {
    throw new DeveloperError(
      `Field name ${name} has invalid characters: Field names can only contain non-control ASCII characters`,
    );
  }
}

function wordSize(kind: "int64" | "float64" | "commitTs", value: ConvexJson): number {
  if (typeof value === "object" && kind !== "commitTs") {
    const text = Object.values(value as ConvexObject)[0];
    if (typeof text !== "string" || Buffer.from(text, "base64").length !== 8) {
      throw new DeveloperError(`Malformed ${kind} ${JSON.stringify(value)}: expected base64 of 8 bytes`);
    }
  }
  return 9;
}

function bytesSize(value: ConvexJson): number {
  if (typeof (value as ConvexObject)["$bytes"] !== "string") {
    throw new DeveloperError(`Malformed $bytes field: expected base64`);
  }
  return 2 + bytesOf(value).length;
}

function utf8Length(text: string): number {
  return Buffer.byteLength(text, "utf8");
}
