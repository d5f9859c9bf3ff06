import { api } from "../../convex/_generated/api.js";
import { type Config, profileNames } from "../../domain/config.ts";
import type { Settings } from "../config/settings.ts";
import { defined } from "../../domain/defined.ts";
import type { Backend } from "./client.ts";

/** Makes the namespaces of a configuration known to the backend, with its defaults. Gives their names. */
export async function ensureNamespaces(backend: Backend, settings: Settings): Promise<string[]> {
  const { config, namespace } = settings;
  const served: Record<string, Pick<Config, "repo" | "repos">> = {
    ...config.namespaces,
    ...(namespace === null ? {} : { [namespace]: config }),
  };
  for (const [name, { repo, repos }] of Object.entries(served)) {
    const slug = repo ?? Object.keys(repos ?? {})[0];
    await backend.mutation(
      api.namespaces.ensure,
      defined({ namespace: name, repo: slug, ...defaultsOf(config) }),
    );
  }
  return Object.keys(served);
}

function defaultsOf({ harnessDefaults, cascade, limits, retention, privateRepos, ...config }: Config) {
  return {
    profiles: profileNames({ ...config }),
    harnessDefaults:
      harnessDefaults === undefined ? undefined : (defined(harnessDefaults) as Record<string, string>),
    cascade,
    privateRepos,
    limits: limits === undefined ? undefined : defined(limits),
    retention: retention === undefined ? undefined : defined(retention),
  };
}
