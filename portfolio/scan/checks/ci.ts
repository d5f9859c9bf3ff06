import type { Check } from "../check.ts";
import type { Fault } from "../model.ts";

/** The one workflow file that the CI checks read. */
export const CI_FILE = ".github/workflows/ci.yml";
const RELEASE_FILE = ".github/workflows/release.yml";
const DEPENDABOT_FILE = ".github/dependabot.yml";

/** The four CI checks. */
export const ciChecks: Check[] = [
  {
    id: "ci-no-test-job",
    category: "ci",
    severity: "warning",
    trigger: "ci.yml has none of make test, go test, pytest",
    find: (repo) =>
      lacks(repo.text(CI_FILE), /make test|go test|pytest/, {
        message: "CI runs no tests",
        suggestion: "Add a test job to CI",
        where: CI_FILE,
        steps: [
          "Add a job that runs the repo's tests (`make test` where a Makefile has that target) on push and pull_request.",
        ],
      }),
  },
  {
    id: "ci-no-lint-job",
    category: "ci",
    severity: "warning",
    trigger: "ci.yml has none of golangci-lint, make lint, ruff, black",
    find: (repo) =>
      lacks(repo.text(CI_FILE), /golangci-lint|make lint|ruff|black/, {
        message: "CI runs no linter",
        suggestion: "Add a lint job to CI",
        where: CI_FILE,
        steps: [
          "Add a job that runs the repo's linter (`make lint` where a Makefile has that target) on push and pull_request.",
        ],
      }),
  },
  {
    id: "ci-no-release",
    category: "ci",
    severity: "info",
    trigger: `no \`${RELEASE_FILE}\``,
    find: (repo) =>
      absent(repo.hasFile(RELEASE_FILE), {
        message: "no release workflow",
        suggestion: "Add a release workflow",
        where: RELEASE_FILE,
        steps: [
          "Create a workflow that builds and publishes on tags `v*`, with `permissions: contents: write` on that job only.",
        ],
      }),
  },
  {
    id: "ci-no-dependabot",
    category: "ci",
    severity: "info",
    trigger: `no \`${DEPENDABOT_FILE}\``,
    find: (repo) =>
      absent(repo.hasFile(DEPENDABOT_FILE), {
        message: "no dependabot configuration",
        suggestion: "Add a dependabot configuration",
        where: DEPENDABOT_FILE,
        steps: ["Create it with weekly updates for the repo's package ecosystem and for github-actions."],
      }),
  },
];

function lacks(text: string | undefined, wanted: RegExp, fault: Fault): Fault[] {
  return text === undefined || wanted.test(text) ? [] : [fault];
}

function absent(isThere: boolean, fault: Fault): Fault[] {
  return isThere ? [] : [fault];
}
