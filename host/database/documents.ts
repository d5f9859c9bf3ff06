import { DeveloperError } from "../values/errors.ts";
import { type ConvexJson, type ConvexObject, isObject, textOf } from "../values/json.ts";
import { LIMIT_HELP, LIMITS } from "../values/limits.ts";
import { measure, mostBytes } from "../values/measure.ts";

const SYSTEM_FIELDS = ["_id", "_creationTime"];

/**
 * Checks what a function wants to write.
 * @returns the fields
 * @throws DeveloperError when it is no object, too large, too nested, or has reserved fields
 */
export function checkDocument(value: ConvexJson, verb: "insert" | "patch" | "replace"): ConvexObject {
  if (!isObject(value)) {
    throw new DeveloperError(
      `Invalid argument \`value\` for \`db.${verb}\`: expected an object, got ${JSON.stringify(value)}`,
    );
  }
  for (const field in value) checkTopLevel(field, verb);
  // A patch is measured with the document that it makes.
  if (verb !== "patch") checkSize(value);
  return value;
}

function checkSize(fields: ConvexObject): void {
  const { bytes, nesting } = measure(fields);
  if (bytes > LIMITS.documentBytes) {
    throw new DeveloperError(
      `Value is too large (${bytes} bytes > maximum size ${LIMITS.documentBytes} bytes). ${LIMIT_HELP}`,
    );
  }
  if (nesting > LIMITS.documentNesting) {
    throw new DeveloperError(
      `Document is too nested (nested ${nesting} levels deep > maximum nesting ${LIMITS.documentNesting}). ${LIMIT_HELP}`,
    );
  }
}

function checkTopLevel(field: string, verb: string): void {
  if (!field.startsWith("_") || (verb !== "insert" && SYSTEM_FIELDS.includes(field))) return;
  throw new DeveloperError(
    `Field '${field}' starts with an underscore, which is only allowed for system fields like '_id'.`,
  );
}

/** What a patch makes of a document. */
export interface Patched {
  /** The whole document, sorted. */
  readonly document: ConvexObject;
  /** The fields that the patch gives, and those that it takes away. */
  readonly given: ConvexObject;
  readonly unset: readonly string[];
}

/**
 * Merges a patch into a document; unset fields (`{"$undefined": null}`) go away. What the patch leaves was checked when
 * it was written, so that the cost is that of the patch and not of the document.
 * @param old with its JSON text
 * @throws DeveloperError as `checkDocument` does, and when the patch would change a system field
 */
export function mergePatch(old: { document: ConvexObject; json: string }, patch: ConvexObject): Patched {
  checkSystemFields(old.document, patch);
  const document = { ...old.document };
  const given: ConvexObject = {};
  const unset: string[] = [];
  let hasMore = false;
  for (const field in patch) {
    const value = patch[field] as ConvexJson;
    const isThere = Object.hasOwn(document, field);
    if (isUnset(value)) {
      unset.push(field);
      // Only what is there: V8 keeps an object of which something was deleted as a slow table.
      if (isThere) delete document[field];
    } else {
      hasMore ||= !isThere;
      document[field] = given[field] = value;
    }
  }
  const { bytes, nesting } = measure(given);
  const isSmall =
    bytes + mostBytes(old.json) <= LIMITS.documentBytes &&
    nesting <= LIMITS.documentNesting &&
    !(hasMore && Object.keys(document).length > LIMITS.objectFields);
  if (!isSmall) checkSize(ownFields(document));
  return { document: hasMore ? sortedDocument(document) : document, given, unset };
}

/** A document without its system fields. */
export function ownFields({ _id: _, _creationTime: __, ...fields }: ConvexObject): ConvexObject {
  return fields;
}

/** @throws DeveloperError when the fields would change the id or creation time */
export function checkSystemFields(old: ConvexObject, fields: ConvexObject): void {
  if (fields["_id"] !== undefined && fields["_id"] !== old["_id"]) {
    throw new DeveloperError(
      `Provided \`_id\` field value "${textOf(fields["_id"])}" does not match the document ID "${textOf(old["_id"])}"`,
    );
  }
  if (fields["_creationTime"] !== undefined && fields["_creationTime"] !== old["_creationTime"]) {
    throw new DeveloperError(
      `Provided \`_creationTime\` field value does not match the document's creation time ${textOf(old["_creationTime"])}`,
    );
  }
}

/** The document with its fields in the order in which Convex sends them; the same one when they are. */
export function sortedDocument(fields: ConvexObject): ConvexObject {
  const names = Object.keys(fields);
  if (names.every((name, i) => i === 0 || (names[i - 1] as string) < name)) return fields;
  const sorted: ConvexObject = {};
  for (const field of names.sort()) sorted[field] = fields[field] as ConvexJson;
  return sorted;
}

function isUnset(value: ConvexJson | undefined): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value) && "$undefined" in value;
}
