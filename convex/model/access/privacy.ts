/** Which code may be sent to whom: one record decides in the claim and, handed out with it, in the runner. */
import type { Doc } from "../../_generated/dataModel.js";
import type { Reading, Tx } from "../shared/tx.ts";

/** True when the job works on a repo that is marked private. */
export async function isPrivate({ db }: Reading, job: Doc<"jobs">): Promise<boolean> {
  const { namespace, repo } = job;
  if (repo === undefined) return false;
  const row = await db
    .query("repos")
    .withIndex("by_slug", (q) => q.eq("namespace", namespace).eq("slug", repo))
    .first();
  return row?.private ?? false;
}

/** Marks exactly these repos of a namespace as private. */
export async function setPrivate(
  tx: Tx,
  namespace: Doc<"namespaces">["_id"],
  slugs: readonly string[],
): Promise<void> {
  const rows = await tx.db
    .query("repos")
    .withIndex("by_slug", (q) => q.eq("namespace", namespace))
    .take(MAX_REPOS);
  const wanted = new Set(slugs);
  for (const { _id, slug, private: before } of rows) {
    const now = wanted.delete(slug);
    if (now !== before) await tx.db.patch("repos", _id, { private: now });
  }
  for (const slug of wanted) await tx.db.insert("repos", { namespace, slug, private: true });
}

/** Repos of one namespace that are looked through. */
const MAX_REPOS = 1000;
