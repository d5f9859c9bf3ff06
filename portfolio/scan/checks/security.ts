import type { Check } from "../check.ts";
import { isIgnored } from "../gitignore.ts";
import { CI_FILE } from "./ci.ts";

/** The three security checks. */
export const securityChecks: Check[] = [
  {
    id: "sec-no-security-scan",
    category: "security",
    severity: "warning",
    trigger: "ci.yml mentions none of trivy, security, snyk, codeql (any case)",
    find: (repo) => {
      const ci = repo.text(CI_FILE);
      if (ci === undefined || /trivy|security|snyk|codeql/i.test(ci)) return [];
      return [
        {
          message: "CI runs no security scan",
          suggestion: "Add a security scan to CI",
          where: CI_FILE,
          steps: [
            "Add a job to ci.yml that runs trivy or CodeQL on pushes to the default branch and on pull requests.",
          ],
        },
      ];
    },
  },
  {
    id: "sec-env-committed",
    category: "security",
    severity: "critical",
    trigger: "`.env` exists and git tracks it or `.gitignore` does not ignore it",
    find: (repo) => {
      if (!repo.hasFile(".env")) return [];
      const ignored = isIgnored(repo.text(".gitignore") ?? "", ".env");
      const tracked = repo.tracked([".env"]).length > 0;
      if (ignored && !tracked) return [];
      const state = tracked ? "is tracked by git" : "is not ignored by .gitignore";
      return [
        {
          message: `.env ${state}`,
          suggestion: "Ignore .env and remove it from git",
          where: ".env",
          steps: [
            "Add a line `.env` to `.gitignore`; run `git rm --cached .env` if git tracks it.",
            "Create `.env.example` with the same names and empty values.",
            "Report that every value in it has to be replaced: what was committed once stays in the history.",
          ],
          limits: ["Do not print, copy or move the values of .env.", "Do not rewrite history."],
        },
      ];
    },
  },
  {
    id: "sec-hardcoded-token",
    category: "security",
    severity: "critical",
    trigger:
      "a line assigns a quoted value of 16 or more characters to a name like api key, secret, token or password",
    find: (repo) =>
      repo.secrets.map(({ path, line, name, shown, length }) => ({
        message: `possible hardcoded ${name} in ${path}:${line} ("${shown}…", ${length} characters)`,
        suggestion: "Read the value from the environment or a secret store",
        where: path,
        line,
        steps: [
          "Read the value from an environment variable and fail with a clear message when it is unset.",
          "Name the variable in README.md or `.env.example` without a value.",
          "Report that the value has to be replaced: it stays in the history.",
        ],
        limits: ["Do not print the value, nor move it to another tracked file.", "Do not rewrite history."],
        verify: [`No quoted value is left on that line of the file.`],
      })),
  },
];
