import { jobHandle } from "../../../domain/handle.ts";
import type { Doc } from "../../_generated/dataModel.js";
import type { JobView } from "./shapes.ts";

/** A job as clients see it, without its long texts. */
export function toJob(row: Doc<"jobs">): JobView {
  const {
    _id,
    _creationTime,
    namespace: _namespace,
    gate: _gate,
    open: _open,
    ownPriority: _ownPriority,
    activates: _activates,
    acted: _acted,
    followedBy: _followedBy,
    contentHash: _contentHash,
    context: _context,
    result: _result,
    hasSources: _hasSources,
    attemptRow: _attemptRow,
    run: _run,
    ...shown
  } = row;
  return { ...shown, id: _id, handle: jobHandle(row), createdAt: _creationTime };
}
