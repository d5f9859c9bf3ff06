import type { ConvexJson } from "../values/json.ts";

/** Validators as `exportArgs()`, `exportReturns()` and `schema.export()` write them (values/validators.ts of convex). */
export type Validator =
  | { type: "null" | "number" | "bigint" | "boolean" | "string" | "bytes" | "any" | "commitTs" }
  | { type: "literal"; value: ConvexJson }
  | { type: "id"; tableName: string }
  | { type: "array"; value: Validator }
  | { type: "record"; keys: Validator; values: FieldValidator }
  | { type: "union"; value: Validator[] }
  | { type: "object"; value: Record<string, FieldValidator> };

export interface FieldValidator {
  fieldType: Validator;
  optional: boolean;
}
