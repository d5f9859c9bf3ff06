import type { JobEvent } from "../backend/wire.ts";
import { color } from "../output/color.ts";
import { clock } from "../output/time.ts";

const PAINTS: Readonly<Record<string, (text: string) => string>> = {
  error: color.red,
  retry_notice: color.yellow,
  limit_notice: color.yellow,
  thinking: color.dim,
  tool_start: color.cyan,
  tool_end: color.dim,
  result: color.green,
};

/** One event as a line of the log; a text of several lines is indented below its first. */
export function renderEvent({ at, kind, text }: JobEvent): string {
  const paint = PAINTS[kind] ?? ((plain: string) => plain);
  const head = `${color.dim(clock(at))} ${paint(kind.padEnd(10))} `;
  const [first = "", ...more] = text.trimEnd().split("\n");
  return [head + first, ...more.map((line) => `${" ".repeat(20)}${line}`)].join("\n");
}
