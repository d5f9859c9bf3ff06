import { severityNumber, type Finding, type ScanResult } from "../model.ts";
import { countBySeverity } from "../scan.ts";

/**
 * The report for programs. `repos_scanned`, `findings` and `skipped` are what older readers know (severity as 1, 2,
 * 3; lists are never null); the other keys come on top.
 */
export function formatScanJson(result: ScanResult) {
  return {
    repos_scanned: result.repos.map((repo) => repo.name),
    findings: result.findings.map(toJson),
    skipped: result.skipped.map((one) => one.name),
    skipped_reasons: Object.fromEntries(result.skipped.map((one) => [one.name, one.reason])),
    accepted: result.accepted.map((one) => ({ ...toJson(one), reason: one.reason, until: one.until })),
    notes: result.notes,
    languages: Object.fromEntries(result.repos.map((repo) => [repo.name, repo.language])),
    checks: result.checks,
    totals: countBySeverity(result.findings),
  };
}

function toJson(finding: Finding) {
  const { repo, check, category, message, suggestion, prompt, path, line } = finding;
  return {
    repo,
    check,
    category,
    severity: severityNumber(finding.severity),
    severity_name: finding.severity,
    message,
    suggestion,
    prompt,
    path,
    ...(line === undefined ? {} : { line }),
  };
}
