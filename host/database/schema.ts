import { HostError, messageOf } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";
import { checkName } from "./catalog.ts";
import type { Validator } from "./validatorType.ts";

export interface SchemaIndex {
  name: string;
  fields: string[];
}
export interface SchemaTable {
  name: string;
  indexes: SchemaIndex[];
  documentType: Validator | null;
}
export interface Schema {
  tables: SchemaTable[];
}

/** Staged indexes are not mentioned: functions cannot use them, and a deploy fills an index before it ends. */
interface ExportedTable {
  tableName: string;
  indexes: { indexDescriptor: string; fields: string[] }[];
  searchIndexes: { indexDescriptor: string }[];
  stagedSearchIndexes?: unknown[];
  vectorIndexes: { indexDescriptor: string }[];
  stagedVectorIndexes?: unknown[];
  documentType: Validator;
}

/**
 * Reads `schema.export()` (server/schema.ts of the convex package).
 * @throws HostError when it declares what this host lacks: better at load than at the first call
 */
export function parseSchema(exported: string): Schema {
  const { tables, schemaValidation } = JSON.parse(exported) as {
    tables: ExportedTable[];
    schemaValidation: boolean;
  };
  return { tables: tables.map((table) => parseTable(table, schemaValidation)) };
}

function parseTable(table: ExportedTable, validated: boolean): SchemaTable {
  refuse(table, "search", [...table.searchIndexes, ...(table.stagedSearchIndexes ?? [])]);
  refuse(table, "vector", [...table.vectorIndexes, ...(table.stagedVectorIndexes ?? [])]);
  checkNames(table);
  if (table.indexes.length > LIMITS.indexesPerTable) {
    throw new HostError(
      `Table "${table.tableName}" has ${table.indexes.length} indexes, the limit is ${LIMITS.indexesPerTable}.`,
    );
  }
  const twice = table.indexes
    .map(({ indexDescriptor: name }) => name)
    .find((name, i, all) => all.indexOf(name) !== i);
  if (twice !== undefined)
    throw new HostError(`Table "${table.tableName}" has two indexes named "${twice}".`);
  const indexes = table.indexes.map(({ indexDescriptor, fields }) => {
    checkIndex(`${table.tableName}.${indexDescriptor}`, indexDescriptor, fields);
    checkFields(table, indexDescriptor, fields);
    return { name: indexDescriptor, fields: [...fields, "_creationTime", "_id"] };
  });
  const documentType = validated && table.documentType.type !== "any" ? table.documentType : null;
  return { name: table.tableName, indexes, documentType };
}

/** What the real server refuses at a push. */
function checkNames({ tableName, indexes, documentType }: ExportedTable): void {
  const table = `Table "${tableName}"`;
  if (tableName.startsWith("_")) throw new HostError(`${table}: names that begin with "_" are reserved.`);
  for (const [what, name] of [
    ["Table", tableName],
    ...indexes.map((each) => ["Index", each.indexDescriptor]),
  ]) {
    try {
      checkName(what as "Table" | "Index", name as string);
    } catch (error) {
      throw new HostError(`${table}: ${messageOf(error)}`);
    }
  }
  const reserved = fieldNames(documentType).find(
    (name) => name.startsWith("_") && name !== "_id" && name !== "_creationTime",
  );
  if (reserved !== undefined) {
    throw new HostError(`${table} has a field "${reserved}": field names that begin with "_" are reserved.`);
  }
}

/** The fields at the top of a table's documents. */
export function fieldNames(validator: Validator): string[] {
  if (validator.type === "object") return Object.keys(validator.value);
  return validator.type === "union" ? validator.value.flatMap(fieldNames) : [];
}

function refuse(table: ExportedTable, kind: string, indexes: unknown[]): void {
  if (indexes.length === 0) return;
  throw new HostError(
    `Table "${table.tableName}" declares a ${kind} index, which the embedded host does not have. ` +
      `Remove it from the schema, or run these functions on Convex.`,
  );
}

function checkIndex(path: string, name: string, fields: string[]): void {
  const reserved = name.startsWith("_") || ["by_id", "by_creation_time"].includes(name);
  if (reserved) throw new HostError(`Index ${path} uses a reserved name.`);
  if (fields.length === 0 || fields.length > LIMITS.fieldsPerIndex) {
    throw new HostError(`Index ${path} has ${fields.length} fields; expected 1 to ${LIMITS.fieldsPerIndex}.`);
  }
  if (new Set(fields).size !== fields.length) throw new HostError(`Index ${path} names a field twice.`);
}

function checkFields({ tableName, documentType }: ExportedTable, index: string, fields: string[]): void {
  const where = `In table "${tableName}" the index "${index}" is invalid because`;
  if (fields.includes("_creationTime")) {
    throw new HostError(
      `${where} it names "_creationTime", which is automatically added to the end of each index ` +
        "so it should not be added explicitly in the index definition.",
    );
  }
  const missing = fields.find((field) => field !== "_id" && !hasField(documentType, field.split(".")));
  if (missing !== undefined) {
    throw new HostError(`${where} it references the field "${missing}" that does not exist.`);
  }
}

/** Whether some document of this type may have something at the path. */
function hasField(validator: Validator, [field, ...rest]: string[]): boolean {
  if (field === undefined) return true;
  switch (validator.type) {
    case "any":
      return true;
    case "object": {
      const found = validator.value[field];
      return found !== undefined && hasField(found.fieldType, rest);
    }
    case "record":
      return hasField(validator.values.fieldType, rest);
    case "union":
      return validator.value.some((member) => hasField(member, [field, ...rest]));
    default:
      return false;
  }
}
