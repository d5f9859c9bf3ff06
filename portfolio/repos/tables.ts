import { Chalk } from "chalk";
import ms from "ms";
import { clean } from "../../domain/clean.ts";
import { renderTable, type Cell } from "../display/table.ts";
import type { RunResult } from "./results.ts";
import type { RepoStatus } from "./status.ts";
import type { ManagedRepo } from "./managedRepo.ts";

/** `columns`: the width of the terminal, where there is one. */
export type Look = { color: boolean; now: Date; columns?: number | undefined };
export type LastRuns = { build: readonly RunResult[]; test: readonly RunResult[] };

/** The table of `repos status`: one line a repo, what is wrong in words below it. */
export function statusTable(statuses: readonly RepoStatus[], runs: LastRuns, look: Look): string {
  const header = ["REPO", "BRANCH", "STATE", "AHEAD/BEHIND", "BUILD", "TESTS", "LAST COMMIT"];
  const rows = statuses.map((status) => [
    status.name,
    [status.branch, ...status.kinds.filter((kind) => kind !== "detached").map((kind) => `[${kind}]`)]
      .filter(Boolean)
      .join(" "),
    stateCell(status, look),
    distanceCell(status, look),
    runCell(runs.build, status.name, look),
    runCell(runs.test, status.name, look),
    commitText(status, look.now),
  ]);
  const faults = statuses.filter((status) => status.exists && status.error !== "");
  const lines = faults.map((status) => `${clean(status.name)}: ${clean(status.error)}`);
  const table = renderTable(header, rows, look.columns);
  return [table, ...(lines.length > 0 ? ["", ...lines] : []), "", totals(statuses)].join("\n");
}

/** The table of `repos list`. */
export function listTable(repos: readonly ManagedRepo[]): string {
  const rows = repos.map((repo) => [
    repo.name,
    repo.language,
    repo.platform,
    repo.defaultBranch,
    repo.path,
    repo.tags.join(" "),
  ]);
  return renderTable(["REPO", "LANGUAGE", "PLATFORM", "DEFAULT", "PATH", "TAGS"], rows);
}

/** The table of a round of builds, tests or syncs, what is to be said of each repo in words below it, and the totals. */
export function resultsTable(results: readonly RunResult[], look: Look): string {
  const paint = painter(look);
  const rows = results.map((result): Cell[] => [
    result.repo,
    result.success ? { text: "pass", paint: paint.green } : { text: "FAIL", paint: paint.red },
    `${result.duration_seconds.toFixed(1)} s`,
    result.log_file,
  ]);
  const lines = results.flatMap(({ repo, detail }) =>
    detail === "" ? [] : `${clean(repo)}: ${clean(detail)}`,
  );
  const passed = results.filter((result) => result.success).length;
  return [
    renderTable(["REPO", "RESULT", "TIME", "LOG"], rows),
    ...(lines.length > 0 ? ["", ...lines] : []),
    "",
    `${passed} passed, ${results.length - passed} failed`,
  ].join("\n");
}

/** How long ago, in the largest unit that fits: "3d ago". */
export function ago(iso: string, now: Date): string {
  const time = Date.parse(iso);
  return Number.isNaN(time) ? "" : `${ms(Math.max(0, now.getTime() - time))} ago`;
}

function stateCell(status: RepoStatus, look: Look): Cell {
  const paint = painter(look);
  if (!status.exists) return { text: "MISSING", paint: paint.red };
  if (status.error !== "") return { text: "ERROR", paint: paint.red };
  if (status.clean) return { text: "clean", paint: paint.green };
  return { text: `${status.modified_files}M/${status.untracked_files}U`, paint: paint.yellow };
}

function distanceCell(status: RepoStatus, look: Look): Cell {
  if (status.upstream === "") return status.branch === "" ? "" : "-";
  if (status.ahead + status.behind === 0) return "=";
  return { text: `+${status.ahead} -${status.behind}`, paint: painter(look).yellow };
}

function runCell(results: readonly RunResult[], repo: string, look: Look): Cell {
  const result = results.find((one) => one.repo === repo);
  if (!result) return "-";
  const age = ago(result.run_at, look.now);
  const paint = painter(look);
  return result.success
    ? { text: `pass ${age}`, paint: paint.green }
    : { text: `FAIL ${age}`, paint: paint.red };
}

function commitText(status: RepoStatus, now: Date): string {
  return status.last_commit === "" ? "" : `${ago(status.last_commit_at, now)}: ${status.last_commit}`;
}

function totals(statuses: readonly RepoStatus[]): string {
  const missing = statuses.filter((status) => !status.exists).length;
  const errors = statuses.filter((status) => status.exists && status.error !== "").length;
  const clean = statuses.filter((status) => status.clean).length;
  return `${statuses.length} repos: ${clean} clean, ${statuses.length - clean - missing - errors} dirty, ${missing} missing, ${errors} with errors`;
}

function painter(look: Look) {
  return new Chalk({ level: look.color ? 1 : 0 });
}
