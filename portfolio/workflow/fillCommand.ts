/**
 * Puts values into a shell command so that they stay data. A plain value goes in as it is; any other one travels as
 * an environment variable, because the shell never reads what a variable expands to as code: a folder named
 * `$(rm -rf ~)` is then a folder name and nothing more, wherever in the command it stands.
 */
export type FilledCommand =
  { ok: true; command: string; env: Record<string, string> } | { ok: false; unknown: string };

type Quote = "" | "'" | '"';

const TOKEN = /\{\{\s*[\w.]+\s*\}\}|\\[\s\S]|[\s\S]/g;
const PLACEHOLDER = /^\{\{\s*([\w.]+)\s*\}\}$/;
const PLAIN_VALUE = /^[\w./@:+,-]+$/;

/** Fills `{{name}}` placeholders of a shell command; `unknown` is the first one without a value. */
export function fillCommand(command: string, values: Readonly<Record<string, string>>): FilledCommand {
  const env: Record<string, string> = {};
  let quote: Quote = "";
  let filled = "";
  for (const [token] of command.matchAll(TOKEN)) {
    const name = PLACEHOLDER.exec(token)?.[1];
    if (name === undefined) {
      filled += token;
      quote = nextQuote(quote, token);
      continue;
    }
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return { ok: false, unknown: name };
    const variable = `DROVER_${name.replace(/\W/g, "_").toUpperCase()}`;
    if (!PLAIN_VALUE.test(value)) env[variable] = value;
    filled += PLAIN_VALUE.test(value) ? value : reference(variable, quote);
  }
  return { ok: true, command: filled, env };
}

function nextQuote(quote: Quote, token: string): Quote {
  // Inside single quotes a backslash is a character like any other, so `\'` ends them.
  const char = quote === "'" && token.length > 1 ? token.slice(1) : token;
  if (char !== "'" && char !== '"') return quote;
  if (quote === "") return char;
  return quote === char ? "" : quote;
}

/** In single quotes nothing expands: they are closed, and opened again after the variable. */
function reference(variable: string, quote: Quote): string {
  if (quote === '"') return `\${${variable}}`;
  return quote === "'" ? `'"\${${variable}}"'` : `"\${${variable}}"`;
}
