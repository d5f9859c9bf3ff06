/**
 * Takes known secret values out of text before it leaves the machine: a net under the rule that secrets never
 * enter the backend, not the rule itself. See SPEC.md §8.
 */
/** Shorter values would take harmless words out of every text. */
const MIN_SECRET_CHARS = 6;
const SECRET_NAME = /(^|_)(api)?(key|token|secret|passw(or)?d|passphrase|credential|auth|cookie)s?(_|$)/i;

export type Redact = (text: string) => string;

/**
 * A function that replaces every value of `environments` whose variable name looks secret by `[redacted NAME]`.
 * Longer values go first, so that a secret that contains another one is not left half visible.
 */
export function redactor(...environments: Record<string, string | undefined>[]): Redact {
  const secrets = new Map<string, string>();
  for (const [name, value] of environments.flatMap((one) => Object.entries(one))) {
    if (value === undefined || value.length < MIN_SECRET_CHARS || !SECRET_NAME.test(name)) continue;
    for (const form of spellings(value)) if (!secrets.has(form)) secrets.set(form, name);
  }
  const ordered = [...secrets].sort(([a], [b]) => b.length - a.length);
  return (text) =>
    ordered.reduce((rest, [value, name]) => rest.replaceAll(value, `[redacted ${name}]`), text);
}

/** The forms in which programs print a value: plain, inside JSON, inside a URL, each line of a multi-line key. */
function spellings(value: string): string[] {
  const lines = value.split(/\r?\n/);
  return [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), ...lines].filter(
    (form) => form.length >= MIN_SECRET_CHARS,
  );
}
