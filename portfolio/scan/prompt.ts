import { clean } from "../../domain/clean.ts";
import { quotePath } from "../display/quotePath.ts";
import type { Fault } from "./model.ts";
import type { RepoTree } from "./repoTree.ts";

const COMMON_LIMITS = [
  "Do not change files that this order does not name or need.",
  "Do not rewrite existing behaviour, rename public names or reformat untouched code.",
  "Do not push, tag or open a pull request.",
];

/**
 * The work order for one finding, complete enough for an agent that sees nothing else: what is wrong and where,
 * what to do, how to verify, what not to touch. Foreign names are quoted, so none can pose as an instruction.
 */
export function renderPrompt(repo: RepoTree, fault: Fault): string {
  const place =
    fault.line === undefined ? quotePath(fault.where) : `${quotePath(fault.where)}, line ${fault.line}`;
  return [
    `Repository ${quotePath(repo.name)}: ${clean(fault.message)}.`,
    `\nWhere: ${place}`,
    block("What to do", fault.steps),
    block("Verify", [...(fault.verify ?? []), ...verification(repo)]),
    block("Limits", [...(fault.limits ?? []), ...COMMON_LIMITS]),
  ].join("\n");
}

/** The commands that tell whether the repo still works, by what it has. */
function verification(repo: RepoTree): string[] {
  const makefile = repo.text("Makefile") ?? "";
  const lines: string[] = [];
  if (repo.language === "go" || repo.language === "multi") {
    lines.push(
      /^test:/m.test(makefile) ? "`make test` passes." : "`go build ./... && go test ./...` passes.",
    );
    if (/^lint:/m.test(makefile)) lines.push("`make lint` passes.");
  }
  if (repo.language === "python" || repo.language === "multi") {
    lines.push("`python -m pytest` passes.", "`ruff check .` and `black --check .` report nothing new.");
  }
  if (repo.hasFile("package.json")) lines.push("`npm test` gives the same result as before, or better.");
  if (repo.hasFile("Cargo.toml")) lines.push("`cargo test` passes.");
  lines.push("`git status` shows only the files that this order is about.");
  return lines;
}

function block(title: string, lines: string[]): string {
  return `\n${title}:\n${lines.map((line) => `- ${clean(line)}`).join("\n")}`;
}
