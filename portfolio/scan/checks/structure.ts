import type { Check } from "../check.ts";
import type { Severity } from "../model.ts";

type Required = { id: string; severity: Severity; file: string; steps: string[]; suggestion: string };

const CI_STEPS = [
  "Create `.github/workflows/ci.yml` that runs on push and pull_request with `permissions: contents: read`.",
  "Give it one job for tests and one for the linter, with the commands that the repo already has (Makefile, package scripts).",
  "Pin third-party actions to a full commit id.",
];

const REQUIRED: Required[] = [
  {
    id: "missing-makefile",
    severity: "warning",
    file: "Makefile",
    suggestion: "Add a Makefile with build, test and lint targets",
    steps: [
      "Create `Makefile` with the targets build, test, lint and clean, each declared .PHONY.",
      "Let each target call the language's usual tools; make `test` fail when a test fails.",
    ],
  },
  {
    id: "missing-readme",
    severity: "warning",
    file: "README.md",
    suggestion: "Add a README.md that says what this is and how to run it",
    steps: [
      "Read the code first. Create `README.md`: what it does, how to install, how to run, how to test.",
      "Write only what the code shows to be true.",
    ],
  },
  {
    id: "missing-claude-md",
    severity: "info",
    file: "CLAUDE.md",
    suggestion: "Add a CLAUDE.md with build commands, layout and rules for coding agents",
    steps: ["Create `CLAUDE.md`: build, test and lint commands, the layout in ten lines, the house rules."],
  },
  {
    id: "missing-contributing",
    severity: "info",
    file: "CONTRIBUTING.md",
    suggestion: "Add a CONTRIBUTING.md",
    steps: [
      "Create `CONTRIBUTING.md`: set-up, how to run the tests, commit style, how a change is reviewed.",
    ],
  },
  {
    id: "missing-license",
    severity: "warning",
    file: "LICENSE",
    suggestion: "Add a LICENSE file",
    steps: [
      "Look for a licence named in README, package metadata or file headers and create `LICENSE` with that text.",
      "If none is named anywhere, stop and say so: which licence to use is a person's decision.",
    ],
  },
  {
    id: "missing-changelog",
    severity: "info",
    file: "CHANGELOG.md",
    suggestion: "Add a CHANGELOG.md",
    steps: ["Create `CHANGELOG.md` with an Unreleased section and one section for each existing git tag."],
  },
  {
    id: "missing-ci",
    severity: "critical",
    file: ".github/workflows/ci.yml",
    suggestion: "Add a CI workflow that runs tests and linter",
    steps: CI_STEPS,
  },
  {
    id: "missing-gitignore",
    severity: "warning",
    file: ".gitignore",
    suggestion: "Add a .gitignore for the language and for .env",
    steps: [
      "Create `.gitignore` with the build output, caches and editor files of the repo's languages, and `.env`.",
      "Check with `git ls-files -ci --exclude-standard` that no tracked file is now ignored.",
    ],
  },
];

/** The eight files that every repo should have. */
export const structureChecks: Check[] = REQUIRED.map(({ id, severity, file, suggestion, steps }) => ({
  id,
  category: "structure",
  severity,
  trigger: `no \`${file}\``,
  find: (repo) =>
    repo.hasFile(file) ? [] : [{ message: `${file} is missing`, suggestion, where: file, steps }],
}));
