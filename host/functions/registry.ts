import type { Validator } from "../database/validatorType.ts";

export const FUNCTION_KINDS = ["query", "mutation", "action"] as const;
export type FunctionKind = (typeof FUNCTION_KINDS)[number];

export interface FunctionEntry {
  readonly path: string;
  readonly kind: FunctionKind;
  readonly visibility: "public" | "internal";
  readonly args: Validator;
  readonly returns: Validator | null;
}

/** What a function says of itself; the validators are JSON text. */
export type DescribedFunction = Omit<FunctionEntry, "args" | "returns"> & { args: string; returns: string };

/** The functions of a bundle by their canonical path `module:export`. */
export class Registry {
  #entries = new Map<string, FunctionEntry>();

  constructor(functionsJson: string) {
    this.replace(functionsJson);
  }

  /** Takes over the functions of another bundle. */
  replace(functionsJson: string): void {
    const found = JSON.parse(functionsJson) as DescribedFunction[];
    this.#entries = new Map();
    for (const each of found) this.add(each);
  }

  /** Takes up one function more, in the place of an earlier one with its path. */
  add(found: DescribedFunction): void {
    const args = JSON.parse(found.args) as Validator;
    const returns = JSON.parse(found.returns) as Validator | null;
    this.#entries.set(found.path, { ...found, args, returns });
  }

  remove(path: string): void {
    this.#entries.delete(path);
  }

  find(path: string): FunctionEntry | undefined {
    return this.#entries.get(path);
  }

  all(): FunctionEntry[] {
    return [...this.#entries.values()];
  }
}

/** `dir/mod.js` and `dir/mod` mean `dir/mod:default` (browser/sync/udf_path_utils.ts of the convex package). */
export function canonicalPath(path: string): string {
  const at = path.lastIndexOf(":");
  const module = at === -1 ? path : path.slice(0, at);
  const name = at === -1 ? "default" : path.slice(at + 1);
  return `${module.endsWith(".js") ? module.slice(0, -3) : module}:${name}`;
}
