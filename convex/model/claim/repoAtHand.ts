import type { Doc } from "../../_generated/dataModel.js";

/**
 * True when the machine of a session has the repo of a job. Without this check a runner that lacks the checkout
 * would claim the job and fail it for good, although another machine could do it.
 */
export function hasRepo(
  { repos }: Doc<"sessions">,
  namespace: Doc<"namespaces">,
  { repo }: Doc<"jobs">,
): boolean {
  return repo === undefined || repos === undefined || repos[namespace.name]?.includes(repo) === true;
}
