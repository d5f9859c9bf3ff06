import { isBuiltin } from "node:module";
import { posix } from "node:path";
import { type FunctionsBundle, hashOf } from "../functions/bundleFormat.ts";
import { loadEsbuild } from "../functions/esbuild.ts";
import { inspectNode } from "../functions/nodeFunctions.ts";
import { HostError, messageOf } from "../values/errors.ts";

/** A module as the official CLI pushes it: an ES module whose imports are other pushed modules. */
export interface PushedModule {
  readonly path: string;
  readonly source: string;
  readonly environment: "isolate" | "node";
  readonly sourceMap?: string | undefined;
}

const NAMESPACE = "pushed";
/** Chunks that modules share; they hold no functions. */
const SHARED = "_deps/";

/**
 * Links pushed modules into the script that the host runs, and those that say `"use node"` into one of their own.
 * @throws HostError when a module imports what was not pushed, is no JavaScript, or does not load in Node.js
 */
export async function relink(
  modules: readonly PushedModule[],
  env: Record<string, string>,
): Promise<FunctionsBundle> {
  const [web, own] = (["isolate", "node"] as const).map((wanted) =>
    modules.filter(({ environment }) => environment === wanted),
  );
  const linked = await link(web ?? [], { platform: "browser" });
  const hash = hashOf(linked.script);
  if (own === undefined || own.length === 0) return { ...linked, hash };
  const forNode = await link(own, {
    platform: "node",
    // Modules have a URL, the script that they become has none.
    define: { "import.meta.url": JSON.stringify("file:///functions.js") },
  });
  const node = await inspectNode(forNode, env);
  return { ...linked, modules: [...linked.modules, ...forNode.modules], hash, node };
}

/** Links modules of one runtime. */
export async function link(
  modules: readonly PushedModule[],
  options: { platform: "browser" | "node"; define?: Record<string, string> },
): Promise<Pick<FunctionsBundle, "script" | "modules" | "sourceMap">> {
  const sources = new Map(modules.map((module) => [module.path, withMap(module)]));
  const entries = [...sources.keys()].filter((path) => !path.startsWith(SHARED)).sort();
  const names = entries.map((path) => path.replace(/\.js$/, ""));
  const imports = entries.map((path, i) => `import * as m${i} from ${JSON.stringify(`./${path}`)};`);
  const table = names.map((name, i) => `${JSON.stringify(name)}: m${i}`);
  const entry = `${imports.join("\n")}\nglobalThis.__droverModules = { ${table.join(", ")} };`;
  const esbuild = await loadEsbuild();
  try {
    const { outputFiles } = await esbuild.build({
      ...options,
      stdin: { contents: entry, loader: "js" },
      bundle: true,
      write: false,
      sourcemap: "external",
      sourcesContent: false,
      outfile: "functions.js",
      format: "iife",
      target: "es2023",
      // Names of functions and classes stand in errors, and "keepNames" of the pushed code relies on them.
      minify: false,
      logLevel: "silent",
      plugins: [pushedModules(sources, options.platform)],
    });
    const textOf = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text;
    return { script: textOf(".js") ?? "", sourceMap: textOf(".map"), modules: names };
  } catch (error) {
    throw new HostError(`The pushed modules cannot be linked: ${messageOf(error)}`);
  }
}

/** The bundler follows a module's own map back to its sources when it finds it in the module. */
function withMap({ source, sourceMap }: PushedModule): string {
  if (sourceMap === undefined) return source;
  const encoded = Buffer.from(sourceMap).toString("base64");
  return `${source}\n//# sourceMappingURL=data:application/json;base64,${encoded}\n`;
}

interface PluginBuild {
  onResolve(
    filter: { filter: RegExp },
    resolve: (args: {
      path: string;
      importer: string;
    }) =>
      { path: string; namespace: string } | { path: string; external: true } | { errors: { text: string }[] },
  ): void;
  onLoad(
    filter: { filter: RegExp; namespace: string },
    load: (args: { path: string }) => { contents: string; loader: "js" },
  ): void;
}

function pushedModules(sources: ReadonlyMap<string, string>, platform: "browser" | "node"): object {
  return {
    name: "pushed-modules",
    setup: (build: PluginBuild) => {
      build.onResolve({ filter: /.*/ }, ({ path, importer }) => {
        const from = importer === "<stdin>" ? "." : posix.dirname(importer);
        const found = posix.normalize(posix.join(from, path));
        if (path.startsWith(".") && sources.has(found)) return { path: found, namespace: NAMESPACE };
        if (platform === "node" && isBuiltin(path)) return { path, external: true };
        return { errors: [{ text: `"${path}" was not pushed` }] };
      });
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
        contents: sources.get(path) ?? "",
        loader: "js",
      }));
    },
  };
}
