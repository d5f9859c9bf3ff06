import type { Schedulable } from "../functions/syscalls/schedule.ts";
import { canonicalPath, type FunctionKind, Registry } from "../functions/registry.ts";

export type ModuleGlob = Record<string, () => Promise<unknown>>;

/** A function made with `query`, `mutation`, `action` and so on (server/impl/registration_impl.ts of convex). */
export interface Registered {
  isQuery?: boolean;
  isMutation?: boolean;
  isAction?: boolean;
  isInternal?: boolean;
  exportArgs(): string;
  exportReturns(): string;
  invokeQuery(args: string): Promise<string>;
  invokeMutation(args: string): Promise<string>;
  invokeAction(requestId: string, args: string): Promise<string>;
}

const UNKNOWN = { kind: "mutation", visibility: "internal", args: { type: "any" }, returns: null } as const;

/** The modules of `import.meta.glob`, loaded when one of their functions is first called. */
export class TestModules {
  readonly registry = new Registry("[]");
  /** Modules are not loaded for the sake of a schedule: what is not known yet is taken to be there. */
  readonly schedulable: Schedulable = {
    isMock: true,
    find: (path) => this.registry.find(path) ?? { path, ...UNKNOWN },
  };
  readonly #glob: ModuleGlob;
  readonly #root: string;
  readonly #functions = new Map<string, Registered>();

  constructor(glob: ModuleGlob) {
    this.#glob = glob;
    const generated = Object.keys(glob).find((key) => key.includes("_generated"));
    this.#root = generated?.split("_generated", 1)[0] ?? "./";
  }

  /** The function at a path; the registry then knows it too. */
  async find(path: string): Promise<Registered | undefined> {
    const canonical = canonicalPath(path);
    const at = canonical.lastIndexOf(":");
    const module = await this.module(canonical.slice(0, at));
    const found = module?.[canonical.slice(at + 1)] as Registered | undefined;
    if (found !== undefined && kindOf(found) !== null && !this.#functions.has(canonical))
      this.#add(canonical, found);
    return this.#functions.get(canonical);
  }

  async module(name: string): Promise<Record<string, unknown> | undefined> {
    const path = `${this.#root}${name}`;
    const key = Object.keys(this.#glob).find((each) => each.replace(/\.[^.]+$/, "") === path);
    return (await (key === undefined ? undefined : this.#glob[key]?.())) as
      Record<string, unknown> | undefined;
  }

  /** Names a function that stands in the test itself. */
  add(path: string, registered: Registered): void {
    this.#add(path, registered);
  }

  remove(path: string): void {
    this.#functions.delete(path);
    this.registry.remove(path);
  }

  #add(path: string, registered: Registered): void {
    this.#functions.set(path, registered);
    this.registry.add({
      path,
      kind: kindOf(registered) ?? "query",
      visibility: registered.isInternal === true ? "internal" : "public",
      args: registered.exportArgs(),
      returns: registered.exportReturns(),
    });
  }
}

function kindOf(value: Registered): FunctionKind | null {
  if (value.isQuery === true) return "query";
  if (value.isMutation === true) return "mutation";
  return value.isAction === true ? "action" : null;
}
