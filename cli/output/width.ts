import stringWidth from "string-width";

/** True for printable ASCII: one column a letter, and nothing that could be torn. */
export function isPlain(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}

/** Columns of a text on a terminal. Plain text, nearly all of it, is not looked at letter by letter: a live screen asks often. */
export function widthOf(text: string): number {
  return isPlain(text) ? text.length : stringWidth(text);
}
