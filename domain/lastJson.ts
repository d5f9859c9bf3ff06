/** Characters looked at in all, over every opening brace that turns out to be prose: bounds the work on a hostile text. */
const MAX_STEPS = 8_000_000;

/** The last outermost JSON object in a text, whatever stands around it; undefined when there is none. */
export function lastJsonObject(text: string): Record<string, unknown> | undefined {
  let last: Record<string, unknown> | undefined;
  let steps = 0;
  for (let at = text.indexOf("{"); at >= 0 && steps < MAX_STEPS;) {
    const end = endOfObject(text, at);
    steps += (end ?? text.length) - at;
    const parsed = end === undefined ? undefined : parseObject(text.slice(at, end));
    if (parsed !== undefined) last = parsed;
    at = text.indexOf("{", parsed !== undefined && end !== undefined ? end : at + 1);
  }
  return last;
}

/** Index after the brace that closes the one at `start`, braces inside of strings left out; undefined without one. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  let inString = false;
  for (let i = start; i < text.length; i += 1) {
    const char = text[i];
    if (inString) {
      if (char === "\\") i += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === "{") depth += 1;
    else if (char === "}") {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}
