/** The shapes that the functions return, named once for everything that shows them. */
import type { FunctionReturnType } from "convex/server";
import type { api } from "../../convex/_generated/api.js";

export type QueueStatus = FunctionReturnType<typeof api.scheduler.queueStatus>;
export type WatchedQueue = FunctionReturnType<typeof api.scheduler.watchQueue>;
export type AssignmentDetail = FunctionReturnType<typeof api.assignments.get>;
export type Assignment = AssignmentDetail["assignment"];
export type Job = AssignmentDetail["jobs"][number];
export type JobDetail = FunctionReturnType<typeof api.jobs.get>;
export type Attempt = JobDetail["attempts"][number];
export type EdgeEnd = JobDetail["edges"]["waitsFor"][number];
export type Explanation = FunctionReturnType<typeof api.jobs.explain>;
export type Cause = Explanation["causes"][number];
export type Runner = FunctionReturnType<typeof api.runners.list>[number];
export type JobEvent = FunctionReturnType<typeof api.events.list>[number];
export type TokenRow = FunctionReturnType<typeof api.tokens.list>[number];
