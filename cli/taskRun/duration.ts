import { usageError } from "../output/errors.ts";

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** Longest time that a task may get, ms: what the queue takes. */
const MAX_MS = 7 * 24 * 3_600_000;

/** A length of time as task files and their settings spell it: `45m`, `1h30m`, `90s`; in ms. @throws CliError (exit 2) */
export function parseGoDuration(text: string, what: string): number {
  const ms = goDuration(text);
  if (ms !== null && ms <= MAX_MS) return ms;
  throw usageError(`${what} must be a length of time like 90s, 30m or 1h30m, got ${JSON.stringify(text)}`);
}

/** As `parseGoDuration`, of any length; null for what is none. */
export function goDuration(text: string): number | null {
  const parts = [...text.trim().matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  const whole = parts.map(([part]) => part).join("") === text.trim();
  const ms = parts.reduce((sum, [, number, unit]) => sum + Number(number) * (UNIT_MS[unit ?? ""] ?? 0), 0);
  return parts.length > 0 && whole && ms > 0 ? Math.round(ms) : null;
}
