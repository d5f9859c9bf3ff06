import { v } from "convex/values";
import { scopedMutation, scopedQuery } from "./model/access/access.ts";
import { drainRunner, listRunners } from "./model/sessions/runners.ts";
import { vRunner } from "./model/shared/shapes.ts";

/** The runners that serve the namespace, with their live session. */
export const list = scopedQuery(
  "admin",
  "runner",
  "viewer",
)({
  args: {},
  returns: v.array(vRunner),
  handler: listRunners,
});

/** Tells a runner (by id or name) to claim nothing more and to stop when it is done. */
export const drain = scopedMutation("admin")({
  args: { runner: v.string() },
  returns: v.null(),
  handler: drainRunner,
});
