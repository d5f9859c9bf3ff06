import { z } from "zod";
import type { Catalog } from "../database/catalog.ts";
import { validate } from "../database/validate.ts";
import type { Validator } from "../database/validatorType.ts";
import { Isolate } from "../functions/isolate.ts";
import { HostError } from "../values/errors.ts";
import { link } from "./relink.ts";

/** What an app says of itself in `defineApp`, as its `export()` gives it. */
const exportedApp = z.object({
  /** Name and validator of each variable that it declares. */
  envVars: z
    .array(
      z.tuple([
        z.string(),
        z.object({ type: z.literal("value"), value: z.string(), optional: z.boolean().optional() }),
      ]),
    )
    .default([]),
  /** Where the routes of its `http.ts` begin, with a slash at both ends. */
  httpPrefix: z.string().optional(),
});
export type AppDefinition = Readonly<z.infer<typeof exportedApp>>;

/** A variable that the app cannot do without is not set; the CLI reads the names out of the message. */
export class MissingEnvironment extends HostError {
  override name = "MissingEnvironment";
}

const CONFIG = "convex.config";

/**
 * What `convex.config.ts` exports; nothing when there is none.
 * @throws HostError when the definition does not load, or is of a form that other versions of the package may have
 */
export async function readAppDefinition(
  definition: { source: string } | null | undefined,
  env: Record<string, string>,
): Promise<AppDefinition> {
  if (!definition) return { envVars: [] };
  const linked = await link([{ path: `${CONFIG}.js`, source: definition.source, environment: "isolate" }], {
    platform: "browser",
  });
  const exported = new Isolate(linked, env, "deterministic").exportOf(CONFIG);
  const app = exportedApp.safeParse(JSON.parse(exported ?? "{}"));
  if (app.success) return app.data;
  throw new HostError(
    `This host does not understand what convex.config.ts exports. Update the convex package: npm install convex@latest\n` +
      z.prettifyError(app.error),
  );
}

/**
 * Checks the variables of a deployment against what the app declares.
 * @throws MissingEnvironment naming those that are required and not set; HostError naming a value that does not fit
 */
export function checkEnv(
  { envVars }: AppDefinition,
  env: Readonly<Record<string, string>>,
  catalog: Catalog,
): void {
  const missing = envVars.filter(([name, { optional }]) => optional !== true && env[name] === undefined);
  if (missing.length > 0) {
    const names = missing.map(([name]) => name).join(", ");
    throw new MissingEnvironment(
      `Environment variables that convex.config.ts declares as required are not set: ${names}. ` +
        "Set them with `npx convex env set`, then push again.",
    );
  }
  for (const [name, { value }] of envVars) {
    const given = env[name];
    const problem = given === undefined ? null : validate(given, JSON.parse(value) as Validator, catalog);
    if (problem === null) continue;
    throw new HostError(
      `The environment variable ${name} does not fit what convex.config.ts declares: ${problem}`,
    );
  }
}
