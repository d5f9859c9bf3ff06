import { hash53 } from "./hash.ts";

/** What makes two jobs the same work: SPEC.md §6. */
export interface JobContent {
  type: string;
  context: string;
  repo?: string | undefined;
  cascade: readonly string[];
}

/** Hash of a job's content: equal for equal content, so that a PM cannot insert the same work twice in a row. */
export function contentHash({ type, context, repo, cascade }: JobContent): string {
  const text = JSON.stringify([type, context, repo ?? null, cascade]);
  // Two seeds and the length: a chance match would refuse honest work.
  return `${hash53(text).toString(36)}-${hash53(text, 1).toString(36)}-${text.length.toString(36)}`;
}
