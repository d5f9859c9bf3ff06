/**
 * Files of users taken apart: JSON or YAML first, then their shape. A fault is a usage error that names the file, the
 * place, what was expected and what came, in words for the person who wrote it.
 */
import { parse } from "yaml";
import type * as z from "zod";
import { PortfolioError } from "../problem.ts";

/** Faults told at once: the first ones say enough, and one wrong indent can make a hundred. */
const MAX_FAULTS = 5;

/** Parses JSON of a user. Editors on Windows write a byte order mark, which JSON.parse refuses. */
export function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, "")) as unknown;
  } catch (error) {
    throw new PortfolioError("usage", `${path}: expected JSON: ${(error as Error).message}`);
  }
}

/** Parses YAML of a user, hence JSON too. */
export function parseYaml(path: string, text: string): unknown {
  try {
    // A tag that YAML does not know is no reason to print a warning of its own on stderr.
    return parse(text, { logLevel: "error" }) as unknown;
  } catch (error) {
    throw new PortfolioError("usage", `${path}: expected YAML: ${(error as Error).message.trimEnd()}`);
  }
}

/** The value in the shape of a schema. Throws a usage error with one line per fault. */
export function checkShape<S extends z.ZodType>(path: string, schema: S, value: unknown): z.output<S> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const { issues } = result.error;
  const lines = issues.slice(0, MAX_FAULTS).map((issue) => `${path}: ${tellIssue(issue, value)}`);
  if (issues.length > MAX_FAULTS) lines.push(`${path}: ${issues.length - MAX_FAULTS} more faults`);
  throw new PortfolioError("usage", lines.join("\n"));
}

function tellIssue(issue: z.core.$ZodIssue, root: unknown): string {
  const place = issue.path.reduce<string>(
    (all, part) =>
      typeof part === "number" ? `${all}[${part}]` : `${all}${all === "" ? "" : "."}${String(part)}`,
    "",
  );
  return `${place === "" ? "" : `${place}: `}${tellFault(issue, root)}`;
}

function tellFault(issue: z.core.$ZodIssue, root: unknown): string {
  // A rule's own words beat ours; the library's do not.
  if (!/^(?:Invalid|Too|Unrecognized)/.test(issue.message)) return issue.message;
  if (issue.code === "unrecognized_keys")
    return `unknown key ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}`;
  if (issue.code === "too_small")
    return issue.origin === "string" ? "expected a text that is not empty" : "expected at least one entry";
  const came = kindOf(issue.path.reduce<unknown>(step, root));
  return issue.code === "invalid_type"
    ? `expected ${KINDS[issue.expected] ?? issue.expected}, got ${came}`
    : `cannot be ${came}`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

function step(value: unknown, key: PropertyKey): unknown {
  return typeof value === "object" && value !== null
    ? (value as Record<PropertyKey, unknown>)[key]
    : undefined;
}

function kindOf(value: unknown): string {
  if (value === undefined || value === null) return "nothing";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return JSON.stringify(value).slice(0, 60);
}
