import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import * as z from "zod";
import { entryAt } from "../files/look.ts";
import { droverHome, expandPath } from "../files/paths.ts";
import { atomicWriteJson } from "../files/atomicWrite.ts";
import { checkShape, parseJson } from "../files/parse.ts";
import { readBounded } from "../files/readBounded.ts";
import { originOf, originsDefaultBranch } from "../git/remote.ts";
import { PortfolioError } from "../problem.ts";
import { detectLanguage } from "./language.ts";
import { findRepos } from "./findRepos.ts";
import type { ManagedRepo } from "./managedRepo.ts";

/** Where a workspace keeps its list of repos; the folder of this name's parent is the workspace. */
export const REPOS_FILE = "config/repos.json";

const text = (fallback: string) =>
  z
    .string()
    .nullish()
    .transform((value) => value ?? fallback);
const repoSchema = z.looseObject({
  name: z.string().min(1),
  local: z.string().min(1),
  platform: text(""),
  remote: text(""),
  default_branch: text("main"),
  language: text(""),
  has_claude_md: z.boolean().nullish(),
  tags: z
    .array(z.string())
    .nullish()
    .transform((tags) => tags ?? []),
  description: text(""),
  commands: z.looseObject({ build: z.string().nullish(), test: z.string().nullish() }).nullish(),
  build_command: z.string().nullish(),
  test_command: z.string().nullish(),
});
const fileSchema = z.looseObject({ repositories: z.array(repoSchema) });

/** `source`: the file or folder that the list came from. `stateDir`: where results of scan, build and test land. */
export type Workspace = { root: string; source: string; stateDir: string; repos: ManagedRepo[] };

export type WorkspaceRequest = { workspace?: string | undefined; reposDir?: string | undefined };

/**
 * The managed repos: those of `<workspace>/config/repos.json`, or, with `reposDir`, every repo found in that folder.
 * Throws a usage error when there is neither, or when the list is faulty.
 */
export function openWorkspace(request: WorkspaceRequest): Workspace {
  const root = expandPath(request.workspace ?? ".");
  if (request.reposDir !== undefined) {
    const { source, repos } = discovered(expandPath(request.reposDir));
    return { root, source, stateDir: stateDirOf(request), repos };
  }
  for (const path of listFiles(root)) {
    const read = readBounded(path);
    if (read.kind === "absent") continue;
    if (read.kind !== "text")
      throw new PortfolioError("usage", `${path}: expected a readable file of at most 1 MiB`);
    return { root, source: path, stateDir: stateDirOf(request), repos: parseRepos(path, read.text) };
  }
  throw new PortfolioError(
    "usage",
    `no ${REPOS_FILE} in ${root}: write one (\`drover repos list --repos-dir DIR --save\`) or pass --repos-dir`,
  );
}

/** Where the results of scan, build and test of these repos lie; the list itself is not read. */
export function stateDirOf({ workspace, reposDir }: WorkspaceRequest): string {
  const root = expandPath(workspace ?? ".");
  const shared = join(droverHome(), "portfolio", "state");
  if (reposDir !== undefined) {
    const folder = expandPath(reposDir);
    const mark = createHash("sha256").update(folder).digest("hex").slice(0, 8);
    return join(shared, `${basename(folder)}-${mark}`);
  }
  const isThere = listFiles(root).map((path) => entryAt(path) !== undefined);
  return !isThere[0] && isThere[1] ? shared : join(root, "state");
}

/** The two places of the list: the workspace's own, then this machine's. */
function listFiles(root: string): [string, string] {
  return [join(root, REPOS_FILE), join(droverHome(), "portfolio", "repos.json")];
}

/** The repo with this name. Throws a usage error that lists the names that exist. */
export function pickRepo(workspace: Workspace, name: string): ManagedRepo {
  const repo = workspace.repos.find((one) => one.name === name);
  if (repo) return repo;
  const names = workspace.repos.map((one) => one.name).join(", ");
  throw new PortfolioError("usage", `unknown repo ${JSON.stringify(name)}: expected one of ${names}`);
}

/** Writes the repos as `<root>/config/repos.json` in the documented shape. Never over an existing list. */
export function saveRepos(workspace: Workspace): string {
  const path = join(workspace.root, REPOS_FILE);
  if (readBounded(path).kind !== "absent")
    throw new PortfolioError("usage", `${path} exists: it is not written over`);
  const repositories = workspace.repos.map((repo) => ({
    name: repo.name,
    platform: repo.platform,
    remote: repo.remote,
    local: repo.path,
    default_branch: repo.defaultBranch,
    language: repo.language,
    has_claude_md: readBounded(join(repo.path, "CLAUDE.md")).kind !== "absent",
    tags: repo.tags,
    description: repo.description,
  }));
  atomicWriteJson(path, { repositories });
  return path;
}

function parseRepos(path: string, text: string): ManagedRepo[] {
  const { repositories } = checkShape(path, fileSchema, parseJson(path, text));
  const base = basename(dirname(path)) === "config" ? dirname(dirname(path)) : dirname(path);
  const repos = repositories.map((entry) => toRepo(entry, base));
  const twice = repos.find((repo, index) => repos.findIndex((other) => other.name === repo.name) !== index);
  if (twice)
    throw new PortfolioError("usage", `${path}: repo name ${JSON.stringify(twice.name)} is there twice`);
  return repos;
}

function toRepo(entry: z.output<typeof repoSchema>, base: string): ManagedRepo {
  const path = expandPath(entry.local, base);
  return {
    name: entry.name,
    path,
    platform: entry.platform,
    remote: entry.remote,
    defaultBranch: entry.default_branch,
    language: entry.language === "" ? detectLanguage(path) : entry.language.toLowerCase(),
    tags: entry.tags,
    description: entry.description,
    ...ownCommands(entry),
  };
}

function ownCommands(entry: z.output<typeof repoSchema>): { build?: string; test?: string } {
  const build = entry.commands?.build ?? entry.build_command;
  const test = entry.commands?.test ?? entry.test_command;
  return { ...(build ? { build } : {}), ...(test ? { test } : {}) };
}

function discovered(reposDir: string): Pick<Workspace, "source" | "repos"> {
  const repos = findRepos(reposDir).map(({ name, path }): ManagedRepo => {
    const remote = originOf(path);
    return {
      name,
      path,
      platform: remote === undefined ? "" : platformOf(remote.host),
      remote: remote?.url ?? "",
      defaultBranch: originsDefaultBranch(path) ?? "main",
      language: detectLanguage(path),
      tags: [],
      description: "",
    };
  });
  return { source: reposDir, repos };
}

function platformOf(host: string): string {
  return ["gitlab", "github"].find((name) => host.includes(name)) ?? host;
}
