import { convexToJson, jsonToConvex, type Value } from "convex/values";
import { messageOf } from "../values/errors.ts";

/** A ConvexError as it leaves `invokeMutation` has its data as JSON text; tests want the value. */
export function withParsedData(error: unknown): unknown {
  if (!isConvexError(error) || typeof error.data !== "string") return error;
  try {
    error.data = jsonToConvex(JSON.parse(error.data) as never);
  } catch {
    // The data was an ordinary text.
  }
  return error;
}

/** An error of a nested call, as a syscall throws it: its data is Convex JSON there. */
export function raised(error: unknown): unknown {
  if (!isConvexError(error)) return error;
  return Object.assign(new Error(error.message), { data: convexToJson(error.data as Value) });
}

function isConvexError(error: unknown): error is Error & { data: unknown } {
  return typeof error === "object" && error !== null && Symbol.for("ConvexError") in error;
}

/** What convex-test says where the real server has words of its own; suites match on it. */
const PHRASES: readonly (readonly [RegExp, (found: RegExpExecArray) => string])[] = [
  [
    /^Trying to execute (?:(\S+):)?(\S+) as (\w+), but it is defined as/,
    ([, module = "", name, kind = ""]) =>
      `Expected a ${kind.toLowerCase()} function, but the function exported from module "${module}" as ` +
      `\`${name}\` is not a ${kind.toLowerCase()}.`,
  ],
  [/^Too many bytes read/, () => "Read too much data"],
  [/^Too many documents read/, () => "Scanned too many documents"],
  [/^Too many bytes written/, () => "Wrote too much data"],
  [/^Too many writes/, () => "Wrote too many documents"],
  [/^Too many reads/, () => "Too many index ranges read"],
  [/^Too many functions scheduled/, () => "Scheduled too many functions"],
  [/^Too large total size/, () => "Scheduled function arguments too large"],
  [
    /ran multiple paginated queries/,
    () => "Only a single paginated query (`.paginate()`) is allowed per function execution",
  ],
  [
    /^Index (\S+)\.(\S+) not found/,
    ([, table, index]) =>
      `Cannot use index "${index}" for table "${table}" because it is not declared in the schema.`,
  ],
  [
    /^Invalid argument `id` for `db\.\w+`: (expected ID in .*)/,
    ([, problem]) => `Invalid argument \`id\`, ${problem}`,
  ],
  [/: Invalid ID "([^"]*)"/, ([, id]) => `Invalid argument \`id\`, expected ID value but got '${id}'`],
  [/^Delete on nonexistent document/, () => "Delete on non-existent doc"],
  [
    /^(Update|Replace) on nonexistent document ID (.*)/,
    ([, verb, id]) => `${verb === "Update" ? "Patch" : "Replace"} on non-existent document with ID "${id}"`,
  ],
  [
    /missing the required field (`[^`]*`)/,
    ([, field]) => `Validator error: Missing required field ${field} in object`,
  ],
  [/contains extra field (`[^`]*`)/, ([, field]) => `Validator error: Unexpected field ${field} in object`],
  [
    /\nValue: ([^]*)\nValidator: ([^]*?)\s*$/,
    ([, value, validator]) => expected(value ?? "", validator ?? ""),
  ],
  [/Found ID "([^"]*)"[^]* validator `([^`]*)`/, ([, id, validator]) => expected(id ?? "", validator ?? "")],
];
const TYPE_NAMES: Record<string, string> = { float64: "number", int64: "bigint", bytes: "ArrayBuffer" };

/** The error with convex-test's phrase ahead of the host's message. */
export function inWordsOfTheMock(error: unknown): unknown {
  const message = messageOf(error);
  for (const [pattern, say] of PHRASES) {
    const found = pattern.exec(message);
    if (found === null) continue;
    const head = message.startsWith("ReturnsValidationError") ? "Return value validation failed:\n" : "";
    return new Error(`${head}${say(found)}\n${message}`, { cause: error });
  }
  return error;
}

/** Runs a part of the host whose errors functions see. */
export function inMockWords<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw inWordsOfTheMock(error);
  }
}

function expected(value: string, validator: string): string {
  const [, kind = "", inside = ""] = /^v\.(\w+)\(([^]*)\)$/.exec(validator) ?? [];
  const what =
    kind === "id"
      ? `ID for table ${inside}`
      : kind === "union"
        ? `one of ${inside}`
        : `\`${inside === "" ? (TYPE_NAMES[kind] ?? kind) : validator}\``;
  return `Validator error: Expected ${what}, got \`${value.replace(/^"(.*)"$/, "$1").replace(/^(-?\d+)\.0$/, "$1")}\``;
}
