import { isPair, isScalar, LineCounter, parseDocument, visit } from "yaml";
import type { Check } from "../check.ts";
import type { Fault } from "../model.ts";
import type { RepoTree } from "../repoTree.ts";

const FOLDER = ".github/workflows";
/** Owners whose actions run on GitHub's own trust; their tags are not held against a repo. */
const TRUSTED_OWNERS = ["actions", "github"];
const FULL_COMMIT = /@[0-9a-f]{40}$/;
/** Texts that a stranger writes: in a script they are code, because the expression is pasted before the shell reads it. */
const UNTRUSTED =
  /\$\{\{[^}]*github\.(?:head_ref|event\.(?:issue\.(?:title|body)|pull_request\.(?:title|body|head\.(?:ref|label))|comment\.body|review\.body|discussion\.(?:title|body)|head_commit\.message))/;
const FOREIGN_REF = /github\.(?:event\.pull_request\.head\.|head_ref)/;

type Entry = { key: string; value: string; line: number; path: string[] };
type Workflow = { file: string; entries: Entry[] };

/** Four checks of all GitHub workflows. Run only when asked for. */
export const workflowChecks: Check[] = [
  {
    id: "workflow-unpinned-action",
    category: "workflow",
    severity: "warning",
    trigger: "`uses:` of a third-party action that is not pinned to a full commit id",
    find: (repo) =>
      perFile(
        repo,
        ({ entries }) => entries.find((entry) => entry.key === "uses" && isUnpinned(entry.value)),
        (entry) => ({
          message: `third-party action ${JSON.stringify(entry.value)} is not pinned to a commit`,
          suggestion: "Pin it to a full commit id",
          steps: [
            "Replace the tag by the full commit id that it names today, keep the tag in a comment. Do so for every third-party action of the file.",
          ],
        }),
      ),
  },
  {
    id: "workflow-write-all",
    category: "workflow",
    severity: "critical",
    trigger: "`permissions: write-all`",
    find: (repo) =>
      perFile(
        repo,
        ({ entries }) => entries.find((entry) => entry.key === "permissions" && entry.value === "write-all"),
        () => ({
          message: "a workflow token that may write everything",
          suggestion: "Grant only the permissions that the jobs need",
          steps: [
            "Replace it by `permissions: contents: read` and give single jobs what they need beyond that.",
          ],
        }),
      ),
  },
  {
    id: "workflow-untrusted-input",
    category: "workflow",
    severity: "critical",
    trigger:
      "a `run:` script holds an expression with text that strangers write (titles, bodies, branch names)",
    find: (repo) =>
      perFile(
        repo,
        ({ entries }) => entries.find((entry) => entry.key === "run" && UNTRUSTED.test(entry.value)),
        () => ({
          message: "a script holds text that strangers write",
          suggestion: "Hand it over as an environment variable",
          steps: ["Put the expression into `env:` of the step and use the quoted variable in the script."],
        }),
      ),
  },
  {
    id: "workflow-pr-target-checkout",
    category: "workflow",
    severity: "critical",
    trigger: "a workflow on `pull_request_target` checks out the pull request's code",
    find: (repo) =>
      perFile(
        repo,
        ({ entries }) => {
          const isTarget = entries.some(
            ({ key, value, path }) =>
              path[0] === "on" && (key === "pull_request_target" || value === "pull_request_target"),
          );
          return isTarget
            ? entries.find((entry) => entry.key === "ref" && FOREIGN_REF.test(entry.value))
            : undefined;
        },
        () => ({
          message: "foreign code is checked out with the repo's own secrets",
          suggestion: "Use pull_request, or do not check out the head",
          steps: [
            "Move the steps that run the pull request's code to a workflow on `pull_request`; keep here only what reads metadata.",
          ],
        }),
      ),
  },
];

type Text = Pick<Fault, "message" | "suggestion" | "steps">;

function perFile(
  repo: RepoTree,
  find: (workflow: Workflow) => Entry | undefined,
  tell: (entry: Entry) => Text,
): Fault[] {
  return workflows(repo).flatMap((workflow) => {
    const entry = find(workflow);
    if (!entry) return [];
    const text = tell(entry);
    return [
      {
        ...text,
        message: `${workflow.file}:${entry.line}: ${text.message}`,
        where: workflow.file,
        line: entry.line,
        limits: ["Do not change what the workflow does otherwise."],
      },
    ];
  });
}

function workflows(repo: RepoTree): Workflow[] {
  return repo
    .fileNames(FOLDER)
    .filter((name) => /\.ya?ml$/.test(name))
    .map((name) => ({ file: `${FOLDER}/${name}`, entries: entriesOf(repo.text(`${FOLDER}/${name}`) ?? "") }));
}

/** Every scalar of a YAML text with its key, place and line. A text that is no YAML has none: GitHub would not run it. */
function entriesOf(text: string): Entry[] {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, logLevel: "silent" });
  const entries: Entry[] = [];
  const keysAbove = (ancestors: readonly unknown[]) =>
    ancestors.flatMap((one) => (isPair(one) && isScalar(one.key) ? [String(one.key.value)] : []));
  visit(document, {
    Scalar: (role, node, ancestors) => {
      if (role === "key") return;
      const path = keysAbove(ancestors);
      const line = node.range ? lines.linePos(node.range[0]).line : 1;
      entries.push({ key: path.at(-1) ?? "", value: String(node.value), line, path });
    },
    Pair: (_role, pair, ancestors) => {
      // `on: { pull_request_target: {…} }` has no scalar to visit; the key itself is the fact.
      if (!isScalar(pair.key) || isScalar(pair.value)) return;
      const key = String(pair.key.value);
      entries.push({ key, value: "", line: 1, path: [...keysAbove(ancestors), key] });
    },
  });
  return entries;
}

function isUnpinned(uses: string): boolean {
  if (uses.startsWith("./") || uses.startsWith("docker://") || !uses.includes("/")) return false;
  return !TRUSTED_OWNERS.includes(uses.split("/")[0] ?? "") && !FULL_COMMIT.test(uses);
}
