// Makes the portfolio that the bench measures: REPOS git repos of FILES files each, about 3 KB a file, four in five
// of a kind in which the token check looks. Deterministic; made once, kept in the temp folder.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const REPOS = 200;
export const FILES = 1000;
const FOLDERS = 25;
const EXTENSIONS = ["go", "go", "go", "py", "ts", "js", "json", "yaml", "md", "txt"];
const WORDS =
  "func return err nil package import value config string const class self data result index name if for".split(
    " ",
  );
/** One line in a hundred names what the token check looks for, without a secret: one file in two has such a line. */
const NEAR_LINES = [
  "password := readPassword(prompt)",
  'token = os.getenv("TOKEN_NAME")',
  "secret: ${SECRET}",
];

let seed = 7;
const random = (below) => (seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff) % below;

export function makeRepos() {
  const base = join(tmpdir(), `drover-bench-${REPOS}x${FILES}`);
  const ready = join(base, ".ready");
  if (existsSync(ready)) return base;
  for (let repo = 0; repo < REPOS; repo++) makeRepo(join(base, repoName(repo)));
  // Files as young as their index are read again on every status; a repo that a person works in has a settled index.
  for (let repo = 0; repo < REPOS; repo++)
    execFileSync("git", ["-C", join(base, repoName(repo)), "status"], { stdio: "ignore" });
  writeFileSync(ready, "");
  return base;
}

const repoName = (index) => `repo${String(index).padStart(3, "0")}`;

function makeRepo(dir) {
  for (let folder = 0; folder < FOLDERS; folder++) {
    mkdirSync(join(dir, `pkg${folder}`), { recursive: true });
    for (let file = 0; file < FILES / FOLDERS; file++) {
      writeFileSync(
        join(dir, `pkg${folder}`, `f${file}.${EXTENSIONS[file % EXTENSIONS.length]}`),
        makeText(),
      );
    }
  }
  writeFileSync(join(dir, "go.mod"), "module example.test/x\n\ngo 1.21\n");
  const git = (...args) => execFileSync("git", ["-C", dir, ...args], { stdio: "ignore" });
  git("init", "-q", "-b", "main");
  git("add", "-A");
  git("-c", "user.name=bench", "-c", "user.email=bench@example.test", "commit", "-q", "-m", "Start");
  git("remote", "add", "origin", `https://git.example.test/acme/${dir.split("/").at(-1)}.git`);
}

function makeText() {
  const lines = [];
  for (let line = 40 + random(80); line > 0; line--) {
    if (random(100) === 0) lines.push(NEAR_LINES[random(NEAR_LINES.length)]);
    else {
      const words = Array.from({ length: 5 }, () => WORDS[random(WORDS.length)]);
      lines.push(`\t${words.join(" ")} = "${WORDS[random(WORDS.length)]}"`);
    }
  }
  return `${lines.join("\n")}\n`;
}
