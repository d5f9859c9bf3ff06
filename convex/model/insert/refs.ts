import type { Doc } from "../../_generated/dataModel.js";
import { fail } from "../shared/fail.ts";
import { seekAssignment, seekJob } from "../shared/find.ts";
import type { NewJob } from "../shared/shapes.ts";
import type { ScopedReading } from "../shared/tx.ts";

/** What a new job waits for. */
export type Source =
  /** Another new job of the same call, by its index. */
  | { kind: "new"; index: number }
  | { kind: "job"; job: Doc<"jobs"> }
  | { kind: "assignment"; assignment: Doc<"assignments"> };

/** Finds sources, each only once however many jobs name it. */
export interface RefReader {
  read(ref: string, what: string): Promise<Source>;
}

/**
 * Reads the references of one call: a key of the call, then an id or a handle, then a key of the assignment.
 * @param existing for each job of the call the one that its key already names
 */
export function refReader(
  ctx: ScopedReading,
  assignment: Doc<"assignments">,
  { jobs, existing }: { jobs: readonly NewJob[]; existing: readonly (Doc<"jobs"> | null)[] },
): RefReader {
  const seen = new Map<string, Source>();
  for (const [index, { key }] of jobs.entries()) {
    const job = existing[index] ?? null;
    if (key !== undefined) seen.set(key, job === null ? { kind: "new", index } : { kind: "job", job });
  }
  return {
    async read(ref, what) {
      const source = seen.get(ref) ?? (await seek(ctx, assignment, ref));
      if (source === null) {
        return fail(
          "NOT_FOUND",
          `${what}: after ${JSON.stringify(ref)} is unknown in namespace ${JSON.stringify(ctx.namespace.name)}: expected an id, a handle like 12.3 or 12, or the key of a job of this call or assignment`,
        );
      }
      seen.set(ref, source);
      return source;
    },
  };
}

async function seek(ctx: ScopedReading, own: Doc<"assignments">, ref: string): Promise<Source | null> {
  const job = (await seekJob(ctx, ref)) ?? (await jobByKey(ctx, own, ref));
  if (job !== null) return { kind: "job", job };
  const assignment = await seekAssignment(ctx, ref);
  return assignment === null ? null : { kind: "assignment", assignment };
}

/** The job of an assignment that was inserted under this key. */
export function jobByKey(
  ctx: ScopedReading,
  assignment: Doc<"assignments">,
  key: string,
): Promise<Doc<"jobs"> | null> {
  return ctx.db
    .query("jobs")
    .withIndex("by_key", (q) =>
      q.eq("namespace", assignment.namespace).eq("key", key).eq("assignment", assignment._id),
    )
    .first();
}
