import { Chalk, type ChalkInstance } from "chalk";
import { clean } from "../../../domain/clean.ts";
import { SEVERITIES, type Finding, type ScanResult, type Severity } from "../model.ts";
import { countBySeverity } from "../scan.ts";

const LABELS: Record<Severity, string> = { critical: "CRITICAL", warning: "WARNING ", info: "INFO    " };

/** The report for people: a header, one group per repo, notes, and a summary with the skipped repos. */
export function formatScanText(result: ScanResult, options: { color: boolean }): string {
  const paint = new Chalk({ level: options.color ? 1 : 0 });
  const { core, extra } = result.checks;
  const lines = [
    `${plural(result.repos.length, "repo")} scanned with ${core} checks${extra > 0 ? ` and ${extra} extra ones` : ""}: ${plural(result.findings.length, "finding")}`,
  ];
  for (const repo of result.repos) {
    const own = result.findings.filter((finding) => finding.repo === repo.name);
    if (own.length > 0) lines.push("", ...group(repo, own, paint));
  }
  lines.push("", ...summary(result));
  return `${lines.join("\n")}\n`;
}

function group(repo: ScanResult["repos"][number], own: Finding[], paint: ChalkInstance): string[] {
  const language = repo.language === "unknown" ? "" : ` (${repo.language})`;
  return [
    `${paint.bold(clean(repo.name))}${language}: ${counts(own)}`,
    ...own.map(
      (finding) =>
        `  ${label(finding.severity, paint)} ${clean(finding.message)} ${paint.dim(`[${finding.check}]`)}`,
    ),
  ];
}

function summary(result: ScanResult): string[] {
  const clear = result.repos.filter((repo) => !result.findings.some((finding) => finding.repo === repo.name));
  const lines: string[] = [];
  if (result.notes.length > 0) {
    lines.push(`Not looked at (${result.notes.length}):`);
    lines.push(
      ...result.notes.map((note) => `  ${clean(note.repo)}: ${clean(note.path)}: ${clean(note.reason)}`),
    );
  }
  if (result.accepted.length > 0) {
    lines.push(`Accepted (${result.accepted.length}):`);
    lines.push(
      ...result.accepted.map(
        (one) => `  ${clean(one.repo)}: ${one.check} until ${one.until}: ${clean(one.reason)}`,
      ),
    );
  }
  if (result.skipped.length > 0) {
    lines.push(`Skipped (${result.skipped.length}):`);
    lines.push(...result.skipped.map((one) => `  ${clean(one.name)}: ${clean(one.reason)}`));
  }
  if (clear.length > 0) lines.push(`Without findings: ${clear.map((repo) => clean(repo.name)).join(", ")}`);
  return [...lines, `Total: ${counts(result.findings)}`];
}

function counts(findings: readonly Finding[]): string {
  const count = countBySeverity(findings);
  return SEVERITIES.map((severity) => `${count[severity]} ${severity}`).join(", ");
}

function label(severity: Severity, paint: ChalkInstance): string {
  switch (severity) {
    case "critical":
      return paint.red(LABELS.critical);
    case "warning":
      return paint.yellow(LABELS.warning);
    case "info":
      return paint.cyan(LABELS.info);
    default:
      return severity satisfies never;
  }
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
