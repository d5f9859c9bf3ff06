import { decodeId } from "../values/ids.ts";
import { type ConvexJson, type ConvexObject, int64Of, kindOf } from "../values/json.ts";
import type { Catalog } from "./catalog.ts";
import type { FieldValidator, Validator } from "./validatorType.ts";

export const KIND_OF_TYPE = {
  null: ["null"],
  number: ["float64"],
  // A placeholder is the int64 that it will become.
  bigint: ["int64", "commitTs"],
  commitTs: ["int64", "commitTs"],
  boolean: ["boolean"],
  string: ["string"],
  bytes: ["bytes"],
} as const;

type Tables = Pick<Catalog, "byNumber">;

/** Whether a value fits a validator. Nearly every value does, so this builds no path and no text: see `validate`. */
export function fits(value: ConvexJson, validator: Validator, tables: Tables): boolean {
  switch (validator.type) {
    case "any":
      return true;
    case "literal":
      return sameLiteral(value, validator.value);
    case "id":
      return typeof value === "string" && tableOf(value, tables) === validator.tableName;
    case "array":
      return Array.isArray(value) && value.every((item) => fits(item, validator.value, tables));
    case "union":
      return validator.value.some((member) => fits(value, member, tables));
    case "object":
      return kindOf(value) === "object" && fitsFields(value as ConvexObject, validator.value, tables);
    case "record":
      return (
        kindOf(value) === "object" &&
        Object.entries(value as ConvexObject).every(
          ([key, item]) =>
            fits(key, validator.keys, tables) && fits(item, validator.values.fieldType, tables),
        )
      );
    default: {
      const kinds: readonly string[] = KIND_OF_TYPE[validator.type];
      return kinds.includes(kindOf(value));
    }
  }
}

/**
 * Whether a document that fits a validator still does with some fields `given` anew and others `unset`. False also where
 * that cannot be told from these alone, as with a union.
 */
export function fitsPatched(
  { given, unset }: { given: ConvexObject; unset: readonly string[] },
  validator: Validator,
  tables: Tables,
): boolean {
  if (validator.type !== "object") return validator.type === "any";
  const fields = validator.value;
  for (const field in given) {
    const known = Object.hasOwn(fields, field) ? fields[field] : undefined;
    if (known === undefined || !fits(given[field] as ConvexJson, known.fieldType, tables)) return false;
  }
  return unset.every((field) => !Object.hasOwn(fields, field) || fields[field]?.optional === true);
}

export function sameLiteral(value: ConvexJson, literal: ConvexJson): boolean {
  if (value === literal) return true;
  return kindOf(value) === "int64" && kindOf(literal) === "int64" && int64Of(value) === int64Of(literal);
}

function fitsFields(object: ConvexObject, fields: Record<string, FieldValidator>, tables: Tables): boolean {
  for (const field in object) if (!Object.hasOwn(fields, field)) return false;
  for (const field in fields) {
    const { fieldType, optional } = fields[field] as FieldValidator;
    const value = Object.hasOwn(object, field) ? object[field] : undefined;
    if (value === undefined ? !optional : !fits(value, fieldType, tables)) return false;
  }
  return true;
}

function tableOf(id: string, tables: Tables): string | undefined {
  const decoded = decodeId(id);
  return decoded === null ? undefined : tables.byNumber(decoded.tableNumber)?.name;
}
