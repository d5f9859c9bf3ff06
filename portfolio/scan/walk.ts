import { readdirSync, type Dirent } from "node:fs";

/** A tree deeper or larger than this is cut and named: real repos stay far below both. */
const MAX_DEPTH = 60;
const MAX_ENTRIES = 500_000;

/** Folders that no check ever looks into. */
const NEVER = new Set([".git", "node_modules"]);
/** Folders that some checks leave out; a visitor gets them as `inside`. */
const MARKED = new Set(["vendor", "testdata", ".venv", "venv", "__pycache__"]);

export type FileVisit = {
  /** Folder relative to the root, "" at the top, else with a closing slash. */
  folder: string;
  name: string;
  /** The marked folders on the way here. */
  inside: ReadonlySet<string>;
};

export type WalkHooks = {
  file: (visit: FileVisit) => void;
  note: (path: string, reason: string) => void;
};

type Place = { folder: string; depth: number; inside: ReadonlySet<string> };

/**
 * Visits every regular file below `root`, whose entries the caller has read. Links are never followed (they may
 * loop or lead out), nested repositories are left alone; both, and what cannot be read, go to `note`.
 */
export function walkTree(root: string, rootEntries: Dirent[], hooks: WalkHooks): void {
  const queue: Place[] = [];
  let seen = 0;
  const enter = (entries: Dirent[], place: Place): void => {
    seen += entries.length;
    for (const entry of entries) visitEntry(entry, place, { hooks, queue });
  };
  enter(rootEntries, { folder: "", depth: 0, inside: new Set() });
  for (let place = queue.pop(); place; place = queue.pop()) {
    if (seen > MAX_ENTRIES)
      return hooks.note(place.folder, `more than ${MAX_ENTRIES} entries: the rest was not searched`);
    if (place.depth > MAX_DEPTH) hooks.note(place.folder, `deeper than ${MAX_DEPTH} folders: not searched`);
    else enter(readFolder(root, place, hooks), place);
  }
}

function visitEntry(entry: Dirent, place: Place, to: { hooks: WalkHooks; queue: Place[] }): void {
  const { name } = entry;
  if (entry.isFile()) to.hooks.file({ folder: place.folder, name, inside: place.inside });
  else if (entry.isDirectory()) {
    if (NEVER.has(name)) return;
    const inside = MARKED.has(name) ? new Set([...place.inside, name]) : place.inside;
    to.queue.push({ folder: `${place.folder}${name}/`, depth: place.depth + 1, inside });
  } else if (entry.isSymbolicLink()) to.hooks.note(place.folder + name, "symbolic link: not followed");
  else to.hooks.note(place.folder + name, "no regular file (pipe, socket or device): not opened");
}

function readFolder(root: string, place: Place, hooks: WalkHooks): Dirent[] {
  try {
    const entries = readdirSync(`${root}/${place.folder}`, { withFileTypes: true });
    if (!entries.some((entry) => entry.name === ".git")) return entries;
    hooks.note(place.folder, "nested repository or submodule: not searched");
    return [];
  } catch (error) {
    hooks.note(
      place.folder,
      `folder cannot be read: ${(error as NodeJS.ErrnoException).code ?? "unknown error"}`,
    );
    return [];
  }
}
