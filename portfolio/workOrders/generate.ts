import { readdirSync, realpathSync } from "node:fs";
import { join } from "node:path";
import {
  BUILT_IN_RUNNERS,
  describeProblem,
  normalizeRunner,
  readTaskFiles,
  type Profiles,
} from "../../domain/taskFile.ts";
import { entryAt } from "../files/look.ts";
import { insideTree } from "../files/paths.ts";
import { readBounded } from "../files/readBounded.ts";
import { ownersOf } from "../git/remote.ts";
import { PortfolioError } from "../problem.ts";
import { unknownOwner } from "../scan/formats/tasks.ts";
import { openOrders, parseWorkOrders, WORK_ORDERS_FILE, type WorkOrder } from "./parse.ts";

export type GenerateRequest = {
  reposDir: string;
  only?: string;
  owner?: string;
  runner: string;
  profiles: Profiles;
  defaultFallbacks: readonly string[];
  /** YYYY-MM-DD. */
  today: string;
  /** Nothing will be written: a repo of unknown owner is told as skipped, so that the others are seen as well. */
  check: boolean;
};

/** Something that `generate` leaves out, and why. `id` and `line` where it is about one work order. */
export type Skipped = { repo: string; id?: string; line?: number; reason: string };
export type GeneratedTask = {
  id: string;
  repo: string;
  priority: number;
  title: string;
  prompt: string;
  depends_on?: string[];
  runner?: string;
};
export type Generated = { file: object; tasks: GeneratedTask[]; skipped: Skipped[]; guessedOwners: string[] };

type Source = { name: string; dir: string; orders: WorkOrder[] };

/**
 * Turns the open work orders of all repos of a folder into one task file. Throws a usage error when the owner of a repo is
 * known from nowhere (but not with `check`), when `only` is no folder, or when the orders depend on each other in a circle.
 */
export function generateTasks(request: GenerateRequest): Generated {
  const skipped: Skipped[] = [];
  const sources = findSources(request, skipped);
  const open = sources.filter((source) => source.orders.some((order) => order.status !== "done"));
  const owners = ownersOf(
    open.map((source) => source.dir),
    request.owner,
  );
  if (owners.unknown.length > 0 && !request.check)
    throw new PortfolioError("usage", unknownOwner(owners.unknown));
  const named = open.filter((source) => owners.owners.has(source.dir));
  for (const { name } of open.filter((source) => !named.includes(source)))
    skipped.push({ repo: name, reason: "its owner is unknown: no origin remote; give --owner NAME" });
  const tasks = named.flatMap((source) =>
    tasksOf(source, { slug: `${owners.owners.get(source.dir) ?? ""}/${source.name}`, request, skipped }),
  );
  const { runner, profiles, defaultFallbacks, today } = request;
  const file = {
    description: `Work orders of ${named.length} repos`,
    generated: today,
    default_runner: runner,
    default_fallbacks: defaultFallbacks,
    runners: profiles,
    tasks,
  };
  if (tasks.length > 0) assertValid(file);
  return { file, tasks, skipped, guessedOwners: owners.guessed };
}

/** The part of a task id that stands for a work order: `WO-07` is `WO07`, `WO-A.2` stays `WO-A.2`. */
export function taskSuffix(workOrderId: string): string {
  const rest = workOrderId.slice("WO-".length);
  return /^\d+$/.test(rest) ? `WO${rest}` : `WO-${rest}`;
}

function findSources(request: GenerateRequest, skipped: Skipped[]): Source[] {
  const sources: Source[] = [];
  const names = subfolders(request.reposDir);
  if (request.only !== undefined && !names.includes(request.only))
    throw new PortfolioError(
      "usage",
      `no repo ${JSON.stringify(request.only)} in ${request.reposDir}: --filter-repo takes a folder name`,
    );
  for (const name of names) {
    if (name.startsWith(".") || (request.only !== undefined && name !== request.only)) continue;
    const dir = join(request.reposDir, name);
    const text = readWorkOrders(name, dir, skipped);
    if (text === undefined) continue;
    const { orders, nearMisses } = parseWorkOrders(text);
    skipped.push(...nearMisses.map(({ line, reason }) => ({ repo: name, line, reason })));
    if (orders.length === 0) skipped.push({ repo: name, reason: `no work order in ${WORK_ORDERS_FILE}` });
    sources.push({ name, dir, orders });
  }
  return sources;
}

function subfolders(reposDir: string): string[] {
  try {
    const entries = readdirSync(reposDir, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "unknown error";
    throw new PortfolioError(
      "usage",
      `repos folder ${reposDir} cannot be read (${code}): expected a folder of repos`,
    );
  }
}

function readWorkOrders(repo: string, dir: string, skipped: Skipped[]): string | undefined {
  const path = join(dir, WORK_ORDERS_FILE);
  if (!entryAt(path)) {
    skipped.push({ repo, reason: `no ${WORK_ORDERS_FILE}` });
    return undefined;
  }
  const real = insideTree(realpathSync(dir), path);
  const read = real === undefined ? undefined : readBounded(real);
  if (read?.kind === "text") return read.text;
  skipped.push({ repo, reason: `${WORK_ORDERS_FILE} is no readable file of at most 1 MiB inside the repo` });
  return undefined;
}

type Context = { slug: string; request: GenerateRequest; skipped: Skipped[] };

function tasksOf(source: Source, context: Context): GeneratedTask[] {
  const { skipped } = context;
  const openIds = new Map(openOrders(source.orders).map((order) => [order.id, order]));
  for (const order of source.orders) {
    const at = { repo: source.name, id: order.id, line: order.line };
    const first = openIds.get(order.id);
    if (order.status === "done") skipped.push({ ...at, reason: `done by its ${order.statusSource}` });
    else if (first && first !== order) {
      skipped.push({ ...at, reason: `second order with this id (first in line ${first.line})` });
    }
  }
  return [...openIds.values()].map((order) => toTask(order, { ...context, source, openIds }));
}

function toTask(
  order: WorkOrder,
  context: Context & { source: Source; openIds: Map<string, WorkOrder> },
): GeneratedTask {
  const { source, openIds, slug } = context;
  const known = order.dependsOn.filter((id) => openIds.has(id));
  for (const id of order.dependsOn.filter((other) => !openIds.has(other))) {
    const isDone = source.orders.some((other) => other.id === id);
    const reason = `dependency ${id} left out: ${isDone ? "it is done" : "no such work order"}`;
    context.skipped.push({ repo: source.name, id: order.id, line: order.line, reason });
  }
  const runner = runnerOf(order, context);
  return {
    id: `${source.name}-${taskSuffix(order.id)}`,
    repo: slug,
    priority: order.priority,
    title: order.title === "" ? order.id : order.title,
    prompt: promptOf(order),
    ...(known.length > 0 ? { depends_on: known.map((id) => `${source.name}-${taskSuffix(id)}`) } : {}),
    ...(runner === undefined ? {} : { runner }),
  };
}

/** The runner that the order names, unless it is the default one: a task without a runner can be striped over all. */
function runnerOf(order: WorkOrder, context: Context & { source: Source }): string | undefined {
  const { request, skipped, source } = context;
  if (order.runner === undefined || order.runner === normalizeRunner(request.runner)) return undefined;
  const known = [...BUILT_IN_RUNNERS, ...Object.keys(request.profiles).map(normalizeRunner)];
  if (known.includes(order.runner)) return order.runner;
  const reason = `runner ${order.runner} is unknown: the default is used`;
  skipped.push({ repo: source.name, id: order.id, line: order.line, reason });
  return undefined;
}

function promptOf(order: WorkOrder): string {
  const summary = order.summary === "" ? `${order.title === "" ? order.id : order.title}. ` : order.summary;
  const acceptance = order.acceptance.length === 0 ? "" : ` Acceptance: ${order.acceptance.join("; ")}.`;
  return `${summary.trim()}${acceptance} See ${WORK_ORDERS_FILE}, ${order.id}, for the whole order.`;
}

function assertValid(file: object): void {
  const read = readTaskFiles([{ name: WORK_ORDERS_FILE, text: JSON.stringify(file) }]);
  if (read.ok) return;
  throw new PortfolioError("usage", read.problems.map(describeProblem).join("\n"));
}
