import { DeveloperError } from "../values/errors.ts";
import type { TableEntry } from "./catalog.ts";

/** What functions are told of an id that they may not use, in the words of the real server. */
export type IdVerb = "get" | "patch" | "replace" | "delete";

/** Those that need a document to be there. */
export type ChangeVerb = Exclude<IdVerb, "get">;

const CHANGES: Record<ChangeVerb, string> = { patch: "Update", replace: "Replace", delete: "Delete" };

export function nonexistent(verb: ChangeVerb, id: string): DeveloperError {
  return new DeveloperError(`${CHANGES[verb]} on nonexistent document ID ${id}`);
}

export function invalidId(verb: IdVerb, id: string): DeveloperError {
  return new DeveloperError(
    `Invalid argument \`id\` for \`db.${verb}\`: Unable to decode ID: Invalid ID "${id}"`,
  );
}

export function wrongTable(verb: IdVerb, expected: string, actual: TableEntry | undefined): DeveloperError {
  const got = actual === undefined ? "an unknown table" : `table '${actual.name}'`;
  return new DeveloperError(
    `Invalid argument \`id\` for \`db.${verb}\`: expected ID in table '${expected}' but got ID in ${got}`,
  );
}
