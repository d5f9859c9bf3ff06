import { BUILT_IN_RUNNERS, normalizeRunner, type Profiles } from "../../../domain/taskFile.ts";
import { clean } from "../../../domain/clean.ts";
import { ownersOf } from "../../git/remote.ts";
import { PortfolioError } from "../../problem.ts";
import { severityNumber, type ScanResult } from "../model.ts";

export type TaskFormatRequest = {
  owner?: string;
  runner: string;
  profiles: Profiles;
  defaultFallbacks: readonly string[];
  /** YYYY-MM-DD. */
  today: string;
};

export type ScanTaskFile = { value: object; tasks: number; guessedOwners: string[] };

/**
 * A task file with one task per critical or warning finding. Throws a usage error when the owner of a repo is known
 * from nowhere, or the runner is neither built in nor a profile: the file would not pass `validate`.
 */
export function formatScanTasks(result: ScanResult, request: TaskFormatRequest): ScanTaskFile {
  assertKnownRunner(request.runner, request.profiles);
  const actionable = result.findings.filter((finding) => finding.severity !== "info");
  const concerned = result.repos.filter((repo) => actionable.some((finding) => finding.repo === repo.name));
  const owners = ownersOf(
    concerned.map((repo) => repo.dir),
    request.owner,
  );
  if (owners.unknown.length > 0) throw new PortfolioError("usage", unknownOwner(owners.unknown));
  const ownerByName = new Map(concerned.map((repo) => [repo.name, owners.owners.get(repo.dir) ?? ""]));
  const taken = new Set<string>();
  const tasks = actionable.map((finding) => ({
    id: freeId(`${finding.repo}-scan-${finding.check}`, taken),
    repo: `${ownerByName.get(finding.repo) ?? ""}/${finding.repo}`,
    priority: severityNumber(finding.severity),
    title: clean(finding.message),
    prompt: finding.prompt,
  }));
  return {
    tasks: tasks.length,
    guessedOwners: owners.guessed,
    value: {
      description: `Findings of a scan of ${result.repos.length} repos`,
      generated: request.today,
      default_runner: request.runner,
      ...(request.defaultFallbacks.length > 0 ? { default_fallbacks: request.defaultFallbacks } : {}),
      ...(Object.keys(request.profiles).length > 0 ? { runners: request.profiles } : {}),
      ...(tasks.length === 0 ? { empty_reason: "no critical or warning findings" } : {}),
      tasks,
    },
  };
}

/** Throws a usage error for a runner that a task file could not name. */
export function assertKnownRunner(runner: string, profiles: Profiles): void {
  const known = [...BUILT_IN_RUNNERS, ...Object.keys(profiles).map(normalizeRunner)];
  if (known.includes(normalizeRunner(runner))) return;
  throw new PortfolioError(
    "usage",
    `unknown runner ${JSON.stringify(runner)}: expected one of ${known.join(", ")}, or a profile of the --config file`,
  );
}

/** The sentence for repos whose owner is known from nowhere. */
export function unknownOwner(names: readonly string[]): string {
  return `cannot tell the owner of ${names.map(clean).join(", ")}: no origin remote found; pass --owner NAME`;
}

/** Several findings of one check in one repo would share an id: later ones get -2, -3, … */
function freeId(id: string, taken: Set<string>): string {
  let free = id;
  for (let count = 2; taken.has(free); count++) free = `${id}-${count}`;
  taken.add(free);
  return free;
}
