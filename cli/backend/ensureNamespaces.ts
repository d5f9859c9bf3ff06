import { api } from "../../convex/_generated/api.js";
import { profileNames } from "../../domain/config.ts";
import type { Settings } from "../config/settings.ts";
import type { Backend } from "./client.ts";

/** Makes the namespaces of a configuration known to the backend, with its defaults. Gives their names. */
export async function ensureNamespaces(backend: Backend, settings: Settings): Promise<string[]> {
  const { config, namespace } = settings;
  const others = Object.entries(config.namespaces ?? {}).filter(([name]) => name !== namespace);
  const common = {
    profiles: profileNames(config),
    ...(config.harnessDefaults === undefined ? {} : { harnessDefaults: definedOnly(config.harnessDefaults) }),
    ...(config.cascade === undefined ? {} : { cascade: config.cascade }),
    ...(config.limits === undefined ? {} : { limits: definedOnly(config.limits) }),
  };
  const repo = config.repo ?? Object.keys(config.repos ?? {})[0];
  if (namespace !== null) {
    await backend.mutation(api.namespaces.ensure, {
      namespace,
      ...common,
      ...(repo === undefined ? {} : { repo }),
    });
  }
  for (const [name, { repo: own, repos }] of others) {
    const slug = own ?? Object.keys(repos ?? {})[0];
    await backend.mutation(api.namespaces.ensure, {
      namespace: name,
      ...common,
      ...(slug === undefined ? {} : { repo: slug }),
    });
  }
  return [...(namespace === null ? [] : [namespace]), ...others.map(([name]) => name)];
}

function definedOnly<T>(record: Readonly<Record<string, T | undefined>>): Record<string, T> {
  return Object.fromEntries(
    Object.entries(record).filter((entry): entry is [string, T] => entry[1] !== undefined),
  );
}
