import { v } from "convex/values";
import { scopedMutation, scopedQuery } from "./model/access/access.ts";
import { createAssignment } from "./model/assignments/createAssignment.ts";
import { assignmentsByKeys, getAssignment, listAssignments } from "./model/assignments/assignmentViews.ts";
import {
  vAssignment,
  vAssignmentStatus,
  vBlockOwner,
  vJob,
  vPolicy,
  vTotals,
} from "./model/shared/shapes.ts";
import { updateAssignment } from "./model/assignments/updateAssignment.ts";
import { vLimits } from "./schema.ts";

/** Writes down an intent. The same `key` again gives the first assignment. */
export const create = scopedMutation("admin")({
  args: {
    northStar: v.string(),
    kind: v.optional(v.string()),
    sourceRef: v.optional(v.string()),
    policy: v.optional(vPolicy),
    priority: v.optional(v.number()),
    independent: v.optional(v.boolean()),
    limits: v.optional(vLimits),
    key: v.optional(v.string()),
  },
  returns: v.object({ id: v.string(), number: v.number(), created: v.boolean() }),
  handler: createAssignment,
});

/** Newest first. */
export const list = scopedQuery(
  "admin",
  "runner",
  "viewer",
)({
  args: { status: v.optional(vAssignmentStatus), limit: v.optional(v.number()) },
  returns: v.array(vAssignment),
  handler: listAssignments,
});

/** The assignments that were created under these keys: at most 200 a call. */
export const byKeys = scopedQuery(
  "admin",
  "runner",
  "viewer",
)({
  args: { keys: v.array(v.string()) },
  returns: v.array(vAssignment),
  handler: assignmentsByKeys,
});

/** One assignment with its last 200 jobs, oldest first, and what it cost. */
export const get = scopedQuery(
  "admin",
  "runner",
  "agent",
  "viewer",
)({
  args: { assignment: v.string() },
  returns: v.object({ assignment: vAssignment, jobs: v.array(vJob), totals: vTotals }),
  handler: getAssignment,
});

/** Changes state, texts or priority; an agent may complete or block its own assignment and write its texts. */
export const update = scopedMutation(
  "admin",
  "agent",
)({
  args: {
    assignment: v.string(),
    status: v.optional(vAssignmentStatus),
    reason: v.optional(v.string()),
    owner: v.optional(vBlockOwner),
    artifacts: v.optional(v.string()),
    decisions: v.optional(v.string()),
    priority: v.optional(v.number()),
    limits: v.optional(vLimits),
  },
  returns: vAssignment,
  handler: updateAssignment,
});
