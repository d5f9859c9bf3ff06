import { readdirSync } from "node:fs";
import { join } from "node:path";
import { entryAt, whyClosed } from "../files/look.ts";
import { findGitFolder } from "../git/gitFolder.ts";
import { PortfolioError } from "../problem.ts";

/** Every repository directly below a folder, worktrees, bare and unreadable ones too, by name. Links are not followed. */
export function findRepos(reposDir: string): { name: string; path: string }[] {
  let entries;
  try {
    entries = readdirSync(reposDir, { withFileTypes: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new PortfolioError(
      "usage",
      `repos folder ${reposDir} cannot be read (${code}): expected a folder of repos`,
    );
  }
  return entries
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith("."))
    .map((entry) => ({ name: entry.name, path: join(reposDir, entry.name) }))
    .filter(({ path }) => mayBeRepo(path))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A closed folder, and a `.git` that is none, count too: status then says what is wrong with them. */
function mayBeRepo(path: string): boolean {
  const dotGit = join(path, ".git");
  return (
    findGitFolder(path) !== undefined || entryAt(dotGit) !== undefined || whyClosed(dotGit) !== undefined
  );
}
