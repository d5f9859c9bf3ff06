import type { TableEntry } from "../database/catalog.ts";
import type { FieldValidator, Validator } from "../database/validatorType.ts";
import { plainJson } from "../values/plainJson.ts";

type JsonSchema = Record<string, unknown>;

const SYSTEM_FIELDS = {
  _id: { type: "string" },
  _creationTime: { type: "number", $description: "Milliseconds since the epoch" },
};
const DELTA_FIELDS = {
  _ts: { type: "integer", $description: "Timestamp of the last change, nanoseconds since the epoch" },
  _table: { type: "string" },
  _component: { type: "string" },
  _deleted: { type: "boolean", $description: "True for a document that was deleted, else missing" },
};

const INT64 = { type: "string", $description: "64-bit integer, in decimal digits" };
type Simple = Exclude<Validator, { value: unknown } | { tableName: string } | { values: unknown }>;
const SIMPLE: Record<Simple["type"], JsonSchema> = {
  any: {},
  null: { type: "null" },
  boolean: { type: "boolean" },
  string: { type: "string" },
  number: { anyOf: [{ type: "number" }, { enum: ["NaN", "Infinity", "-Infinity"] }] },
  bigint: INT64,
  commitTs: INT64,
  bytes: { type: "string", $description: "Bytes as base64" },
};

/** How the streaming export writes the documents of a table, as its schema has them; a table without takes any fields. */
export function jsonSchemaOf(table: TableEntry, how: { withDelta: boolean }): JsonSchema {
  const own = table.documentType === null ? { type: "object" } : schemaOf(table.documentType);
  return { $schema: "http://json-schema.org/draft-07/schema#", ...withSystemFields(own, table, how) };
}

function withSystemFields(
  schema: JsonSchema,
  table: TableEntry,
  { withDelta }: { withDelta: boolean },
): JsonSchema {
  if (Array.isArray(schema["anyOf"])) {
    return {
      anyOf: (schema["anyOf"] as JsonSchema[]).map((each) => withSystemFields(each, table, { withDelta })),
    };
  }
  const system = { ...SYSTEM_FIELDS, _id: idSchema(table.name), ...(withDelta && DELTA_FIELDS) };
  const required = (schema["required"] as string[] | undefined) ?? [];
  return {
    ...schema,
    properties: { ...(schema["properties"] as object | undefined), ...system },
    required: [...required, ...Object.keys(SYSTEM_FIELDS)],
  };
}

function schemaOf(validator: Validator): JsonSchema {
  switch (validator.type) {
    case "literal":
      return { enum: [plainJson(validator.value)] };
    case "id":
      return idSchema(validator.tableName);
    case "array":
      return { type: "array", items: schemaOf(validator.value) };
    case "record":
      return { type: "object", additionalProperties: schemaOf(validator.values.fieldType) };
    case "union":
      return { anyOf: validator.value.map(schemaOf) };
    case "object":
      return objectSchema(validator.value);
    default:
      return SIMPLE[validator.type];
  }
}

function objectSchema(fields: Record<string, FieldValidator>): JsonSchema {
  const all = Object.entries(fields);
  return {
    type: "object",
    properties: Object.fromEntries(all.map(([name, { fieldType }]) => [name, schemaOf(fieldType)])),
    required: all.filter(([, { optional }]) => !optional).map(([name]) => name),
    additionalProperties: false,
  };
}

function idSchema(table: string): JsonSchema {
  return { type: "string", $description: `Id of a document in ${table}` };
}
