/** Circles that an insert would close through jobs and assignments that exist already. */
import { isTerminalAssignment } from "../../../domain/assignmentState.ts";
import { jobHandle } from "../../../domain/handle.ts";
import type { Doc, Id } from "../../_generated/dataModel.js";
import { fail } from "../shared/fail.ts";
import { present } from "../shared/find.ts";
import type { PlannedJob, Splice } from "./planTypes.ts";
import type { Reading } from "../shared/tx.ts";

/** Nodes that one search looks at: each costs an index range, of which a transaction has 4,096. */
const MAX_NODES = 1000;
/** Open jobs of an assignment, or edges of a job, that a search follows. */
const MAX_WIDTH = 1000;

interface Node {
  id: Id<"jobs"> | Id<"assignments">;
  kind: "job" | "assignment";
  handle: string;
  /** What has ended waits for nothing. */
  open: boolean;
  from?: Node;
}

/**
 * Fails with CYCLE and the path when something that a new job waits for waits itself for the new job: for its
 * assignment, or for a successor that a splice puts behind it.
 */
export async function refuseCircles(
  ctx: Reading,
  assignment: Doc<"assignments">,
  { jobs, splices }: { jobs: readonly PlannedJob[]; splices: readonly Splice[] },
): Promise<void> {
  const starts = startNodes(jobs);
  const foreign = starts.some(({ job }) => job?.assignment !== assignment._id);
  // A successor of the only source waits for it already, so it cannot be among its ancestors.
  if (!foreign && (splices.length === 0 || starts.length < 2)) return;
  const goals = new Set<Node["id"]>([assignment._id, ...splices.map(({ successor }) => successor._id)]);
  const hit = await search(ctx, starts, goals);
  if (hit === null) return;
  const path: string[] = [];
  for (let node: Node | undefined = hit; node !== undefined; node = node.from) path.push(node.handle);
  fail(
    "CYCLE",
    `the new job would wait for itself: ${path.join(" → ")} → the new job → ${hit.handle}: leave out one of these dependencies`,
  );
}

type Start = Node & { job?: Doc<"jobs"> };

function startNodes(jobs: readonly PlannedJob[]): Start[] {
  const starts = new Map<string, Start>();
  for (const source of jobs.flatMap(({ sources }) => sources)) {
    if (source.kind === "job") starts.set(source.job._id, { ...jobNode(source.job), job: source.job });
    if (source.kind === "assignment") starts.set(source.assignment._id, assignmentNode(source.assignment));
  }
  return [...starts.values()];
}

async function search(
  ctx: Reading,
  starts: readonly Node[],
  goals: ReadonlySet<Node["id"]>,
): Promise<Node | null> {
  const seen = new Set<Node["id"]>(starts.map(({ id }) => id));
  const unvisited: Node[] = [...starts];
  for (let node = unvisited.pop(); node !== undefined; node = unvisited.pop()) {
    if (goals.has(node.id)) return node;
    for (const before of await waitsFor(ctx, node)) {
      if (seen.has(before.id)) continue;
      seen.add(before.id);
      unvisited.push({ ...before, from: node });
    }
    if (seen.size > MAX_NODES) {
      fail(
        "LIMIT",
        `the new job depends on more than ${MAX_NODES} jobs that are still open, too many to look for a circle: name fewer`,
      );
    }
  }
  return null;
}

/** What a node waits for: a job for the sources of its open edges, an assignment for its open jobs. */
async function waitsFor(ctx: Reading, node: Node): Promise<Node[]> {
  if (!node.open) return [];
  if (node.kind === "assignment") {
    const open = await ctx.db
      .query("jobs")
      .withIndex("by_open", (q) => q.eq("assignment", node.id as Id<"assignments">).eq("open", true))
      .take(MAX_WIDTH);
    return open.map(jobNode);
  }
  const edges = await ctx.db
    .query("edges")
    .withIndex("by_target", (q) => q.eq("to", node.id as Id<"jobs">).eq("satisfied", false))
    .take(MAX_WIDTH);
  return Promise.all(
    edges.map(async ({ fromJob, fromAssignment }) =>
      fromJob !== undefined
        ? jobNode(present(await ctx.db.get("jobs", fromJob), "the source of an edge"))
        : assignmentNode(
            present(
              fromAssignment === undefined ? null : await ctx.db.get("assignments", fromAssignment),
              "the source of an edge",
            ),
          ),
    ),
  );
}

function jobNode(job: Doc<"jobs">): Node {
  return { id: job._id, kind: "job", handle: jobHandle(job), open: job.open };
}

function assignmentNode({ _id, number, status }: Doc<"assignments">): Node {
  return { id: _id, kind: "assignment", handle: String(number), open: !isTerminalAssignment(status) };
}
