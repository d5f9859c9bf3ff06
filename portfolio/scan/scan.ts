import { applyGraylist, readGraylist, readRepoGraylist } from "./graylist.ts";
import { discoverRepos } from "./discover.ts";
import {
  CATEGORIES,
  CORE_CATEGORIES,
  severityNumber,
  SEVERITIES,
  type Category,
  type Finding,
  type ScanResult,
  type Severity,
} from "./model.ts";
import { CORE_CHECKS, selectChecks } from "./checks/all.ts";
import { scanAll } from "./scanPool.ts";
import { PortfolioError } from "../problem.ts";

export type ScanRequest = {
  reposDir: string;
  only?: string;
  exclude?: readonly string[];
  /** Keeps this severity and everything more severe. */
  severity?: Severity;
  categories?: readonly Category[];
  /** The day against which accepted findings expire, YYYY-MM-DD. */
  today: string;
  threads?: number;
};

/**
 * Audits every repo of a folder. Reads files and git's index only; nothing of a scanned repo is executed.
 * Findings are sorted by severity, then repo, then the order of the checks. Throws a usage error for a folder that
 * cannot be read, a faulty graylist, or a `--filter-repo` that names no repo.
 */
export async function scanPortfolio(request: ScanRequest): Promise<ScanResult> {
  const { reposDir, today } = request;
  const categories = request.categories ?? CORE_CATEGORIES;
  const { repos, skipped } = discoverRepos(reposDir, {
    ...(request.only === undefined ? {} : { only: request.only }),
    exclude: request.exclude ?? [],
  });
  if (request.only !== undefined && repos.length + skipped.length === 0) {
    throw new PortfolioError(
      "usage",
      `no repo ${JSON.stringify(request.only)} in ${reposDir}: --filter-repo takes a folder name`,
    );
  }
  const shared = readGraylist(reposDir);
  const scans = await scanAll(repos, categories, request.threads);
  const result: ScanResult = {
    repos: [],
    findings: [],
    accepted: [],
    skipped,
    notes: [],
    checks: countChecks(categories),
  };
  repos.forEach((repo, index) => {
    const scan = scans[index];
    if (!scan?.ok) {
      skipped.push({ name: repo.name, reason: scan?.reason ?? "not scanned" });
      return;
    }
    const own = readRepoGraylist(repo);
    const { open, accepted } = applyGraylist(scan.report.findings, [...shared, ...own.entries], today);
    result.repos.push({ ...repo, language: scan.report.language });
    result.findings.push(...open);
    result.accepted.push(...accepted);
    result.notes.push(...scan.report.notes, ...own.notes);
  });
  result.findings = sortFindings(
    result.findings.filter((finding) => isSevereEnough(finding, request.severity)),
  );
  return result;
}

const CATEGORY_NAMES = [...CATEGORIES, "extra", "all"].join(", ");

/** The severity that a name stands for, in any case. Throws a usage error for an unknown one. */
export function parseSeverity(name: string): Severity {
  const severity = SEVERITIES.find((known) => known === name.trim().toLowerCase());
  if (severity) return severity;
  throw new PortfolioError(
    "usage",
    `unknown severity ${JSON.stringify(name)}: expected ${SEVERITIES.join(", ")}`,
  );
}

/**
 * The categories that `--check` values name: comma-separated, repeatable, any case; `all` is every one of them,
 * `extra` the ones beyond the six. Throws a usage error for an unknown name.
 */
export function parseCategories(values: readonly string[]): Category[] {
  const names = values
    .flatMap((value) => value.split(","))
    .map((name) => name.trim().toLowerCase())
    .filter(Boolean);
  if (values.length > 0 && names.length === 0)
    throw new PortfolioError("usage", `--check names no category: expected ${CATEGORY_NAMES}`);
  const wanted = names.flatMap((name): readonly Category[] => {
    if (name === "all") return CATEGORIES;
    if (name === "extra") return CATEGORIES.filter((one) => !CORE_CATEGORIES.some((core) => core === one));
    const category = CATEGORIES.find((known) => known === name);
    if (category) return [category];
    throw new PortfolioError(
      "usage",
      `unknown check category ${JSON.stringify(name)}: expected ${CATEGORY_NAMES}`,
    );
  });
  return [...new Set(wanted)];
}

/** How many findings there are of each severity. */
export function countBySeverity(findings: readonly Finding[]): Record<Severity, number> {
  const counts: Record<Severity, number> = { critical: 0, warning: 0, info: 0 };
  for (const finding of findings) counts[finding.severity]++;
  return counts;
}

function isSevereEnough(finding: Finding, least: Severity | undefined): boolean {
  return least === undefined || severityNumber(finding.severity) <= severityNumber(least);
}

/** Sorting is stable, so the order of the checks within one repo stays. */
function sortFindings(findings: Finding[]): Finding[] {
  return findings.sort(
    (a, b) =>
      severityNumber(a.severity) - severityNumber(b.severity) ||
      (a.repo < b.repo ? -1 : a.repo > b.repo ? 1 : 0),
  );
}

function countChecks(categories: readonly Category[]): { core: number; extra: number } {
  const selected = selectChecks(categories);
  const core = selected.filter((check) => CORE_CHECKS.includes(check)).length;
  return { core, extra: selected.length - core };
}
