import type { Check } from "../check.ts";
import type { Fault } from "../model.ts";
import type { RepoTree } from "../repoTree.ts";

const LOCKFILES = [
  "package-lock.json",
  "npm-shrinkwrap.json",
  "yarn.lock",
  "pnpm-lock.yaml",
  "bun.lock",
  "bun.lockb",
];
/** Folders that builds and installs make; their content in git means stale copies and huge diffs. */
const OUTPUT_FOLDERS = ["node_modules", "dist", "build", ".next", "coverage"];
const PLACEHOLDER_TEST = /no test specified/;

type Manifest = {
  scripts?: Record<string, unknown>;
  engines?: Record<string, unknown>;
  dependencies?: object;
  devDependencies?: object;
};

/** Five checks of Node and TypeScript repos: those with a package.json. Run only when asked for. */
export const nodeChecks: Check[] = [
  {
    id: "node-no-lockfile",
    category: "node",
    severity: "warning",
    trigger: "package.json names dependencies and there is no lockfile",
    find: (repo) => {
      const { dependencies, devDependencies } = manifest(repo) ?? {};
      const count = Object.keys({ ...dependencies, ...devDependencies }).length;
      if (count === 0 || lockfiles(repo).length > 0) return [];
      return one("package.json", `${count} dependencies and no lockfile`, "Commit a lockfile", [
        "Find out which package manager CI, README and Dockerfile use (npm when nothing says otherwise) and make its lockfile.",
        "Use the frozen install in CI (`npm ci`, `pnpm install --frozen-lockfile`).",
      ]);
    },
  },
  {
    id: "node-mixed-lockfiles",
    category: "node",
    severity: "warning",
    trigger: "lockfiles of more than one package manager",
    find: (repo) => {
      const found = lockfiles(repo);
      const managers = new Set(
        found.map((name) => (/^(?:package-lock|npm-)/.test(name) ? "npm" : name.slice(0, 3))),
      );
      if (managers.size < 2) return [];
      return one(
        found[0] ?? "package.json",
        `lockfiles of ${managers.size} package managers: ${found.join(", ")}`,
        "Keep one lockfile",
        [
          "Keep the lockfile of the package manager that CI uses and delete the others.",
          "Name the manager in the `packageManager` field of package.json.",
        ],
      );
    },
  },
  {
    id: "node-no-engines",
    category: "node",
    severity: "info",
    trigger: "package.json has no `engines.node`",
    find: (repo) => {
      const json = manifest(repo);
      if (!json || typeof json.engines?.["node"] === "string") return [];
      return one("package.json", "package.json names no Node version", "Set engines.node", [
        "Set `engines.node` to the oldest version that CI tests (or the one in .nvmrc or Dockerfile).",
      ]);
    },
  },
  {
    id: "node-no-test-script",
    category: "node",
    severity: "critical",
    trigger: "package.json has no `test` script, or npm's placeholder",
    find: (repo) => {
      const json = manifest(repo);
      const script = json?.scripts?.["test"];
      if (!json || (typeof script === "string" && script.trim() !== "" && !PLACEHOLDER_TEST.test(script)))
        return [];
      return one("package.json", "package.json has no test script", "Add tests and a test script", [
        "Add a `test` script. If tests exist, run them; else write tests for the modules that hold logic with the runner that the repo has, or `node --test`.",
      ]);
    },
  },
  {
    id: "node-output-committed",
    category: "node",
    severity: "warning",
    trigger: "git tracks files below node_modules, dist, build, .next or coverage",
    find: (repo) => {
      const present = OUTPUT_FOLDERS.filter((name) => repo.hasFolder(name));
      if (!manifest(repo) || present.length === 0) return [];
      const tracked = repo.tracked(present);
      const folders = [...new Set(tracked.map((path) => path.split("/")[0] ?? path))];
      if (folders.length === 0) return [];
      return one(
        folders[0] ?? ".",
        `${tracked.length} tracked files of build output in ${folders.join(", ")}`,
        "Take build output out of git",
        [
          `Add ${folders.map((name) => `\`${name}/\``).join(", ")} to .gitignore and run \`git rm -r --cached\` on them.`,
          "If something consumes the committed files (a GitHub action, a page), say so and leave that folder.",
        ],
      );
    },
  },
];

function manifest(repo: RepoTree): Manifest | undefined {
  try {
    const value = JSON.parse(repo.text("package.json") ?? "null") as unknown;
    return value !== null && typeof value === "object" && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function lockfiles(repo: RepoTree): string[] {
  return LOCKFILES.filter((name) => repo.hasFile(name));
}

function one(where: string, ...[message, suggestion, steps]: [string, string, string[]]): Fault[] {
  return [{ message, suggestion, where, steps, limits: ["Do not upgrade dependencies."] }];
}
