import { v } from "convex/values";
import { globalMutation, globalQuery, scopedMutation } from "./model/access/access.ts";
import {
  ensureNamespace,
  getNamespace,
  listNamespaces,
  setPaused as pause,
} from "./model/access/namespaces.ts";
import { vNamespace } from "./model/shared/shapes.ts";
import { vLimits, vRetention } from "./schema.ts";

/** Creates a namespace or updates what the arguments name; idempotent. */
export const ensure = globalMutation("admin")({
  args: {
    namespace: v.string(),
    repo: v.optional(v.string()),
    profiles: v.optional(v.array(v.string())),
    harnessDefaults: v.optional(v.record(v.string(), v.string())),
    cascade: v.optional(v.array(v.string())),
    limits: v.optional(vLimits),
    retention: v.optional(vRetention),
    /** Slugs of the repos that no data-collecting profile may see; replaces the earlier list. */
    privateRepos: v.optional(v.array(v.string())),
  },
  returns: vNamespace,
  handler: ensureNamespace,
});

/** One namespace, or null when it is unknown (or not the caller's). */
export const get = globalQuery(
  "admin",
  "runner",
  "agent",
  "viewer",
)({
  args: { namespace: v.string() },
  returns: v.union(vNamespace, v.null()),
  handler: getNamespace,
});

/** The namespaces that the caller may see. */
export const list = globalQuery(
  "admin",
  "runner",
  "viewer",
)({
  args: {},
  returns: v.array(vNamespace),
  handler: listNamespaces,
});

/** Stops or resumes claiming; running jobs go on. */
export const setPaused = scopedMutation("admin")({
  args: { paused: v.boolean() },
  returns: v.null(),
  handler: pause,
});
