import { type Schema, parseSchema } from "../database/schema.ts";
import { readProviders } from "../functions/authenticate.ts";
import type { FunctionsBundle } from "../functions/bundleFormat.ts";
import { Isolate } from "../functions/isolate.ts";
import { Registry } from "../functions/registry.ts";
import { HostError } from "../values/errors.ts";
import { readCrons } from "../scheduler/crons.ts";

/** A bundle, and what its modules say about themselves. */
export interface LoadedFunctions {
  readonly bundle: FunctionsBundle;
  readonly env: Record<string, string>;
  readonly functionsJson: string;
  /** Text of `schema.export()`, or null without a schema. */
  readonly schemaJson: string | null;
  readonly schema: Schema;
  readonly cronsJson: string | null;
  readonly authJson: string;
  /** `[path, method]` of the HTTP actions. */
  readonly routes: readonly (readonly [string, string])[];
}

/** A host that nothing was deployed to. */
export const NO_FUNCTIONS: FunctionsBundle = {
  script: "globalThis.__droverModules = {};",
  modules: [],
  hash: "",
};

/**
 * Loads a bundle and checks everything that can be known before it runs.
 * @throws HostError naming what is wrong with modules, schema, crons or auth config
 */
export function inspectBundle(bundle: FunctionsBundle, env: Record<string, string>): LoadedFunctions {
  const isolate = new Isolate(bundle, env, "deterministic");
  const functionsJson = joined(isolate.functionsJson, bundle.node?.functionsJson ?? "[]");
  const schemaJson = isolate.exportOf("schema");
  const cronsJson = isolate.exportOf("crons");
  const authJson = isolate.defaultJson("auth.config");
  readCrons(cronsJson, new Registry(functionsJson));
  readProviders(authJson);
  checkArgs(functionsJson);
  return {
    bundle,
    env,
    functionsJson,
    schemaJson,
    schema: schemaJson === null ? { tables: [] } : parseSchema(schemaJson),
    cronsJson,
    authJson,
    routes: JSON.parse(isolate.routes()) as [string, string][],
  };
}

/** @throws HostError, as the real server, for a function whose arguments are no object */
function checkArgs(functionsJson: string): void {
  for (const { path, args } of JSON.parse(functionsJson) as { path: string; args: string }[]) {
    const { type } = JSON.parse(args) as { type: string };
    if (type === "object" || type === "any") continue;
    const [module, name] = path.split(":");
    throw new HostError(
      `Invalid JSON returned from ${module}.js:${name}.exportArgs(): Args validator must be an object or any`,
    );
  }
}

function joined(...lists: string[]): string {
  return JSON.stringify(lists.flatMap((list) => JSON.parse(list) as unknown[]));
}
