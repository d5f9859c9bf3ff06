import type { Category, Fault, Language, Severity } from "./model.ts";
import type { RepoTree } from "./repoTree.ts";

/** A rule with a fixed id. */
export type Check = {
  id: string;
  category: Category;
  severity: Severity;
  /** One line that says when it fires. */
  trigger: string;
  /** The languages it looks at; absent: all. */
  languages?: readonly Language[];
  find: (repo: RepoTree) => Fault[];
};
