import { join } from "node:path";
import { entryAt } from "../files/look.ts";
import type { ManagedRepo } from "./managedRepo.ts";

export type Job = "build" | "test";

type Commands = { build: string[]; test: string[] };

/** How a language is built and tested. A repo's own command in repos.json beats this table. */
const COMMANDS: Record<string, Commands> = {
  go: { build: ["go", "build", "./..."], test: ["go", "test", "./...", "-short", "-timeout", "10m"] },
  javascript: { build: ["npm", "run", "build"], test: ["npm", "test"] },
  typescript: { build: ["npm", "run", "build"], test: ["npm", "test"] },
  python: { build: ["python3", "-m", "compileall", "-q", "."], test: ["python3", "-m", "pytest", "-q"] },
  rust: { build: ["cargo", "build"], test: ["cargo", "test"] },
  make: { build: ["make"], test: ["make", "test"] },
};

/** The first file found names the language; the Makefile comes last, because most repos of other languages have one too. */
const MARKERS: [string, string][] = [
  ["go.mod", "go"],
  ["Cargo.toml", "rust"],
  ["tsconfig.json", "typescript"],
  ["package.json", "javascript"],
  ["pyproject.toml", "python"],
  ["setup.py", "python"],
  ["Makefile", "make"],
];

/** The language of the repo at `path` by its files, or "unknown" (also when nothing is there). */
export function detectLanguage(path: string): string {
  const marker = MARKERS.find(([file]) => entryAt(join(path, file))?.isFile());
  return marker?.[1] ?? "unknown";
}

/** The command for a job in a repo: a shell line that the user wrote, a program with arguments, or none. */
export function commandFor(repo: ManagedRepo, job: Job): string | string[] | undefined {
  return repo[job] ?? COMMANDS[repo.language]?.[job];
}

/** Every language of the table with its command for a job, as people write it. */
export function languageCommands(job: Job): [language: string, command: string][] {
  return Object.entries(COMMANDS).map(([language, commands]) => [language, showCommand(commands[job])]);
}

/** A command as people write it. */
export function showCommand(command: string | string[]): string {
  return typeof command === "string" ? command : command.join(" ");
}
