/** Temporary folders and repos for the portfolio's tests; `cleanTempFolders` belongs into afterEach. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const made: string[] = [];

/** A new empty folder below the system's temporary one (its real path). */
export function tempFolder(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "drover-portfolio-")));
  made.push(folder);
  return folder;
}

export function cleanTempFolders(): void {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true, force: true });
}

export type Files = Readonly<Record<string, string>>;

/** Writes files (path to text) below a folder. */
export function writeFiles(folder: string, files: Files): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** A folder that passes for a repo where only files are looked at: it has an empty `.git` folder. */
export function bareBonesRepo(reposDir: string, name: string, files: Files): string {
  const dir = join(reposDir, name);
  mkdirSync(join(dir, ".git"), { recursive: true });
  writeFiles(dir, files);
  return dir;
}

/** A real git repo with one commit of these files. */
export function gitRepo(reposDir: string, name: string, files: Files): string {
  const dir = join(reposDir, name);
  mkdirSync(dir, { recursive: true });
  gitIn(dir, "init", "-q", "-b", "main");
  writeFiles(dir, files);
  gitIn(dir, "add", "-A", "-f");
  gitIn(dir, "commit", "-q", "--allow-empty", "-m", `Start ${name}`);
  return dir;
}

/** Runs git as the test's own author; gives its output. */
export function gitIn(dir: string, ...args: string[]): string {
  const identity = [
    "-c",
    "user.name=test",
    "-c",
    "user.email=test@example.test",
    "-c",
    "protocol.file.allow=always",
  ];
  return execFileSync("git", ["-C", dir, ...identity, ...args], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
}
