const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * A foreign name or text made fit for one line of a terminal or a prompt: control characters, line breaks and
 * direction marks are shown as escapes, because a file name may hold a whole terminal sequence or a second "line".
 */
export function clean(text: string): string {
  return text.replace(CONTROL, escapeCharacter);
}

/** As `clean`, for texts of several lines that are shown as one: their breaks and tabs become spaces. */
export function cleanLine(text: string): string {
  return clean(text.replace(/\s*[\r\n\t]+\s*/g, " "));
}

function escapeCharacter(char: string): string {
  if (char === "\n") return "\\n";
  if (char === "\t") return "\\t";
  if (char === "\r") return "\\r";
  return `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
