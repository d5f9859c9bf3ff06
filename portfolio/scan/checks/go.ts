import type { Check } from "../check.ts";
import type { Language } from "../model.ts";

/** The oldest Go minor version that is not called outdated. */
const OLDEST_GO_MINOR = 24;
/** Packages named in the order to write tests; more would drown it. */
const MAX_PACKAGES = 20;

const GO: readonly Language[] = ["go", "multi"];

/** The six Go checks. */
export const goChecks: Check[] = [
  {
    id: "go-missing-golangci",
    category: "go",
    severity: "warning",
    trigger: "no `.golangci.yml`",
    languages: GO,
    find: (repo) =>
      missing(repo.hasFile(".golangci.yml"), ".golangci.yml", "Add a golangci-lint configuration", [
        "Create `.golangci.yml` with errcheck, govet, staticcheck, ineffassign and unused.",
        "Run `golangci-lint run`; mend what it reports when the fix is mechanical, else list it.",
      ]),
  },
  {
    id: "go-missing-goreleaser",
    category: "go",
    severity: "info",
    trigger: "no `.goreleaser.yml`",
    languages: GO,
    find: (repo) =>
      missing(repo.hasFile(".goreleaser.yml"), ".goreleaser.yml", "Add a goreleaser configuration", [
        "Create `.goreleaser.yml` that builds every command below `cmd/` for linux and darwin, amd64 and arm64.",
      ]),
  },
  {
    id: "go-outdated-version",
    category: "go",
    severity: "warning",
    trigger: `the \`go X.Y\` line of go.mod is below 1.${OLDEST_GO_MINOR}`,
    languages: GO,
    find: (repo) => {
      const lines = (repo.text("go.mod") ?? "").split(/\r?\n/);
      const line = lines.findIndex((text) => /^go\s+\d+\.\d+/.test(text));
      const [, major = "0", minor = "0"] = /^go\s+(\d+)\.(\d+)/.exec(lines[line] ?? "") ?? [];
      const isOld = Number(major) < 1 || (Number(major) === 1 && Number(minor) < OLDEST_GO_MINOR);
      if (line === -1 || !isOld) return [];
      return [
        {
          message: `go.mod asks for Go ${major}.${minor}, older than 1.${OLDEST_GO_MINOR}`,
          suggestion: `Raise the go directive to 1.${OLDEST_GO_MINOR} or later`,
          where: "go.mod",
          line: line + 1,
          steps: [
            `Set the go directive to 1.${OLDEST_GO_MINOR}, run \`go mod tidy\`, mend what no longer compiles.`,
            "Raise the Go version in CI and Dockerfile where they name one.",
          ],
          limits: ["Do not upgrade dependencies beyond what the compiler forces."],
        },
      ];
    },
  },
  {
    id: "go-no-tests",
    category: "go",
    severity: "critical",
    trigger: "no `*_test.go` outside vendor, .git and node_modules",
    languages: GO,
    find: (repo) => {
      if (repo.hasGoTests) return [];
      const packages = [...repo.goPackages].sort();
      const named = packages.slice(0, MAX_PACKAGES);
      const more = packages.length > named.length ? ` and ${packages.length - named.length} more` : "";
      return [
        {
          message: "no Go tests found",
          suggestion: "Add table-driven unit tests for each package",
          where: ".",
          steps: [
            `Packages without tests: ${named.length === 0 ? "none with Go files yet" : named.map((name) => JSON.stringify(name)).join(", ") + more}.`,
            "Write table-driven tests (`*_test.go` beside the code), the error paths included; start with the packages that hold logic.",
          ],
          limits: ["Do not change code under test, except for a bug that a test shows; say which."],
        },
      ];
    },
  },
  {
    id: "go-no-race-flag",
    category: "go",
    severity: "warning",
    trigger: "Makefile has `go test` or `test:` but no `-race`",
    languages: GO,
    find: (repo) => {
      const makefile = repo.text("Makefile");
      if (makefile === undefined || !/go test|test:/.test(makefile) || makefile.includes("-race")) return [];
      return missing(
        false,
        "Makefile",
        "Run the tests with -race",
        ["Add `-race` to every `go test` call in the Makefile; mend the data races that it shows."],
        "the Makefile runs Go tests without -race",
      );
    },
  },
  {
    id: "go-missing-dockerfile",
    category: "go",
    severity: "info",
    trigger: "`cmd/` exists and no `Dockerfile*`",
    languages: GO,
    find: (repo) => {
      const hasDockerfile = repo.rootEntries.some((entry) => entry.name.startsWith("Dockerfile"));
      if (!repo.hasFolder("cmd") || hasDockerfile) return [];
      return missing(
        false,
        "Dockerfile",
        "Add a multi-stage Dockerfile for the commands",
        [
          "Create `Dockerfile`: build stage with the Go version of go.mod, final stage distroless or scratch, a user that is not root.",
        ],
        "commands in cmd/ but no Dockerfile",
      );
    },
  },
];

function missing(
  isThere: boolean,
  ...[file, suggestion, steps, message]: [string, string, string[], string?]
) {
  return isThere ? [] : [{ message: message ?? `${file} is missing`, suggestion, where: file, steps }];
}
