/** Looking into JSON of which nothing is certain: CLIs add and drop fields monthly. */
import type { Usage } from "../../domain/usage.ts";

export type Json = Record<string, unknown>;

/** The value as an object; an empty one when it is anything else. */
export function obj(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** The value as a string; undefined when it is anything else or empty. */
export function str(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

export function num(value: unknown): number | undefined {
  return typeof value === "number" && Number.isFinite(value) ? value : undefined;
}

/** A count of tokens: 0 for anything that is no number above 0. */
export function count(value: unknown): number {
  return Math.max(0, num(value) ?? 0);
}

/** The text as a JSON object, or undefined. */
export function parseObject(text: string): Json | undefined {
  if (!text.trimStart().startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Json) : undefined;
  } catch {
    return undefined;
  }
}

/** A usage without negative parts. */
export function usageOf(parts: Partial<Record<keyof Usage, number>>): Usage {
  return {
    input: count(parts.input),
    cached: count(parts.cached),
    output: count(parts.output),
    reasoning: count(parts.reasoning),
  };
}

/** Cuts to `limit` UTF-16 units without splitting a surrogate pair. */
export function clip(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const end = limit - 1;
  const last = text.charCodeAt(end - 1);
  return text.slice(0, last >= 0xd800 && last <= 0xdbff ? end - 1 : end) + "…";
}

/** Any value as short text: strings as they are, the rest as JSON. */
export function brief(value: unknown, limit: number): string {
  if (value === undefined || value === null) return "";
  return clip(typeof value === "string" ? value : JSON.stringify(value), limit);
}
