import type { Check } from "./check.ts";
import type { Category, Finding, Language, Note } from "./model.ts";
import { selectChecks } from "./checks/all.ts";
import { renderPrompt } from "./prompt.ts";
import { RepoTree } from "./repoTree.ts";

export type RepoReport = { language: Language; findings: Finding[]; notes: Note[] };
export type RepoScan = { ok: true; report: RepoReport } | { ok: false; reason: string };

/** Scans the repo in `dir` (a real path): all findings of the chosen categories in check order, and what was not looked at. */
export function scanRepo(repo: { name: string; dir: string }, categories: readonly Category[]): RepoScan {
  let tree: RepoTree;
  try {
    tree = new RepoTree(repo.name, repo.dir);
  } catch (error) {
    return {
      ok: false,
      reason: `folder cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`,
    };
  }
  const checks = selectChecks(categories);
  tree.walk({ secrets: checks.some((check) => check.id === "sec-hardcoded-token") });
  const findings = checks
    .filter((check) => !check.languages || check.languages.includes(tree.language))
    .flatMap((check) => findingsOf(tree, check));
  return { ok: true, report: { language: tree.language, findings, notes: tree.notes } };
}

function findingsOf(tree: RepoTree, check: Check): Finding[] {
  return check.find(tree).map((fault) => ({
    repo: tree.name,
    check: check.id,
    category: check.category,
    severity: check.severity,
    message: fault.message,
    suggestion: fault.suggestion,
    prompt: renderPrompt(tree, fault),
    path: fault.where,
    ...(fault.line === undefined ? {} : { line: fault.line }),
  }));
}
