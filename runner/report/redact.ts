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
  return (text) => {
    if (text.length < MIN_SECRET_CHARS) return text;
    const known = ordered.reduce((rest, [value, name]) => rest.replaceAll(value, `[redacted ${name}]`), text);
    if (known.length < MIN_SHAPE_CHARS) return known;
    return SHAPES.reduce((rest, [shape, name]) => rest.replace(shape, `[redacted ${name}]`), known);
  };
}

/** No shape is shorter: most of what is looked through is a word of a log line, and nine searches are felt. */
const MIN_SHAPE_CHARS = 15;

/**
 * Secrets that an agent has found somewhere else (a file, a page) are known by their shape. Only shapes that name
 * themselves by a prefix: long hexadecimal words are commits far more often than keys.
 */
const SHAPES: readonly (readonly [RegExp, string])[] = [
  [/\bsk-(?:ant-|proj-|or-)?[A-Za-z0-9_-]{20,}/g, "API key"],
  [/\b(?:ghp|gho|ghu|ghs|ghr)_[A-Za-z0-9]{30,}|\bgithub_pat_[A-Za-z0-9_]{40,}/g, "GitHub token"],
  [/\bglpat-[A-Za-z0-9_-]{20,}/g, "GitLab token"],
  [/\bxox[abeprs]-[A-Za-z0-9-]{10,}/g, "Slack token"],
  [/\bAKIA[0-9A-Z]{16}\b/g, "AWS key"],
  [/\bAIza[0-9A-Za-z_-]{35}/g, "Google key"],
  [/\bnpm_[A-Za-z0-9]{36}\b/g, "npm token"],
  [/\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}/g, "token"],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, "private key"],
];

/** Values that profiles set in a child's environment by themselves. */
export function literalValues(profiles: Iterable<{ env?: Record<string, string | null> }>) {
  return [...profiles].map(({ env = {} }) =>
    Object.fromEntries(Object.entries(env).map(([name, value]) => [name, value ?? undefined])),
  );
}

/** The forms in which programs print a value: plain, inside JSON, inside a URL, each line of a multi-line key. */
function spellings(value: string): string[] {
  const lines = value.split(/\r?\n/);
  return [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), ...lines].filter(
    (form) => form.length >= MIN_SECRET_CHARS,
  );
}
