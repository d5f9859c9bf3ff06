import { HostError } from "../values/errors.ts";
import { ActionThread } from "./actionThread.ts";
import type { FunctionsBundle, NodeFunctions } from "./bundleFormat.ts";
import type { DescribedFunction } from "./registry.ts";

/**
 * Loads `"use node"` modules once, in a thread of their own, to see what they hold.
 * @throws HostError when they do not load, or hold what only the default runtime runs
 */
export async function inspectNode(
  { script, sourceMap }: Pick<NodeFunctions, "script" | "sourceMap">,
  env: Record<string, string>,
): Promise<NodeFunctions> {
  const thread = new ActionThread({ script, env, runtime: "node" });
  try {
    const ran = await thread.describe();
    if (ran.kind === "lost") {
      throw new HostError(`The "use node" modules cannot be loaded: ${ran.problem ?? ran.why}`);
    }
    for (const { path, kind } of functionsOf(ran.value)) {
      if (kind === "action") continue;
      const [module, name] = path.split(":");
      throw new HostError(
        `\`${name}\` defined in \`${module}.js\` is a ${kind}. Only actions can be defined in Node.js. ` +
          `See https://docs.convex.dev/functions/actions for more details.`,
      );
    }
    return { script, sourceMap, functionsJson: ran.value };
  } finally {
    await thread.end();
  }
}

/** The paths of a bundle's actions that run in Node.js. */
export function nodePaths({ node }: FunctionsBundle): ReadonlySet<string> {
  return new Set(node === undefined ? [] : functionsOf(node.functionsJson).map(({ path }) => path));
}

function functionsOf(json: string): DescribedFunction[] {
  return JSON.parse(json) as DescribedFunction[];
}
