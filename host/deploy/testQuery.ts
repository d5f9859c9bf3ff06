import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { loadEsbuild } from "../functions/esbuild.ts";
import { HostError, messageOf } from "../values/errors.ts";

/** What the source of a test query imports its builders from, by a name that no package has. */
const WRAPPERS = /^convex:\/_system\/repl\/wrappers\.js$/;
const BUILDERS = `export { queryGeneric as query, internalQueryGeneric as internalQuery } from "convex/server";`;

interface PluginBuild {
  onResolve(filter: { filter: RegExp }, resolve: () => { path: string; namespace: string }): void;
  onLoad(
    filter: { filter: RegExp; namespace: string },
    load: () => { contents: string; loader: "js"; resolveDir: string },
  ): void;
}

/**
 * Links the source of a query that is run once into a script that leaves its module behind as `testQuery`.
 * @throws HostError when it is no JavaScript, or imports something else
 */
export async function linkTestQuery(source: string): Promise<string> {
  const resolveDir = dirname(fileURLToPath(import.meta.url));
  const wrappers = {
    name: "wrappers",
    setup: (build: PluginBuild) => {
      build.onResolve({ filter: WRAPPERS }, () => ({ path: "wrappers", namespace: "wrappers" }));
      const load = () => ({ contents: BUILDERS, loader: "js" as const, resolveDir });
      build.onLoad({ filter: /.*/, namespace: "wrappers" }, load);
    },
  };
  const esbuild = await loadEsbuild();
  try {
    const { outputFiles } = await esbuild.build({
      stdin: { contents: source, loader: "js" },
      bundle: true,
      write: false,
      format: "iife",
      globalName: "testQuery",
      platform: "browser",
      target: "es2023",
      logLevel: "silent",
      plugins: [wrappers],
    });
    return outputFiles[0]?.text ?? "";
  } catch (error) {
    throw new HostError(`The query cannot be linked: ${messageOf(error)}`);
  }
}

/** The linked query as an addition to the script of a bundle. */
export function besideOthers(script: string): string {
  return `{ ${script}\nglobalThis.__droverModules = { ...globalThis.__droverModules, testQuery }; }`;
}
