import { clean } from "../../../domain/clean.ts";
import { ALL_CHECKS } from "../checks/all.ts";
import type { Finding, ScanResult, Severity } from "../model.ts";

const LEVELS: Record<Severity, "error" | "warning" | "note"> = {
  critical: "error",
  warning: "warning",
  info: "note",
};

/** The findings as SARIF 2.1.0: one run, one rule per check that fired, places relative to the repos folder. */
export function formatScanSarif(result: ScanResult) {
  const all: Finding[] = [...result.findings, ...result.accepted];
  const rules = ALL_CHECKS.filter((check) => all.some((finding) => finding.check === check.id));
  return {
    $schema: "https://json.schemastore.org/sarif-2.1.0.json",
    version: "2.1.0",
    runs: [
      {
        tool: {
          driver: {
            name: "drover",
            rules: rules.map((check) => ({
              id: check.id,
              shortDescription: { text: `Fires when: ${check.trigger}` },
              defaultConfiguration: { level: LEVELS[check.severity] },
              properties: { category: check.category },
            })),
          },
        },
        results: [
          ...result.findings.map((finding) => toResult(finding, rules)),
          ...result.accepted.map((one) => ({
            ...toResult(one, rules),
            suppressions: [{ kind: "external", justification: `${one.reason} (until ${one.until})` }],
          })),
        ],
      },
    ],
  };
}

function toResult(finding: Finding, rules: readonly { id: string }[]) {
  const uri = [finding.repo, ...finding.path.split("/")]
    .filter((part) => part !== "" && part !== ".")
    .map(encodeURIComponent)
    .join("/");
  return {
    ruleId: finding.check,
    ruleIndex: rules.findIndex((rule) => rule.id === finding.check),
    level: LEVELS[finding.severity],
    message: { text: `${clean(finding.repo)}: ${clean(finding.message)}. ${finding.suggestion}.` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri },
          region: { startLine: finding.line ?? 1 },
        },
      },
    ],
  };
}
