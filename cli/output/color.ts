import { Chalk, supportsColor, supportsColorStderr } from "chalk";

/** Colour for data on stdout. Honours NO_COLOR (https://no-color.org), which chalk does not read. */
export const color = new Chalk({ level: level(supportsColor) });
/** Colour for talk on stderr. */
export const talkColor = new Chalk({ level: level(supportsColorStderr) });

function level(support: typeof supportsColor): 0 | 1 | 2 | 3 {
  const refused = process.env.NO_COLOR !== undefined && process.env.NO_COLOR !== "";
  return refused || !support ? 0 : support.level;
}
