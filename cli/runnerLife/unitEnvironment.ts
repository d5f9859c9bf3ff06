/** What a runner of this terminal takes from its environment, which the one of a unit will not have. */
import { resolve } from "node:path";
import type { CommonFlags, Settings } from "../config/settings.ts";
import { readEnvironment } from "../config/environment.ts";
import { profilesOf, wantedProfiles } from "../harnesses/profiles.ts";
import { harnessFor } from "../../runner/harness/index.ts";

/** The common flags of the unit's command: what flags or variables said here, with paths that hold anywhere. */
export function unitFlags(flags: CommonFlags, env = process.env): string[] {
  const given = readEnvironment(env);
  const config = flags.config ?? given.config;
  const all = {
    "--config": config === undefined ? undefined : resolve(config),
    "--url": flags.url ?? given.url,
    "--namespace": flags.namespace ?? given.namespace,
    "--slots": given.slots,
  };
  return Object.entries(all).flatMap(([flag, value]) => (value === undefined ? [] : [flag, value]));
}

/**
 * Names of the variables that the runner needs besides: its token, what profiles take by `env:NAME`, and keys of this
 * terminal that the configured kinds inherit.
 */
export function unitSecrets({ config, token }: Settings, env = process.env): string[] {
  const wanted = wantedProfiles(config);
  const names = profilesOf(config)
    .filter(({ name }) => wanted.has(name))
    .flatMap((profile) => {
      const { keepsSecret } = harnessFor(profile);
      const named = Object.values(profile.env ?? {}).map((value) => /^env:(.+)$/.exec(value ?? "")?.[1]);
      return [...named, ...Object.keys(env).filter((name) => keepsSecret?.test(name))];
    })
    .filter((name) => name !== undefined);
  return [...new Set([...(token === null ? [] : ["DROVER_TOKEN"]), ...names])].sort();
}
