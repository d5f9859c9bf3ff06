import { dirname, isAbsolute, join, resolve } from "node:path";
import { entryAt } from "../files/look.ts";
import { readBounded, readTextOrNothing } from "../files/readBounded.ts";

/**
 * Where the git data of a working copy lies. `kind` "file": `.git` is a text that points elsewhere (worktree, submodule).
 * Both folders are handed to git by name, so that it reads exactly the configuration that was looked at here.
 */
export type GitFolder = { kind: "folder" | "file" | "bare"; gitDir: string; commonDir: string };

/** Looks at a folder without running git. Undefined: it is no repository. */
export function findGitFolder(dir: string): GitFolder | undefined {
  const dotGit = join(dir, ".git");
  const stat = entryAt(dotGit);
  if (stat?.isDirectory()) return { kind: "folder", gitDir: dotGit, commonDir: commonDirOf(dotGit) };
  if (stat?.isFile()) return fromGitFile(dotGit);
  const isBare = !stat && ["HEAD", "objects", "refs"].every((name) => entryAt(join(dir, name)));
  return isBare ? { kind: "bare", gitDir: dir, commonDir: commonDirOf(dir) } : undefined;
}

export type LocalConfig = { ok: true; text: string } | { ok: false; reason: string };

/**
 * The text of every configuration file that git would read from this repository itself. Not ok when one of them
 * is no plain, bounded file: git must then not be started here, it would wait on a pipe or read without end.
 */
export function readLocalConfig(folder: GitFolder): LocalConfig {
  const paths = new Set(
    [folder.commonDir, folder.gitDir].flatMap((dir) => [join(dir, "config"), join(dir, "config.worktree")]),
  );
  let text = "";
  for (const path of paths) {
    const read = readBounded(path);
    if (read.kind === "text") text += `${read.text}\n`;
    else if (read.kind === "too_large")
      return { ok: false, reason: "its git configuration is larger than 1 MiB: git is not started there" };
    else if (read.kind === "unreadable")
      return { ok: false, reason: `its git configuration cannot be read: ${read.reason}` };
  }
  return { ok: true, text };
}

function fromGitFile(dotGit: string): GitFolder | undefined {
  const pointer = /^gitdir: *(.+?)\s*$/m.exec(readTextOrNothing(dotGit) ?? "")?.[1];
  if (pointer === undefined) return undefined;
  const gitDir = isAbsolute(pointer) ? pointer : resolve(dirname(dotGit), pointer);
  return { kind: "file", gitDir, commonDir: commonDirOf(gitDir) };
}

/** A file `commondir` moves configuration, objects and branches elsewhere, also in a plain `.git` folder. */
function commonDirOf(gitDir: string): string {
  const common = readTextOrNothing(join(gitDir, "commondir"))?.trim();
  return common ? resolve(gitDir, common) : gitDir;
}
