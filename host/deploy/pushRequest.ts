import { createHash } from "node:crypto";
import { z } from "zod";
import { HostError } from "../values/errors.ts";
import type { StoredDeployment, StoredModule } from "./storedDeployment.ts";

const pushedModule = z.object({
  path: z.string(),
  source: z.string(),
  sourceMap: z.string().nullish(),
  environment: z.enum(["isolate", "node"]),
});
const unchanged = z.object({ path: z.string(), sha256: z.string() });
const dependency = z.object({ name: z.string(), version: z.string() });

/** What `convex deploy` and `convex dev` send (cli/lib/deployApi/startPush.ts of the convex package). */
export const pushRequest = z.object({
  dryRun: z.boolean().default(false),
  appDefinition: z.object({
    /** `convex.config.ts`. */
    definition: pushedModule.nullish(),
    schema: pushedModule.nullish(),
    changedModules: z.array(pushedModule).optional(),
    /** All of the modules, from the CLI before 1.29, which knows nothing of unchanged ones. */
    functions: z.array(pushedModule).default([]),
    unchangedModuleHashes: z.array(unchanged).default([]),
    udfServerVersion: z.string(),
  }),
  componentDefinitions: z.array(z.unknown()).default([]),
  nodeDependencies: z.array(dependency).default([]),
});
export type PushRequest = z.infer<typeof pushRequest>;

/**
 * All modules of a push: those that came with it and those that it names as unchanged.
 * @throws HostError when it uses what this host lacks, or names a module that the host does not have
 */
export function modulesOf(request: PushRequest, before: StoredDeployment | null): StoredModule[] {
  const { appDefinition, componentDefinitions, nodeDependencies } = request;
  if (componentDefinitions.length > 0) {
    throw new HostError(
      "This host has no components. Remove them from convex.config.ts, or deploy to Convex.",
    );
  }
  if (nodeDependencies.length > 0) {
    const names = nodeDependencies.map(({ name }) => name).join(", ");
    throw new HostError(
      `This host installs no packages (${names}). Remove "externalPackages" from convex.json: the CLI then bundles them.`,
    );
  }
  const pushed = [...(appDefinition.changedModules ?? appDefinition.functions)];
  if (appDefinition.schema) pushed.push(appDefinition.schema);
  const kept = appDefinition.unchangedModuleHashes.map(({ path, sha256 }) => {
    const module = before?.modules.find((each) => each.path === path && each.sha256 === sha256);
    if (module !== undefined) return module;
    throw new HostError(`The push names ${path} as unchanged, but the host has another version. Push again.`);
  });
  return [
    ...kept,
    ...pushed.map(({ path, source, sourceMap, environment }) => {
      return { path, source, sourceMap: sourceMap ?? undefined, environment, sha256: sha(source, sourceMap) };
    }),
  ];
}

/** As the CLI computes it: source and source map one after the other (cli/lib/components.ts). */
function sha(source: string, sourceMap: string | null | undefined): string {
  return createHash("sha256")
    .update(source)
    .update(sourceMap ?? "")
    .digest("hex");
}
