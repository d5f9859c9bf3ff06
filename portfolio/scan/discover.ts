import { readdirSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import { entryAt, thingAt, whyClosed } from "../files/look.ts";
import { PortfolioError } from "../problem.ts";

export type Discovered = {
  repos: { name: string; dir: string }[];
  skipped: { name: string; reason: string }[];
};

/**
 * The repos of a folder: its direct subfolders with a `.git` folder. Files and dot-folders leave no trace; any other
 * folder is listed as skipped with the reason. A folder that cannot be read is an error.
 */
export function discoverRepos(
  reposDir: string,
  options: { only?: string; exclude?: readonly string[] },
): Discovered {
  const root = realFolder(reposDir);
  const found: Discovered = { repos: [], skipped: [] };
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    const { name } = entry;
    if (name.startsWith(".") || (options.only !== undefined && name !== options.only)) continue;
    if (!entry.isDirectory() && !(entry.isSymbolicLink() && mayBeRepo(join(root, name)))) continue;
    const reason = entry.isDirectory()
      ? whySkipped(join(root, name), options.exclude ?? [])
      : "symbolic link: not followed";
    if (reason === undefined) found.repos.push({ name, dir: join(root, name) });
    else found.skipped.push({ name, reason });
  }
  const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1);
  return { repos: found.repos.sort(byName), skipped: found.skipped.sort(byName) };
}

function realFolder(path: string): string {
  try {
    const real = realpathSync(path);
    readdirSync(real);
    return real;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new PortfolioError(
      "usage",
      `repos folder ${path} cannot be read (${code}): expected a folder of repos`,
    );
  }
}

/** A link that leads nowhere or in a circle is named too: behind it may have been a repo. */
function mayBeRepo(link: string): boolean {
  return thingAt(link)?.isDirectory() ?? true;
}

function whySkipped(dir: string, exclude: readonly string[]): string | undefined {
  if (exclude.includes(basename(dir))) return "excluded by scan.exclude_repos";
  const closed = whyClosed(join(dir, ".git"));
  if (closed !== undefined) return `folder cannot be read: ${closed}`;
  const stat = entryAt(join(dir, ".git"));
  if (stat?.isDirectory()) return undefined;
  if (stat?.isFile()) return "a worktree or submodule (.git is a file): scan the repo that it belongs to";
  if (stat?.isSymbolicLink()) return ".git is a symbolic link: not followed";
  if (stat) return ".git is neither folder nor file";
  const isBare = ["HEAD", "objects", "refs"].every((name) => entryAt(join(dir, name)));
  return isBare ? "a bare repository: it has no files to scan" : "no .git folder";
}
