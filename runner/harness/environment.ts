/**
 * The child's environment. Inherited are harmless names and what the harness needs; keys, tokens and passwords of the
 * runner's own environment are not, because everything an agent runs can read them.
 */
import { holdsPassword, isSecretName } from "../secretNames.ts";
import type { Harness, Profile } from "./port.ts";

/** A nested CLI would think itself part of the session that started the runner. */
const FOREIGN = /^(CLAUDECODE$|CLAUDE_CODE_|DROVER_|OLDPWD$|npm_)/;
const PROXY = /^(https?|all|no)_proxy$/i;

export interface EnvironmentOrder {
  harness: Harness;
  profile: Profile;
  /** The runner's own environment. */
  inherited: Record<string, string | undefined>;
  /** Defaults of the adapter. */
  defaults: Record<string, string>;
  /** What Drover itself sets; nothing overrides it. */
  ours: Record<string, string>;
}

export type EnvironmentResult = { ok: true; env: Record<string, string> } | { ok: false; detail: string };

/** The child's environment, or what is wrong with the profile's `env`. */
export function childEnvironment(order: EnvironmentOrder): EnvironmentResult {
  const env: Record<string, string> = { ...inherit(order), TZ: "UTC", ...order.defaults };
  for (const [name, value] of Object.entries(order.profile.env ?? {})) {
    if (value === null) {
      delete env[name];
      continue;
    }
    const from = /^env:(.*)$/s.exec(value)?.[1];
    const resolved = from === undefined ? value : order.inherited[from];
    if (from !== undefined && !resolved) {
      return {
        ok: false,
        detail: `profile "${order.profile.name}" takes ${name} from the runner's environment variable ${from}, which is unset or empty: set ${from} where the runner starts`,
      };
    }
    env[name] = resolved ?? "";
  }
  return { ok: true, env: { ...env, ...order.ours } };
}

/** By environment: a runner's own does not change, and looking through it for each of a thousand jobs would be felt. */
const inheritances = new WeakMap<object, Map<Harness, Record<string, string>>>();

function inherit(order: EnvironmentOrder): Record<string, string> {
  const { harness, inherited } = order;
  if (inherited === process.env) return inheritNow(order);
  const known = inheritances.get(inherited) ?? new Map<Harness, Record<string, string>>();
  const kept = known.get(harness) ?? inheritNow(order);
  inheritances.set(inherited, known.set(harness, kept));
  return kept;
}

function inheritNow({ harness, inherited }: EnvironmentOrder): Record<string, string> {
  const kept = Object.entries(inherited).filter((entry): entry is [string, string] => {
    const [name, value] = entry;
    if (value === undefined) return false;
    if (harness.keepsSecret?.test(name)) return !name.startsWith("DROVER_");
    if (FOREIGN.test(name)) return false;
    return !isSecretName(name) && (PROXY.test(name) || !holdsPassword(value));
  });
  return Object.fromEntries(kept);
}
