import type { Check } from "../check.ts";
import type { Fault } from "../model.ts";
import type { RepoTree } from "../repoTree.ts";

/** Source files looked at for a test attribute; the first ones nearly always tell. */
const MAX_FILES_READ = 500;
const TEST_ATTRIBUTE = /#\[(?:\w+::)*test(?:\]|\()|#\[cfg\(test\)\]/;

/** Three checks of Rust repos: those with a Cargo.toml. Run only when asked for. */
export const rustChecks: Check[] = [
  {
    id: "rust-no-lockfile",
    category: "rust",
    severity: "warning",
    trigger: "a program (`src/main.rs`, `src/bin/` or `[[bin]]`) without `Cargo.lock`",
    find: (repo) => {
      const cargo = repo.text("Cargo.toml");
      if (cargo === undefined || repo.hasFile("Cargo.lock")) return [];
      const isProgram =
        repo.hasFile("src/main.rs") || repo.hasFolder("src/bin") || /^\[\[bin\]\]/m.test(cargo);
      return isProgram
        ? one("Cargo.lock", "a program without Cargo.lock", "Commit Cargo.lock", [
            "Run `cargo generate-lockfile`, remove Cargo.lock from .gitignore, add the file.",
          ])
        : [];
    },
  },
  {
    id: "rust-no-tests",
    category: "rust",
    severity: "critical",
    trigger: "no file below `tests/` and no test attribute in a source file",
    find: (repo) => {
      if (!repo.hasFile("Cargo.toml") || hasTests(repo)) return [];
      return one("src/", "no Rust tests found", "Add unit tests", [
        "Add `#[cfg(test)] mod tests` to the modules that hold logic and `tests/` for the public interface.",
      ]);
    },
  },
  {
    id: "rust-no-toolchain",
    category: "rust",
    severity: "info",
    trigger: "neither `rust-version` in Cargo.toml nor a rust-toolchain file",
    find: (repo) => {
      const cargo = repo.text("Cargo.toml");
      const named = repo.hasFile("rust-toolchain.toml") || repo.hasFile("rust-toolchain");
      if (cargo === undefined || named || /^rust-version\b/m.test(cargo)) return [];
      return one("Cargo.toml", "no Rust version is named", "Set rust-version", [
        "Set `rust-version` in Cargo.toml to the oldest version that compiles the crate, or to the one that CI uses.",
      ]);
    },
  },
];

function hasTests(repo: RepoTree): boolean {
  if (repo.rustFiles.some((path) => /(?:^|\/)tests\//.test(path))) return true;
  return repo.rustFiles.slice(0, MAX_FILES_READ).some((path) => TEST_ATTRIBUTE.test(repo.text(path) ?? ""));
}

function one(where: string, ...[message, suggestion, steps]: [string, string, string[]]): Fault[] {
  return [{ message, suggestion, where, steps, limits: ["Do not upgrade dependencies."] }];
}
