import type { Catalog } from "../database/catalog.ts";
import { validate } from "../database/validate.ts";
import { DeveloperError, messageOf } from "../values/errors.ts";
import { type ConvexJson, isObject } from "../values/json.ts";
import { LIMIT_HELP, LIMITS } from "../values/limits.ts";
import { measure } from "../values/measure.ts";
import { type Identity, mayCallInternal } from "./identity.ts";
import type { Failure } from "./outcome.ts";
import { canonicalPath, type FunctionEntry, type FunctionKind, type Registry } from "./registry.ts";

export interface Named {
  readonly path: string;
  readonly kind: FunctionKind;
  readonly args: readonly ConvexJson[];
}

/** The functions and tables that calls are checked against. */
export interface CallRules {
  readonly registry: Registry;
  readonly catalog: Catalog;
}

export type Checked = { ok: true; entry: FunctionEntry } | { ok: false; failure: Failure };

/**
 * Checks a call before it runs, in the order of the real server: path, visibility, kind, shape and size of the
 * arguments, argument validator.
 */
export function checkCall(call: Named, rules: CallRules, identity: Identity | "nested"): Checked {
  const entry = rules.registry.find(canonicalPath(call.path));
  const isVisible = entry?.visibility === "public" || identity === "nested" || mayCallInternal(identity);
  if (entry === undefined || !isVisible) return refused(notFound(call.path));
  if (entry.kind !== call.kind) return refused(wrongKind(call, entry));
  const [args] = call.args;
  if (call.args.length !== 1 || !isObject(args)) {
    return refused("Arguments to a Convex function must be a single object.");
  }
  return checkArgs(entry, args, rules);
}

function checkArgs(entry: FunctionEntry, args: ConvexJson, { catalog }: CallRules): Checked {
  try {
    const { bytes } = measure(args);
    if (bytes > LIMITS.argsBytes) {
      return refused(
        `Arguments for ${entry.path} are too large (actual: ${bytes} bytes, limit: ${LIMITS.argsBytes} bytes). ${LIMIT_HELP}`,
      );
    }
  } catch (error) {
    if (error instanceof DeveloperError) return refused(`Invalid arguments: ${messageOf(error)}`);
    throw error;
  }
  const problem = validate(args, entry.args, catalog);
  return problem === null ? { ok: true, entry } : refused(`ArgumentValidationError: ${problem}`);
}

/** Checks what a function gave back; null when it may go out. */
export function checkResult(entry: FunctionEntry, json: string, catalog: Catalog): Failure | null {
  const oversized = checkSize(entry, json);
  if (oversized !== null) return oversized;
  if (entry.returns === null) return null;
  const problem = validate(JSON.parse(json) as ConvexJson, entry.returns, catalog);
  return problem === null ? null : { detail: `ReturnsValidationError: ${problem}` };
}

/**
 * False for nearly every result, which then needs no look: an array beyond its limit has at least a character and a comma
 * for each item, what is too large has more of them, and what is too wide has a colon for each field. The depth is
 * counted as it is: a list of a hundred small objects is returned by every second query, and is not deep.
 */
function mayPassLimits(json: string): boolean {
  if (json.length > 2 * LIMITS.arrayLength) return true;
  let [depth, fields] = [0, 0];
  for (let i = 0; i < json.length; i++) {
    const char = json[i];
    if (char === '"') i = endOfString(json, i);
    else if (char === "[" || char === "{") depth++;
    else if (char === "]" || char === "}") depth--;
    else if (char === ":") fields++;
    if (depth > LIMITS.valueNesting || fields > LIMITS.objectFields) return true;
  }
  return false;
}

/** Where the string ends that begins at `start`: at the first quote that no backslash is for, or with the text. */
function endOfString(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end !== -1; end = json.indexOf('"', end + 1)) {
    let backslashes = 0;
    while (json[end - 1 - backslashes] === "\\") backslashes++;
    if (backslashes % 2 === 0) return end;
  }
  return json.length;
}

function checkSize({ path }: FunctionEntry, json: string): Failure | null {
  if (!mayPassLimits(json)) return null;
  try {
    const { bytes } = measure(JSON.parse(json) as ConvexJson);
    if (bytes <= LIMITS.resultBytes) return null;
    return {
      detail: `Function ${path} return value is too large (actual: ${bytes} bytes, limit: ${LIMITS.resultBytes} bytes). ${LIMIT_HELP}`,
    };
  } catch (error) {
    if (error instanceof DeveloperError)
      return { detail: `Function ${path} return value invalid: ${error.message}` };
    throw error;
  }
}

/** The same text for a missing and an internal function, so that nobody can list the internal ones. */
function notFound(path: string): string {
  const canonical = canonicalPath(path);
  const shown = canonical.endsWith(":default") ? canonical.slice(0, -":default".length) : canonical;
  return `Could not find public function for '${shown}'. Did you forget to run \`npx convex dev\`?`;
}

function wrongKind(call: Named, entry: FunctionEntry): string {
  return `Trying to execute ${call.path} as ${title(call.kind)}, but it is defined as ${title(entry.kind)}.`;
}

function title(kind: FunctionKind): string {
  return kind.charAt(0).toUpperCase() + kind.slice(1);
}

function refused(detail: string): Checked {
  return { ok: false, failure: { detail } };
}
