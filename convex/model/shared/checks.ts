/** Values that no type check can refuse. Each message says what was expected, what came and what to do. */
import { MAX_TEXT_BYTES } from "../../../domain/limits.ts";
import { byteLength } from "../../../domain/text.ts";
import { fail } from "./fail.ts";

/** Characters of names: namespaces, pools, profiles, keys, locks, runners. */
export const MAX_NAME_CHARS = 200;
/** Names in one list. */
export const MAX_NAMES = 100;
/** Profiles of one cascade: it stands in every job's row, of which windows and counts read hundreds. */
export const MAX_CASCADE = 16;

/** Priorities lie between minus this and this: sums of two stay exact. */
export const MAX_PRIORITY = 1_000_000;

/** A text that holds something and fits into a document. */
export function checkText(text: string, what: string): void {
  if (text.trim() === "") fail("INVALID", `${what}: expected a text, got an empty one`);
  checkSize(text, what);
}

/** A text, perhaps empty, that fits into a document. */
export function checkSize(text: string | undefined, what: string): void {
  const bytes = text === undefined ? 0 : byteLength(text);
  if (bytes <= MAX_TEXT_BYTES) return;
  fail(
    "INVALID",
    `${what}: expected at most ${MAX_TEXT_BYTES} bytes, got ${bytes}: put the text into a file of the repo and name it here`,
  );
}

/** A short name without line breaks or surrounding blanks. */
export function checkName(name: string | undefined, what: string): void {
  if (name === undefined) return;
  const good = name !== "" && name.length <= MAX_NAME_CHARS && name.trim() === name && !/[\n\r\0]/.test(name);
  if (good) return;
  fail(
    "INVALID",
    `${what}: expected 1 to ${MAX_NAME_CHARS} characters on one line without blanks around them, got ${JSON.stringify(name.slice(0, 80))}`,
  );
}

/** A list of names. */
export function checkNames(names: readonly string[] | undefined, what: string, most = MAX_NAMES): void {
  if (names === undefined) return;
  if (names.length > most) fail("INVALID", `${what}: expected at most ${most} names, got ${names.length}`);
  for (const name of names) checkName(name, what);
}

/** A finite number within bounds. */
export function checkNumber(
  value: number | null | undefined,
  what: string,
  { min, max, whole = true }: { min: number; max: number; whole?: boolean },
): void {
  if (value === undefined || value === null) return;
  if (value >= min && value <= max && (!whole || Number.isInteger(value))) return;
  fail("INVALID", `${what}: expected a ${whole ? "whole " : ""}number from ${min} to ${max}, got ${value}`);
}

/** The number of rows a list gives: the wish, at least 1 and at most `most`. */
export function pageSize(wish: number | undefined, most: number): number {
  checkNumber(wish, "limit", { min: 1, max: Number.MAX_SAFE_INTEGER });
  return Math.min(wish ?? most, most);
}
