import { basename, join } from "node:path";
import { readTextOrNothing } from "../files/readBounded.ts";
import { PortfolioError } from "../problem.ts";
import { findGitFolder, readLocalConfig } from "./gitFolder.ts";

export type Remote = { host: string; owner: string; name: string };

/**
 * Host, owner and name of the `origin` remote of the repo in `dir`, whatever the host; a GitLab subgroup is part of
 * the owner. `url` is as written, without a password. Undefined without such a remote, or when it is a plain path. The configuration is read, git is not run.
 */
export function originOf(dir: string): (Remote & { url: string }) | undefined {
  const folder = findGitFolder(dir);
  const config = folder && readLocalConfig(folder);
  const url = config?.ok ? originUrl(config.text) : undefined;
  const remote = url === undefined ? undefined : parseRemote(url);
  // A password in the URL must not wander into lists and reports.
  return remote && { ...remote, url: (url ?? "").replace(/^(https?:\/\/)[^@/]*@/, "$1") };
}

/** The branch that `origin` calls its default one, as the clone wrote it down; undefined when it did not. */
export function originsDefaultBranch(dir: string): string | undefined {
  const folder = findGitFolder(dir);
  const head = folder && readTextOrNothing(join(folder.commonDir, "refs/remotes/origin/HEAD"));
  return /^ref: refs\/remotes\/origin\/(\S+)\s*$/.exec(head ?? "")?.[1];
}

/** Takes a remote URL apart: `https://host/owner/name.git`, `ssh://git@host:22/owner/name`, `git@host:owner/name`. */
export function parseRemote(url: string): Remote | undefined {
  const match =
    /^(?:https?|ssh|git):\/\/(?:[^@/]*@)?([^/:]+)(?::\d+)?\/(.+)$/.exec(url) ??
    /^(?:[^@/:]+@)?([^/:]{2,}):(?!\/\/)(.+)$/.exec(url);
  const parts =
    match?.[2]
      ?.replace(/\/+$/, "")
      .replace(/\.git$/, "")
      .split("/")
      .filter(Boolean) ?? [];
  const host = match?.[1];
  const name = parts.pop();
  if (host === undefined || name === undefined || parts.length === 0) return undefined;
  const owner = parts.join("/");
  return isOwner(owner) && isName(name) ? { host, owner, name } : undefined;
}

/** An owner may have several parts: groups and their subgroups. */
function isOwner(owner: string): boolean {
  return owner.split("/").every(isName);
}

function isName(part: string): boolean {
  return /^[\w.~-]+$/.test(part) && !/^\.+$/.test(part);
}

/**
 * The owner for each repo of a portfolio: the one that was asked for, else its own remote's, else the one most of
 * its siblings have (a repo that was never pushed). `unknown` lists the repos for which nothing is known. Throws a usage
 * error for an `asked` that can be no owner.
 */
export function ownersOf(
  dirs: readonly string[],
  asked: string | undefined,
): { owners: Map<string, string>; guessed: string[]; unknown: string[] } {
  if (asked !== undefined && !isOwner(asked))
    throw new PortfolioError(
      "usage",
      `--owner ${JSON.stringify(asked)}: expected a name as in owner/repo, such as acme or group/team`,
    );
  const own = dirs.map((dir) => (asked === undefined ? originOf(dir)?.owner : asked));
  const common = mostCommon(own.filter((owner) => owner !== undefined));
  const owners = new Map<string, string>();
  dirs.forEach((dir, i) => {
    const owner = own[i] ?? common;
    if (owner !== undefined) owners.set(dir, owner);
  });
  const without = dirs.filter((_, i) => own[i] === undefined).map((dir) => basename(dir));
  return {
    owners,
    guessed: common === undefined ? [] : without,
    unknown: common === undefined ? without : [],
  };
}

function originUrl(config: string): string | undefined {
  let inOrigin = false;
  for (const line of config.split(/\r?\n/)) {
    const section = /^\s*\[([^\]]*)\]/.exec(line)?.[1];
    if (section !== undefined) inOrigin = /^\s*remote\s+"origin"\s*$/i.test(section);
    const url = inOrigin
      ? /^\s*(?:\[[^\]]*\]\s*)?url\s*=\s*"?([^"#;]+?)"?\s*(?:[#;].*)?$/i.exec(line)?.[1]
      : undefined;
    if (url !== undefined) return url.trim();
  }
  return undefined;
}

function mostCommon(values: string[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))[0]?.[0];
}
