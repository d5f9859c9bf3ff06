import type { Pressed } from "./keys.ts";

/** Keys that are no character, by what a terminal sends for them. */
const NAMED: Readonly<Record<string, Partial<Pressed>>> = {
  "\r": { return: true },
  "\n": { return: true },
  "\t": { tab: true },
  "\u007f": { backspace: true },
  "\b": { backspace: true },
  "\u0003": { input: "c", ctrl: true },
  "\u001b": { escape: true },
  "[A": { upArrow: true },
  "[B": { downArrow: true },
  "[5~": { pageUp: true },
  "[6~": { pageDown: true },
};

/**
 * The keys of a text that came as one because they were pressed faster than they were read (`g` and enter as "g\r").
 * Ink names single keys alone, and takes the escape character off the text's beginning.
 */
export function typedKeys(text: string): Pressed[] {
  const found = text.match(/^\[(?:[AB]|[56]~)|\u001b\[(?:[A-Z]|\d+~)|[^]/gu) ?? [];
  return found.map((one) => {
    const name = one.length > 1 ? one.replace("\u001b", "") : one;
    const named = NAMED[name];
    if (named !== undefined) return { input: "", ...named };
    return { input: one.length > 1 ? "" : one };
  });
}
