import { readdirSync, realpathSync } from "node:fs";
import { basename, join } from "node:path";
import type { Task } from "../../domain/taskFile.ts";
import { entryAt, isFolder, thingAt } from "../files/look.ts";
import { insideTree } from "../files/paths.ts";
import { readTextOrNothing } from "../files/readBounded.ts";
import { quotePath } from "../display/quotePath.ts";
import { ALL_CHECKS } from "../scan/checks/all.ts";
import type { Category } from "../scan/model.ts";
import { scanRepo, type RepoScan } from "../scan/scanRepo.ts";
import { taskSuffix } from "../workOrders/generate.ts";
import { parseWorkOrders, WORK_ORDERS_FILE } from "../workOrders/parse.ts";
import type { AuditContext, Rule, Verdict } from "./model.ts";

const TEST_FILE = /_test\.(?:go|py|rs)$|^test_.*\.py$|\.(?:test|spec)\.[cm]?[jt]sx?$/;
const ASKS_FOR_TESTS = /\b(?:add|write|create)\b[^.\n]{0,80}\btests?\b/i;
/** A verb that announces a file, then the file in backticks within the same sentence. */
const DELIVERABLE = /\b(?:create|add|write|introduce|generate)\b[^.`\n]{0,80}`([\w@-][\w./@-]{0,200})`/gi;

/** The rules that look at one task by itself, strongest evidence first; the first that says something wins. */
export function taskRules(context: AuditContext): Rule[] {
  const scans = new Map<string, RepoScan>();
  return [
    (task) => alreadyComplete(task, context),
    (_task, dir) => repoMissing(dir),
    (task, dir) => workOrderDone(task, dir),
    (task, dir) => findingGone(task, dir, scans),
    (task, dir) => describedFilesExist(task, dir),
    (task, dir) => testsExist(task, dir),
  ];
}

function alreadyComplete(task: Task, { completed }: AuditContext): Verdict {
  const same = completed.find(
    (job) => job.id === task.id && (job.repo === undefined || job.repo === task.repo),
  );
  if (same) return { kind: "drop", done: true, reason: "already complete", evidence: [same.evidence] };
  const twin = completed.find((job) => job.repo === task.repo && job.prompt?.trim() === task.prompt.trim());
  return twin
    ? {
        kind: "drop",
        done: true,
        reason: `the same order is complete as ${twin.id}`,
        evidence: [twin.evidence],
      }
    : undefined;
}

function repoMissing(dir: string): Verdict {
  return isFolder(dir)
    ? undefined
    : { kind: "drop", done: false, reason: "its repo is missing on disk", evidence: [`no folder at ${dir}`] };
}

function workOrderDone(task: Task, dir: string): Verdict {
  const path = insideTree(realpathSync(dir), join(dir, WORK_ORDERS_FILE));
  const { orders } = parseWorkOrders((path && readTextOrNothing(path)) ?? "");
  const order = orders.find((one) => task.id === `${basename(dir)}-${taskSuffix(one.id)}`);
  if (order?.status !== "done") return undefined;
  const evidence = `${WORK_ORDERS_FILE}:${order.line}: ${order.id} is done by its ${order.statusSource}`;
  return { kind: "drop", done: true, reason: "its work order is marked done", evidence: [evidence] };
}

/** A task that came from a scan is done when the check no longer fires there. What could not be looked at is not gone. */
function findingGone(task: Task, dir: string, scans: Map<string, RepoScan>): Verdict {
  const prefix = `${basename(dir)}-scan-`;
  if (!task.id.startsWith(prefix)) return undefined;
  const name = task.id.slice(prefix.length);
  const check = ALL_CHECKS.find(({ id }) => name === id || new RegExp(`^${id}-\\d+$`).test(name));
  if (!check) return undefined;
  const scan = scanOnce(dir, check.category, scans);
  if (!scan.ok) return undefined;
  const where = /^Where: (.*?)(?:, line \d+)?$/m.exec(task.prompt)?.[1];
  const isWhere = ({ path }: { path: string }) => where === undefined || quotePath(path) === where;
  const isThere = scan.report.findings.some((finding) => finding.check === check.id && isWhere(finding));
  const isHidden = where !== undefined && scan.report.notes.some(({ path }) => covers(path, where));
  if (isThere || isHidden) return undefined;
  const evidence = `check ${check.id} finds nothing${where === undefined ? "" : ` at ${where}`} in ${dir}`;
  return { kind: "drop", done: true, reason: "the scan no longer finds it", evidence: [evidence] };
}

/** Whether what could not be looked at is this place, or a folder above it. */
function covers(path: string, where: string): boolean {
  return path !== "" && (quotePath(path) === where || where.startsWith(`${path.replace(/\/$/, "")}/`));
}

function scanOnce(dir: string, category: Category, scans: Map<string, RepoScan>): RepoScan {
  const key = `${category}:${dir}`;
  const scan = scans.get(key) ?? scanRepo({ name: basename(dir), dir: realpathSync(dir) }, [category]);
  scans.set(key, scan);
  return scan;
}

function describedFilesExist(task: Task, dir: string): Verdict {
  if (/-scan-/.test(task.id)) return undefined;
  const wanted = new Set([...task.prompt.matchAll(DELIVERABLE)].flatMap((match) => match[1] ?? []));
  const files = [...wanted].filter((path) => /\.\w+$|^[A-Z]\w+$/.test(path) && path !== WORK_ORDERS_FILE);
  const there = files.filter((path) => isFilledFile(dir, path));
  if (there.length === 0) return undefined;
  const evidence = there.map((path) => `${path} exists (${thingAt(join(dir, path))?.size ?? 0} bytes)`);
  const isAll = there.length === files.length && !hasOtherWork(task);
  return isAll
    ? { kind: "drop", done: true, reason: "every file that it describes exists", evidence }
    : { kind: "narrow", reason: "part of what it describes exists", evidence, there };
}

function testsExist(task: Task, dir: string): Verdict {
  const text = `${task.title}. ${task.prompt}`;
  if (/-scan-/.test(task.id) || !ASKS_FOR_TESTS.test(text)) return undefined;
  const folders = namedFolders(text, dir);
  const tested = folders.flatMap((folder) => {
    const file = testFileIn(join(dir, folder));
    return file === undefined ? [] : [{ folder, file }];
  });
  if (tested.length === 0) return undefined;
  const evidence = tested.map(({ folder, file }) => `${folder} has ${file}`);
  const isAll = tested.length === folders.length && /^(?:add|write|create)\b.*\btests?\b/i.test(task.title);
  return isAll && !hasOtherWork(task)
    ? { kind: "drop", done: true, reason: "every package that it names has tests", evidence }
    : {
        kind: "narrow",
        reason: "some packages that it names have tests",
        evidence,
        there: tested.map((one) => `tests in ${one.folder}`),
      };
}

/** Acceptance points say more than a file's existence can prove. */
function hasOtherWork(task: Task): boolean {
  return /\bAcceptance:/.test(task.prompt);
}

function isFilledFile(dir: string, path: string): boolean {
  const real = insideTree(realpathSync(dir), join(dir, path));
  const stat = real === undefined ? undefined : thingAt(real);
  return stat !== undefined && stat.isFile() && stat.size > 0;
}

function namedFolders(text: string, dir: string): string[] {
  const tokens = text.split(/[\s`"'(),;:]+/).map((token) => token.replace(/[./]+$/, ""));
  const paths = tokens.filter((token) => /^[\w@-][\w.@-]*(?:\/[\w.@-]+)*$/.test(token));
  return [...new Set(paths)].filter((path) => {
    const full = join(dir, path);
    // Words of prose are no folders unless the repo has one of that name with a slash or files in it.
    return entryAt(full)?.isDirectory() === true && insideTree(realpathSync(dir), full) !== undefined;
  });
}

function testFileIn(folder: string): string | undefined {
  try {
    return readdirSync(folder)
      .sort()
      .find((name) => TEST_FILE.test(name));
  } catch {
    return undefined;
  }
}
