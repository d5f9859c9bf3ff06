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
  [/^Too many bytes read/, () => "Read too much data"],
  [/^Too many documents read/, () => "Scanned too many documents"],
  [/^Too many bytes written/, () => "Wrote too much data"],
  [/^Too many writes/, () => "Wrote too many documents"],
  [/^Too many reads/, () => "Too many index ranges read"],
  [/^Too many functions scheduled/, () => "Scheduled too many functions"],
  [/^Too large total size/, () => "Scheduled function arguments too large"],
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

function expected(value: string, validator: string): string {
  const id = /^v\.id\((.*)\)$/.exec(validator);
  const type = /^v\.(\w+)\(\)$/.exec(validator)?.[1];
  const what = id !== null ? `ID for table ${id[1]}` : `\`${TYPE_NAMES[type ?? ""] ?? type ?? validator}\``;
  return `Validator error: Expected ${what}, got \`${value.replace(/^"(.*)"$/, "$1").replace(/^(-?\d+)\.0$/, "$1")}\``;
}
