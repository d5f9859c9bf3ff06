import { readdirSync, type Dirent } from "node:fs";
import { entryAt, isFolder, thingAt } from "../files/look.ts";
import { insideTree } from "../files/paths.ts";
import { readBounded } from "../files/readBounded.ts";
import type { Language, Note } from "./model.ts";
import { isSearchedForSecrets, searchFile, type SecretHit } from "./secrets.ts";
import { trackedBelow } from "./tracked.ts";
import { walkTree, type FileVisit } from "./walk.ts";

/** Notes kept per repo; a tree with thousands of odd entries must not drown the report. */
const MAX_NOTES = 50;

/** Root files that make a repo a Python one even without a build file. Without them `py-missing-pyproject` could never fire. */
const PYTHON_MARKERS = ["requirements.txt", "setup.cfg", "Pipfile", "tox.ini", "poetry.lock"];
const OTHER_LANGUAGES = ["go.mod", "package.json", "Cargo.toml"];

export type SecretPlace = SecretHit & { path: string };

/** One repo as the checks see it: bounded reads inside its own tree, one walk shared by all checks. Nothing is run. */
export class RepoTree {
  readonly name: string;
  readonly dir: string;
  readonly language: Language;
  readonly rootEntries: Dirent[];
  readonly notes: Note[] = [];
  readonly secrets: SecretPlace[] = [];
  readonly goPackages = new Set<string>();
  readonly rustFiles: string[] = [];
  hasGoTests = false;
  hasPythonTests = false;
  #notesLeftOut = 0;
  readonly #realRoot: string;
  readonly #texts = new Map<string, string | undefined>();

  /** `dir` is the repo's real path. A root that cannot be read throws: the caller lists the repo as skipped. */
  constructor(name: string, dir: string) {
    this.name = name;
    this.dir = dir;
    this.#realRoot = dir;
    this.rootEntries = readdirSync(dir, { withFileTypes: true });
    this.language = this.#detectLanguage();
  }

  /** Walks the whole tree once. Secrets are searched only on request: it is the one step that reads every file. */
  walk(wanted: { secrets: boolean }): void {
    walkTree(this.dir, this.rootEntries, {
      note: (path, reason) => this.#note(path, reason),
      file: (visit) => this.#visit(visit, wanted.secrets),
    });
    this.secrets.sort((a, b) => (a.path < b.path ? -1 : 1));
    if (this.#notesLeftOut > 0) {
      this.notes.push({ repo: this.name, path: "", reason: `${this.#notesLeftOut} more notes of this kind` });
    }
  }

  /** True for a regular file, also behind a link that stays inside the repo; a link that leads out counts as absent. */
  hasFile(path: string): boolean {
    return this.#stat(path)?.isFile() ?? false;
  }

  hasFolder(path: string): boolean {
    return this.#stat(path)?.isDirectory() ?? false;
  }

  /** The names of the regular files in a folder of the repo ("" is the root), sorted. */
  fileNames(folder: string): string[] {
    const real = insideTree(this.#realRoot, `${this.dir}/${folder}`);
    if (real === undefined || !isFolder(real)) return [];
    try {
      return readdirSync(real)
        .filter((name) => this.hasFile(folder === "" ? name : `${folder}/${name}`))
        .sort();
    } catch {
      return [];
    }
  }

  /** The text of a file of at most 1 MiB, or undefined. A file that is there and cannot be read is noted once. */
  text(path: string): string | undefined {
    if (!this.#texts.has(path)) this.#texts.set(path, this.#read(path));
    return this.#texts.get(path);
  }

  /** The files below the given paths that git tracks. Where git cannot tell, that is noted and there are none. */
  tracked(paths: string[]): string[] {
    const tracked = trackedBelow(this.dir, paths);
    if (tracked.ok) return tracked.paths;
    this.#note(".git", `cannot tell what git tracks: ${tracked.reason}`);
    return [];
  }

  #read(path: string): string | undefined {
    const real = insideTree(this.#realRoot, `${this.dir}/${path}`);
    if (real === undefined) return undefined;
    const read = readBounded(real);
    if (read.kind === "text") return read.text;
    if (read.kind === "too_large") this.#note(path, `larger than 1 MiB (${read.bytes} bytes): not read`);
    if (read.kind === "unreadable") this.#note(path, `cannot be read: ${read.reason}`);
    return undefined;
  }

  #stat(path: string): { isFile(): boolean; isDirectory(): boolean } | undefined {
    const full = `${this.dir}/${path}`;
    // Most asked-for files are absent: one lstat answers that without an exception.
    if (!entryAt(full)) return undefined;
    const real = insideTree(this.#realRoot, full);
    return real === undefined ? undefined : thingAt(real);
  }

  #visit(visit: FileVisit, secrets: boolean): void {
    const { name, inside, folder } = visit;
    if (name.endsWith(".go")) this.#visitGo(visit);
    else if (name.endsWith(".py")) this.#visitPython(visit);
    else if (name.endsWith(".rs") && !inside.has("vendor")) this.rustFiles.push(folder + name);
    if (secrets && isSearchedForSecrets(visit)) this.#searchSecrets(folder + name);
  }

  #searchSecrets(path: string): void {
    const found = searchFile(`${this.dir}/${path}`);
    if (found.kind === "hit") this.secrets.push({ ...found.hit, path });
    else if (found.kind === "note") this.#note(path, found.reason);
  }

  #visitPython({ name, inside }: FileVisit): void {
    const apart = inside.has(".venv") || inside.has("venv") || inside.has("__pycache__");
    if (!apart && (name.startsWith("test_") || name.endsWith("_test.py"))) this.hasPythonTests = true;
  }

  #visitGo({ name, inside, folder }: FileVisit): void {
    if (inside.has("vendor")) return;
    if (name.endsWith("_test.go")) this.hasGoTests = true;
    else if (!inside.has("testdata")) this.goPackages.add(folder === "" ? "." : folder.slice(0, -1));
  }

  #detectLanguage(): Language {
    const names = new Set(this.rootEntries.map((entry) => entry.name));
    const go = names.has("go.mod");
    const other = OTHER_LANGUAGES.some((file) => names.has(file));
    const python =
      names.has("pyproject.toml") ||
      names.has("setup.py") ||
      PYTHON_MARKERS.some((file) => names.has(file)) ||
      (!other && [...names].some((file) => file.endsWith(".py")));
    if (go && python) return "multi";
    return go ? "go" : python ? "python" : "unknown";
  }

  #note(path: string, reason: string): void {
    if (this.notes.length < MAX_NOTES) this.notes.push({ repo: this.name, path, reason });
    else this.#notesLeftOut++;
  }
}
