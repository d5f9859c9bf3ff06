import { bytesOf, type ConvexJson, type ConvexObject, floatOf, int64Of, kindOf } from "../values/json.ts";
import type { FieldValidator, Validator } from "./validatorType.ts";

/** Longer values are cut in messages. */
const MAX_CHARS = 16_384;

/** A value as Convex writes it in validation errors: `{count: 1.0, name: "a"}`. */
export function printValue(value: ConvexJson): string {
  const text = print(value);
  return text.length > MAX_CHARS ? `${text.slice(0, MAX_CHARS)}[...truncated]` : text;
}

function print(value: ConvexJson): string {
  const kind = kindOf(value);
  switch (kind) {
    case "undefined":
      return "undefined";
    case "null":
    case "boolean":
      return JSON.stringify(value);
    case "int64":
      return int64Of(value).toString();
    case "commitTs":
      return "[unresolved commit timestamp]";
    case "float64":
      return printFloat(floatOf(value));
    case "string":
      return JSON.stringify(value);
    case "bytes":
      return `b"${bytesOf(value).toString("hex")}"`;
    case "array":
      return `[${(value as ConvexJson[]).map(print).join(", ")}]`;
    case "object":
      return printObject(value as ConvexObject);
    default:
      return kind satisfies never;
  }
}

function printObject(value: ConvexObject): string {
  const fields = Object.keys(value).sort();
  return `{${fields.map((field) => `${field}: ${print(value[field] as ConvexJson)}`).join(", ")}}`;
}

function printFloat(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  if (value === Infinity) return "inf";
  if (value === -Infinity) return "-inf";
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

/** A validator as its author wrote it: `v.object({name: v.string()})`. */
export function printValidator(validator: Validator): string {
  switch (validator.type) {
    case "literal":
      return `v.literal(${print(validator.value)})`;
    case "id":
      return `v.id("${validator.tableName}")`;
    case "array":
      return `v.array(${printValidator(validator.value)})`;
    case "record":
      return `v.record(${printValidator(validator.keys)}, ${printValidator(validator.values.fieldType)})`;
    case "union":
      return `v.union(${validator.value.map(printValidator).join(", ")})`;
    case "object":
      return printFields(validator.value);
    default:
      return `v.${NAMES[validator.type]}()`;
  }
}

const NAMES = {
  number: "float64",
  bigint: "int64",
  null: "null",
  boolean: "boolean",
  string: "string",
  bytes: "bytes",
  any: "any",
  commitTs: "commitTs",
} as const;

function printFields(fields: Record<string, FieldValidator>): string {
  const parts = Object.keys(fields)
    .sort()
    .map((name) => {
      const { fieldType, optional } = fields[name] as FieldValidator;
      const text = printValidator(fieldType);
      return `${name}: ${optional ? `v.optional(${text})` : text}`;
    });
  return `v.object({${parts.join(", ")}})`;
}
