import { posix } from "node:path";
import { type FunctionsBundle, hashOf } from "../functions/bundleFormat.ts";
import { loadEsbuild } from "../functions/esbuild.ts";
import { HostError, messageOf } from "../values/errors.ts";

/** A module as the official CLI pushes it: an ES module whose imports are other pushed modules. */
export interface PushedModule {
  readonly path: string;
  readonly source: string;
}

const NAMESPACE = "pushed";
/** Chunks that modules share; they hold no functions. */
const SHARED = "_deps/";

/**
 * Links pushed modules into the one script that the host runs.
 * @throws HostError when a module imports what was not pushed, or is no JavaScript
 */
export async function relink(modules: readonly PushedModule[]): Promise<FunctionsBundle> {
  const sources = new Map(modules.map(({ path, source }) => [path, source]));
  const entries = [...sources.keys()].filter((path) => !path.startsWith(SHARED)).sort();
  const names = entries.map((path) => path.replace(/\.js$/, ""));
  const imports = entries.map((path, i) => `import * as m${i} from ${JSON.stringify(`./${path}`)};`);
  const table = names.map((name, i) => `${JSON.stringify(name)}: m${i}`);
  const entry = `${imports.join("\n")}\nglobalThis.__droverModules = { ${table.join(", ")} };`;
  const esbuild = await loadEsbuild();
  try {
    const { outputFiles } = await esbuild.build({
      stdin: { contents: entry, loader: "js" },
      bundle: true,
      write: false,
      format: "iife",
      platform: "browser",
      target: "es2023",
      // Names of functions and classes stand in errors, and "keepNames" of the pushed code relies on them.
      minify: false,
      logLevel: "silent",
      plugins: [pushedModules(sources)],
    });
    const script = outputFiles[0]?.text ?? "";
    return { script, modules: names, hash: hashOf(script) };
  } catch (error) {
    throw new HostError(`The pushed modules cannot be linked: ${messageOf(error)}`);
  }
}

interface PluginBuild {
  onResolve(
    filter: { filter: RegExp },
    resolve: (args: {
      path: string;
      importer: string;
    }) => { path: string; namespace: string } | { errors: { text: string }[] },
  ): void;
  onLoad(
    filter: { filter: RegExp; namespace: string },
    load: (args: { path: string }) => { contents: string; loader: "js" },
  ): void;
}

function pushedModules(sources: ReadonlyMap<string, string>): object {
  return {
    name: "pushed-modules",
    setup: (build: PluginBuild) => {
      build.onResolve({ filter: /.*/ }, ({ path, importer }) => {
        const from = importer === "<stdin>" ? "." : posix.dirname(importer);
        const found = posix.normalize(posix.join(from, path));
        if (path.startsWith(".") && sources.has(found)) return { path: found, namespace: NAMESPACE };
        return { errors: [{ text: `"${path}" was not pushed` }] };
      });
      build.onLoad({ filter: /.*/, namespace: NAMESPACE }, ({ path }) => ({
        contents: sources.get(path) ?? "",
        loader: "js",
      }));
    },
  };
}
