import type { RunReport } from "../../domain/report/model.ts";

/** Characters in one part: few writes, and little memory. */
const PART_CHARS = 64 * 1024;
const NONE = '\n  "results": {}';

/**
 * The text of `report.json` in parts, together what `JSON.stringify(report, null, 2)` gives: the text of 10,000 tasks and
 * its bytes would be the largest thing that a run holds in memory at all.
 */
export function* reportParts(report: RunReport): Generator<string> {
  const frame = `${JSON.stringify({ ...report, results: {} }, null, 2)}\n`;
  // A line break inside of a text is written as \n: this can only be the frame's own.
  const at = frame.indexOf(NONE) + NONE.length - 1;
  let part = frame.slice(0, at);
  let isFirst = true;
  for (const [id, result] of Object.entries(report.results)) {
    const lines = JSON.stringify(result, null, 2).replaceAll("\n", "\n    ");
    part += `${isFirst ? "" : ","}\n    ${JSON.stringify(id)}: ${lines}`;
    isFirst = false;
    if (part.length < PART_CHARS) continue;
    yield part;
    part = "";
  }
  yield `${part}${isFirst ? "" : "\n  "}${frame.slice(at)}`;
}
