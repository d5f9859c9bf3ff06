/**
 * Puts values into a shell command so that they stay data: the quoting follows the place in which the placeholder
 * stands (bare, in single or in double quotes). A folder named `$(rm -rf ~)` is then a folder name and nothing more.
 */
export function fillCommand(
  command: string,
  values: Readonly<Record<string, string>>,
): { ok: true; command: string } | { ok: false; unknown: string } {
  let quote: "" | "'" | '"' = "";
  let filled = "";
  for (let at = 0; at < command.length;) {
    const placeholder = /^\{\{\s*([\w.]+)\s*\}\}/.exec(command.slice(at, at + 200));
    const name = placeholder?.[1];
    if (placeholder && name !== undefined) {
      const value = Object.hasOwn(values, name) ? values[name] : undefined;
      if (value === undefined) return { ok: false, unknown: name };
      filled += quoted(value, quote);
      at += placeholder[0].length;
      continue;
    }
    const char = command[at] ?? "";
    const isEscape = char === "\\" && quote !== "'";
    filled += isEscape ? command.slice(at, at + 2) : char;
    if (char === quote) quote = "";
    else if (quote === "" && (char === "'" || char === '"')) quote = char;
    at += isEscape ? 2 : 1;
  }
  return { ok: true, command: filled };
}

function quoted(value: string, quote: "" | "'" | '"'): string {
  if (quote === '"') return value.replace(/[\\$`"]/g, "\\$&");
  const inSingle = value.replaceAll("'", `'\\''`);
  if (quote === "'") return inSingle;
  return /^[\w./@:+,-]+$/.test(value) ? value : `'${inSingle}'`;
}
