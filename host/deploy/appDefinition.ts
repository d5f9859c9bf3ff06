import { Isolate } from "../functions/isolate.ts";
import { link } from "./relink.ts";

/** Name and validator of a variable that `convex.config.ts` declares, as its `export()` gives them. */
export type EnvVar = [string, { type: "value"; value: string; optional?: boolean }];

const CONFIG = "convex.config";

/**
 * The environment variables that an app declares (`defineApp({ env })`), for the types that the CLI writes.
 * @throws HostError when the definition does not load
 */
export async function declaredEnv(
  definition: { source: string } | null | undefined,
  env: Record<string, string>,
): Promise<EnvVar[]> {
  if (!definition) return [];
  const linked = await link([{ path: `${CONFIG}.js`, source: definition.source, environment: "isolate" }], {
    platform: "browser",
  });
  const exported = new Isolate(linked, env, "deterministic").exportOf(CONFIG);
  const { envVars = [] } = JSON.parse(exported ?? "{}") as { envVars?: EnvVar[] };
  return envVars;
}
