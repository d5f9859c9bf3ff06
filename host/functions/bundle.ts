import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { extname, join, resolve } from "node:path";
import { glob } from "tinyglobby";
import { HostError, messageOf } from "../values/errors.ts";
import { bundleFiles, type FunctionsBundle, hashOf, readBundleFolder } from "./bundleFormat.ts";
import { loadEsbuild } from "./esbuild.ts";

const EXTENSIONS = [".ts", ".tsx", ".js", ".jsx", ".mjs", ".cjs"];
const AUTH_CONFIG = ["auth.config.ts", "auth.config.js"];
const REFUSED = ["convex.config.ts", "convex.config.js"];

/**
 * The functions that a folder holds: one written by `bundleFunctions`, or Convex sources, which are bundled in memory.
 * @throws HostError when the folder holds neither, or uses what this host does not have
 */
export async function loadFunctions(folder: string): Promise<FunctionsBundle> {
  return readBundleFolder(folder) ?? (await bundleSources(folder));
}

/** Bundles a Convex source folder into `outDir`, so that a host can load it without a bundler. */
export async function bundleFunctions(sourceDir: string, outDir: string): Promise<FunctionsBundle> {
  const bundle = await bundleSources(sourceDir);
  mkdirSync(outDir, { recursive: true });
  for (const [name, content] of Object.entries(bundleFiles(bundle)))
    writeFileSync(join(outDir, name), content);
  return bundle;
}

async function bundleSources(folder: string): Promise<FunctionsBundle> {
  const dir = resolve(folder);
  if (!existsSync(dir)) throw new HostError(`The functions folder ${dir} does not exist.`);
  const files = await moduleFiles(dir);
  if (files.length === 0) {
    throw new HostError(
      `The functions folder ${dir} holds no modules. Expected Convex sources (schema.ts, functions), or a bundle folder.`,
    );
  }
  refuseUnsupported(dir, files);
  const script = await link(dir, files);
  const modules = files.map(moduleName);
  return { script, modules, hash: hashOf(script) };
}

/** What Convex pushes as modules: single-dot names outside `_generated` (bundler/index.ts of the convex package). */
async function moduleFiles(dir: string): Promise<string[]> {
  const found = await glob("**/*", { cwd: dir, ignore: ["_generated/**", "**/node_modules/**"], dot: false });
  const auth = AUTH_CONFIG.filter((name) => existsSync(join(dir, name))).slice(0, 1);
  return [...found.filter(isModule).sort(), ...auth];
}

function isModule(file: string): boolean {
  const name = file.slice(file.lastIndexOf("/") + 1);
  return EXTENSIONS.includes(extname(name)) && name.split(".").length === 2;
}

function moduleName(file: string): string {
  return file.slice(0, -extname(file).length);
}

function refuseUnsupported(dir: string, files: string[]): void {
  const config = REFUSED.find((name) => existsSync(join(dir, name)));
  if (config !== undefined) {
    throw new HostError(
      `${join(dir, config)}: the embedded host has no components. Remove it, or run on Convex.`,
    );
  }
  for (const file of files) {
    if (!/^\s*["']use node["']/.test(readFileSync(join(dir, file), "utf8"))) continue;
    throw new HostError(
      `${join(dir, file)}: "use node" modules come to the embedded host by \`convex deploy\` alone. Use the default runtime, or deploy to it.`,
    );
  }
}

async function link(dir: string, files: string[]): Promise<string> {
  const esbuild = await loadEsbuild();
  const imports = files.map((file, i) => `import * as m${i} from ${JSON.stringify(`./${file}`)};`);
  const table = files.map((file, i) => `${JSON.stringify(moduleName(file))}: m${i}`);
  const entry = `${imports.join("\n")}\nglobalThis.__droverModules = { ${table.join(", ")} };`;
  try {
    const { outputFiles } = await esbuild.build({
      stdin: { contents: entry, resolveDir: dir, loader: "js" },
      bundle: true,
      write: false,
      format: "iife",
      platform: "browser",
      conditions: ["convex", "module"],
      target: "es2023",
      logLevel: "silent",
    });
    return outputFiles[0]?.text ?? "";
  } catch (error) {
    throw new HostError(`The functions in ${dir} cannot be bundled: ${messageOf(error)}`);
  }
}
