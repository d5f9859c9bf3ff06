/**
 * Takes known secret values out of text before it leaves the machine: a net under the rule that secrets never
 * enter the backend, not the rule itself. See SPEC.md §8.
 */
import { holdsPassword, isSecretName } from "../secretNames.ts";

/** Shorter values would take harmless words out of every text. */
const MIN_SECRET_CHARS = 6;

export type Redact = (text: string) => string;
type Environment = Record<string, string | undefined>;
type Profiles = Iterable<{ env?: Record<string, string | null> }>;

/**
 * A function that replaces every secret by `[redacted NAME]`: values of `environment` (and of what profiles set) whose
 * name or form says so, and what profiles take by `env:NAME`, whatever it is called.
 * Longer values go first, so that a secret that contains another one is not left half visible.
 */
export function redactor(environment: Environment, profiles: Profiles = []): Redact {
  const secrets = new Map<string, string>();
  for (const [name, value] of [...secretsOf(environment), ...profileSecrets(environment, profiles)]) {
    for (const form of spellings(value)) if (!secrets.has(form)) secrets.set(form, name);
  }
  const ordered = [...secrets].sort(([a], [b]) => b.length - a.length);
  return (text) => {
    if (text.length < MIN_SECRET_CHARS) return text;
    const known = ordered.reduce((rest, [value, name]) => rest.replaceAll(value, `[redacted ${name}]`), text);
    const whole = known.endsWith(CUT) ? withoutTornEnd(known, ordered) : known;
    if (whole.length < MIN_SHAPE_CHARS) return whole;
    return SHAPES.reduce((rest, [shape, name]) => rest.replace(shape, `[redacted ${name}]`), whole);
  };
}

function secretsOf(environment: Environment): [string, string][] {
  return Object.entries(environment).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && (isSecretName(entry[0]) || holdsPassword(entry[1])),
  );
}

/** A path that a profile takes by `env:NAME` is no secret, and stands in every second line of an agent. */
function profileSecrets(environment: Environment, profiles: Profiles): [string, string][] {
  const set = [...profiles].flatMap(({ env = {} }) => Object.entries(env));
  return set.flatMap(([name, value]) => {
    const from = /^env:(.*)$/s.exec(value ?? "")?.[1];
    if (from === undefined) return secretsOf({ [name]: value ?? undefined });
    const taken = environment[from];
    return taken === undefined || taken.startsWith("/") ? [] : [[from, taken] as [string, string]];
  });
}

/** What stands where a text was cut: see `clip`. */
const CUT = "…";

/** A text is cut before it comes here, perhaps inside a secret: its beginning alone is most of it. */
function withoutTornEnd(text: string, secrets: readonly (readonly [string, string])[]): string {
  const rest = text.slice(0, -CUT.length);
  for (const [value, name] of secrets) {
    for (let length = Math.min(value.length - 1, rest.length); length >= MIN_SECRET_CHARS; length--) {
      if (rest.endsWith(value.slice(0, length))) return `${rest.slice(0, -length)}[redacted ${name}]${CUT}`;
    }
  }
  return text;
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

/** The forms in which programs print a value: plain, inside JSON, inside a URL, each line of a multi-line key. */
function spellings(value: string): string[] {
  const lines = value.split(/\r?\n/);
  return [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value), ...lines].filter(
    (form) => form.length >= MIN_SECRET_CHARS,
  );
}
