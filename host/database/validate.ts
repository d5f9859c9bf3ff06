import { decodeId } from "../values/ids.ts";
import { type ConvexJson, type ConvexObject, kindOf } from "../values/json.ts";
import type { Catalog } from "./catalog.ts";
import { fits, KIND_OF_TYPE, sameLiteral } from "./fits.ts";
import { printValidator, printValue } from "./printValue.ts";
import type { FieldValidator, Validator } from "./validatorType.ts";

type ObjectValidator = Extract<Validator, { type: "object" }>;
type RecordValidator = Extract<Validator, { type: "record" }>;

/**
 * Checks a value against a validator.
 * @returns null when it fits, else the detail text of Convex's validation errors (clients match on it)
 */
export function validate(value: ConvexJson, validator: Validator, catalog: Catalog): string | null {
  return fits(value, validator, catalog) ? null : explain(value, validator, catalog);
}

/** What does not fit; null when everything does. */
export function explain(value: ConvexJson, validator: Validator, catalog: Catalog): string | null {
  return new Check(catalog).run(value, validator, "");
}

class Check {
  readonly #catalog: Catalog;
  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  run(value: ConvexJson, validator: Validator, path: string): string | null {
    switch (validator.type) {
      case "any":
        return null;
      case "literal":
        return sameLiteral(value, validator.value) ? null : mismatch(value, validator, path);
      case "id":
        return this.#id(value, validator, path);
      case "array":
        return Array.isArray(value)
          ? first(value, (item, i) => this.run(item, validator.value, `${path}[${i}]`))
          : mismatch(value, validator, path);
      case "union":
        return this.#union(value, validator, path);
      case "object":
        return this.#object(value, validator, path);
      case "record":
        return this.#record(value, validator, path);
      default: {
        const kinds: readonly string[] = KIND_OF_TYPE[validator.type];
        return kinds.includes(kindOf(value)) ? null : mismatch(value, validator, path);
      }
    }
  }

  #id(value: ConvexJson, validator: Validator & { type: "id" }, path: string): string | null {
    const id = typeof value === "string" ? decodeId(value) : null;
    const table = id === null ? undefined : this.#catalog.byNumber(id.tableNumber);
    if (id === null || table === undefined) return mismatch(value, validator, path);
    if (table.name === validator.tableName) return null;
    return (
      `Found ID "${value as string}" from table \`${table.name}\`, which does not match the table name in ` +
      `validator \`${printValidator(validator)}\`.${at(path)}`
    );
  }

  #union(value: ConvexJson, validator: Validator & { type: "union" }, path: string): string | null {
    if (fits(value, validator, this.#catalog)) return null;
    const only = validator.value.length === 1 ? validator.value[0] : undefined;
    return only === undefined ? mismatch(value, validator, path) : this.run(value, only, path);
  }

  #object(value: ConvexJson, validator: ObjectValidator, path: string): string | null {
    if (kindOf(value) !== "object") return mismatch(value, validator, path);
    const object = value as ConvexObject;
    for (const field of Object.keys(validator.value)) {
      const { fieldType, optional } = validator.value[field] as FieldValidator;
      const problem = Object.hasOwn(object, field)
        ? this.run(object[field] as ConvexJson, fieldType, `${path}.${field}`)
        : optional
          ? null
          : missing({ field, object, validator, path });
      if (problem !== null) return problem;
    }
    return first(Object.keys(object), (field) =>
      Object.hasOwn(validator.value, field) ? null : extra({ field, object, validator, path }),
    );
  }

  #record(value: ConvexJson, validator: RecordValidator, path: string): string | null {
    if (kindOf(value) !== "object") return mismatch(value, validator, path);
    return first(Object.entries(value as ConvexObject), ([key, item]) => {
      const problem = this.run(key, validator.keys, `${path}.${key}`);
      return problem ?? this.run(item, validator.values.fieldType, `${path}.${key}`);
    });
  }
}

interface FieldProblem {
  field: string;
  object: ConvexObject;
  validator: Validator;
  path: string;
}

function missing({ field, object, validator, path }: FieldProblem): string {
  return (
    `Object is missing the required field \`${field}\`. Consider wrapping the field validator in ` +
    `\`v.optional(...)\` if this is expected.\n${at(path)}\n` +
    `Object: ${printValue(object)}\nValidator: ${printValidator(validator)}\n\n`
  );
}

function extra({ field, object, validator, path }: FieldProblem): string {
  return (
    `Object contains extra field \`${field}\` that is not in the validator.\n${at(path)}\n` +
    `Object: ${printValue(object)}\nValidator: ${printValidator(validator)}\n\n`
  );
}

function mismatch(value: ConvexJson, validator: Validator, path: string): string {
  return `Value does not match validator.${at(path)}\nValue: ${printValue(value)}\nValidator: ${printValidator(validator)}\n\n`;
}

function at(path: string): string {
  return path === "" ? "" : `\nPath: ${path}`;
}

function first<T>(items: readonly T[], check: (item: T, i: number) => string | null): string | null {
  for (const [i, item] of items.entries()) {
    const problem = check(item, i);
    if (problem !== null) return problem;
  }
  return null;
}
