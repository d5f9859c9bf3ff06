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

/** The functions of a bundle by their canonical path `module:export`. */
export class Registry {
  readonly #entries: Map<string, FunctionEntry>;

  constructor(functionsJson: string) {
    const found = JSON.parse(functionsJson) as (Omit<FunctionEntry, "args" | "returns"> & {
      args: string;
      returns: string;
    })[];
    this.#entries = new Map(
      found.map((each) => {
        const args = JSON.parse(each.args) as Validator;
        const returns = JSON.parse(each.returns) as Validator | null;
        return [each.path, { ...each, args, returns }];
      }),
    );
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
