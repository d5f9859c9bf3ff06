import { api } from "../../convex/_generated/api.js";
import type { JobState } from "../../domain/jobState.ts";
import type { Backend } from "./client.ts";

/** The states in which a job can be stuck through a fault of ours. */
const OPEN_STATES = ["running", "awaiting_retry", "pending"] as const satisfies readonly JobState[];

export interface Repair {
  looked: number;
  found: { handle: string; text: string }[];
}

type Place = { assignmentNumber: number; number: number };
type Page = Repair & { next: Place | null };
/** Before every job. */
const FIRST: Place = { assignmentNumber: -1, number: -1 };

/** Looks through all open jobs of a namespace, and mends what does not fit together when `fix` is set. */
export async function repairJobs(backend: Backend, namespace: string, fix: boolean): Promise<Repair> {
  const total: Repair = { looked: 0, found: [] };
  for (const status of OPEN_STATES) {
    for (let after: Place | null = FIRST; after !== null;) {
      const page: Page = await backend.mutation(api.repair.jobs, { namespace, status, fix, after });
      total.looked += page.looked;
      total.found.push(...page.found);
      after = page.next;
    }
  }
  return total;
}
