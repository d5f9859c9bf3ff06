import { basename } from "node:path";
import { execa } from "execa";
import { SLUG_PATTERN } from "../../domain/config.ts";

export interface RepoFacts {
  /** The top folder of the checkout, or the folder itself where there is no git. */
  root: string;
  /** `owner/name` of the remote, else the folder's name. */
  slug: string;
  isGit: boolean;
}

/** What git knows of a folder. */
export async function repoFacts(folder: string): Promise<RepoFacts> {
  const top = await gitLine(folder, "rev-parse", "--show-toplevel");
  const root = top ?? folder;
  const remote = top === null ? null : await gitLine(folder, "remote", "get-url", "origin");
  return {
    root,
    slug: (remote === null ? null : slugOfRemote(remote)) ?? folderSlug(root),
    isGit: top !== null,
  };
}

/** `owner/name` of a remote's URL (https, ssh, git@host:…), or null for one that names no such thing. */
export function slugOfRemote(url: string): string | null {
  const path = /^[a-z+]+:\/\/[^/]+\/(.+)$/i.exec(url)?.[1] ?? /^[^/\s@]+@[^/:\s]+:(.+)$/.exec(url)?.[1];
  const slug = path?.replace(/\/+$/, "").replace(/\.git$/, "");
  return slug !== undefined && SLUG_PATTERN.test(slug) ? slug : null;
}

function folderSlug(root: string): string {
  const name = basename(root)
    .replace(/[^\w.-]+/g, "-")
    .replace(/^[^A-Za-z0-9]+/, "");
  return name === "" ? "repo" : name;
}

async function gitLine(cwd: string, ...args: string[]): Promise<string | null> {
  const result = await execa("git", args, { cwd, reject: false, stdin: "ignore" });
  return result.exitCode === 0 && result.stdout.trim() !== "" ? result.stdout.trim() : null;
}
