import * as z from "zod";
import { join } from "node:path";
import picomatch from "picomatch";
import { checkShape, parseYaml } from "../files/parse.ts";
import { insideTree } from "../files/paths.ts";
import { readBounded, type BoundedText } from "../files/readBounded.ts";
import { PortfolioError } from "../problem.ts";
import type { Accepted, Finding, Note } from "./model.ts";
import { ALL_CHECKS } from "./checks/all.ts";

/** Where accepted findings are written down: in the repos folder for all repos, or in one repo for itself. */
export const GRAYLIST_FILE = ".drover/scan.yml";

const entrySchema = z.strictObject({
  check: z
    .string()
    .refine((id) => ALL_CHECKS.some((check) => check.id === id), { error: "unknown check id" }),
  repo: z.string().optional(),
  path: z.string().optional(),
  reason: z.string().trim().min(1, { error: "a reason is required" }),
  until: z.iso.date({ error: "expected the day on which it expires, as YYYY-MM-DD in quotes or bare" }),
});
const fileSchema = z.strictObject({ accept: z.array(entrySchema) });

export type GraylistEntry = z.output<typeof entrySchema>;

/** Reads a graylist; none there means an empty one. A fault in it names the file and the entry. */
export function readGraylist(dir: string): GraylistEntry[] {
  const path = join(dir, GRAYLIST_FILE);
  return parseGraylist(path, readBounded(path));
}

function parseGraylist(path: string, read: BoundedText): GraylistEntry[] {
  if (read.kind === "absent") return [];
  if (read.kind !== "text")
    throw new PortfolioError("usage", `${path}: expected a readable file of at most 1 MiB`);
  return checkShape(path, fileSchema, parseYaml(path, read.text) ?? { accept: [] }).accept;
}

/** As `readGraylist` for a scanned repo: a faulty file of one repo becomes a note, it must not stop the scan of all. */
export function readRepoGraylist(repo: { name: string; dir: string }): {
  entries: GraylistEntry[];
  notes: Note[];
} {
  try {
    // A link may lead out of the repo: what lies there is neither its to use nor ours to show.
    const real = insideTree(repo.dir, join(repo.dir, GRAYLIST_FILE));
    const own = real === undefined ? [] : parseGraylist(GRAYLIST_FILE, readBounded(real));
    // A repo may accept only its own findings.
    return { entries: own.map((entry) => ({ ...entry, repo: repo.name })), notes: [] };
  } catch (error) {
    if (!(error instanceof PortfolioError)) throw error;
    return {
      entries: [],
      notes: [{ repo: repo.name, path: GRAYLIST_FILE, reason: `ignored: ${error.message}` }],
    };
  }
}

/**
 * Splits findings into open and accepted ones. `today` is YYYY-MM-DD; an entry holds through its last day. A finding
 * whose acceptance has expired is open again and says so.
 */
export function applyGraylist(
  findings: Finding[],
  entries: readonly GraylistEntry[],
  today: string,
): { open: Finding[]; accepted: Accepted[] } {
  const open: Finding[] = [];
  const accepted: Accepted[] = [];
  for (const finding of findings) {
    const matching = entries.filter((entry) => matches(entry, finding));
    const valid = matching.find((entry) => entry.until >= today);
    const expired = matching[0];
    if (valid) accepted.push({ ...finding, reason: valid.reason, until: valid.until });
    else if (expired)
      open.push({ ...finding, message: `${finding.message} (accepted until ${expired.until}, expired)` });
    else open.push(finding);
  }
  return { open, accepted };
}

function matches(entry: GraylistEntry, finding: Finding): boolean {
  return entry.check === finding.check && fits(entry.repo, finding.repo) && fits(entry.path, finding.path);
}

/** Equal or matched as a glob: a folder really named `a[1]` must match itself. */
function fits(pattern: string | undefined, value: string): boolean {
  return pattern === undefined || pattern === value || picomatch.isMatch(value, pattern, { dot: true });
}
