import type { Config } from "../../domain/config.ts";
import { BUILT_IN_HARNESSES } from "../../domain/harnessKinds.ts";
import { type Probe, probeProfile } from "../../runner/attempt/probeProfile.ts";
import type { Profile } from "../../runner/harness/port.ts";

/** The profiles of this machine: those of the configuration, and each built-in kind under its own name. */
export function profilesOf(config: Config): Profile[] {
  const declared = Object.entries(config.harnesses ?? {}).map(([name, profile]) =>
    withoutUndefined({ name, ...profile }),
  );
  const builtIn = BUILT_IN_HARNESSES.filter((name) => !declared.some((profile) => profile.name === name));
  return [...declared, ...builtIn.map((name) => ({ name, type: name }))];
}

/** The profiles that a configuration declares or names: one that is missing here is worth a word. */
export function wantedProfiles({ harnesses, harnessDefaults, cascade }: Config): Set<string> {
  const names = [
    ...Object.keys(harnesses ?? {}),
    ...Object.values(harnessDefaults ?? {}),
    ...(cascade ?? []),
  ];
  return new Set(names.filter((name) => name !== undefined));
}

export interface ProbedProfile extends Probe {
  profile: Profile;
}

/** Which of the profiles can run here, and in which version. No model is asked. */
export async function probeProfiles(profiles: Profile[]): Promise<ProbedProfile[]> {
  return Promise.all(profiles.map(async (profile) => ({ profile, ...(await probeProfile(profile)) })));
}

/** `claude 2.1.3`, or the bare name where the version is unknown. */
export function probedName({ profile, version }: ProbedProfile): string {
  return version === undefined ? profile.name : `${profile.name} ${version}`;
}

function withoutUndefined(value: { name: string; type: string }): Profile {
  return Object.fromEntries(
    Object.entries(value).filter(([, part]) => part !== undefined),
  ) as unknown as Profile;
}
