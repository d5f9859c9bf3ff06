import { lstatSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { readBounded, readTextOrNothing } from "../files/readBounded.ts";

/** Where the git data of a working copy lies. `kind` "file": `.git` is a text that points elsewhere (worktree, submodule). */
export type GitFolder = { kind: "folder" | "file" | "bare"; gitDir: string; commonDir: string };

/** Looks at a folder without running git. Undefined: it is no repository. */
export function findGitFolder(dir: string): GitFolder | undefined {
  const dotGit = join(dir, ".git");
  const stat = lstatSync(dotGit, { throwIfNoEntry: false });
  if (stat?.isDirectory()) return { kind: "folder", gitDir: dotGit, commonDir: dotGit };
  if (stat?.isFile()) return fromGitFile(dotGit);
  const isBare =
    !stat && isThere(join(dir, "HEAD")) && isThere(join(dir, "objects")) && isThere(join(dir, "refs"));
  return isBare ? { kind: "bare", gitDir: dir, commonDir: dir } : undefined;
}

/**
 * The text of every configuration file that git would read from this repository itself. Undefined when one of them
 * is no plain, bounded file: git must then not be started here, it would wait on a pipe or read without end.
 */
export function localConfigText(folder: GitFolder): string | undefined {
  const paths = new Set([
    join(folder.commonDir, "config"),
    join(folder.gitDir, "config"),
    join(folder.gitDir, "config.worktree"),
    join(folder.commonDir, "config.worktree"),
  ]);
  let text = "";
  for (const path of paths) {
    const read = readBounded(path);
    if (read.kind === "text") text += `${read.text}\n`;
    else if (read.kind !== "absent") return undefined;
  }
  return text;
}

function fromGitFile(dotGit: string): GitFolder | undefined {
  const pointer = /^gitdir: *(.+?)\s*$/m.exec(readTextOrNothing(dotGit) ?? "")?.[1];
  if (pointer === undefined) return undefined;
  const gitDir = isAbsolute(pointer) ? pointer : resolve(dirname(dotGit), pointer);
  const common = readTextOrNothing(join(gitDir, "commondir"))?.trim();
  return { kind: "file", gitDir, commonDir: common ? resolve(gitDir, common) : gitDir };
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
