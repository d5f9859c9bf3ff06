import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { HostError, messageOf } from "../values/errors.ts";

/** Changes when the script's contract with the isolate changes. */
const FORMAT = 1;
export const MANIFEST_FILE = "manifest.json";
const SCRIPT_FILE = "functions.js";

/** Functions as one script that sets the global `__droverModules`, and what they were made of. */
export interface FunctionsBundle {
  readonly script: string;
  /** Module names without extension, as they stand before the colon of a function's path. */
  readonly modules: readonly string[];
  /** SHA-256 of the script, hex. */
  readonly hash: string;
  /** Only of a deploy. */
  readonly node?: NodeFunctions | undefined;
  /** JSON of the script's source map; only of a deploy. */
  readonly sourceMap?: string | undefined;
  /** Where the routes of `http.ts` begin, from "/" to "/"; only of a deploy, and "/" without. */
  readonly httpPrefix?: string | undefined;
}

/** The actions of `"use node"` modules: a script of their own, and what it was found to hold when it came. */
export interface NodeFunctions {
  readonly script: string;
  readonly sourceMap?: string | undefined;
  /** JSON of `DescribedFunction[]`. */
  readonly functionsJson: string;
}

interface Manifest {
  format: number;
  script: string;
  hash: string;
  modules: string[];
}

export function hashOf(script: string): string {
  return createHash("sha256").update(script).digest("hex");
}

/** The files of a bundle folder: name and content. */
export function bundleFiles(bundle: FunctionsBundle): Record<string, string> {
  const manifest: Manifest = {
    format: FORMAT,
    script: SCRIPT_FILE,
    hash: bundle.hash,
    modules: [...bundle.modules],
  };
  return {
    [SCRIPT_FILE]: bundle.script,
    [MANIFEST_FILE]: `${JSON.stringify(manifest, null, 2)}\n`,
  };
}

/**
 * Reads a folder that `bundleFunctions` wrote; null when the folder is no such folder.
 * @throws HostError when it is one, but broken
 */
export function readBundleFolder(folder: string): FunctionsBundle | null {
  const file = join(folder, MANIFEST_FILE);
  if (!existsSync(file)) return null;
  try {
    const manifest = JSON.parse(readFileSync(file, "utf8")) as Manifest;
    if (manifest.format !== FORMAT) {
      throw new HostError(`expected format ${FORMAT}, got ${manifest.format}`);
    }
    const script = readFileSync(join(folder, manifest.script), "utf8");
    if (hashOf(script) !== manifest.hash) {
      throw new HostError(`${manifest.script} does not have the hash that the manifest names`);
    }
    return { script, modules: manifest.modules, hash: manifest.hash };
  } catch (error) {
    throw new HostError(
      `The function bundle ${folder} cannot be used: ${messageOf(error)}. Write it again with bundleFunctions.`,
    );
  }
}
