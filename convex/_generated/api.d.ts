/* eslint-disable */
/**
 * Generated `api` utility.
 *
 * THIS CODE IS AUTOMATICALLY GENERATED.
 *
 * To regenerate, run `npx convex dev`.
 * @module
 */

import type {
  ApiFromModules,
  FilterApi,
  FunctionReference,
} from "convex/server";
import type * as assignments from "../assignments.js";
import type * as crons from "../crons.js";
import type * as events from "../events.js";
import type * as fanOut from "../fanOut.js";
import type * as health from "../health.js";
import type * as jobs from "../jobs.js";
import type * as model_access from "../model/access.js";
import type * as model_advance from "../model/advance.js";
import type * as model_agentToken from "../model/agentToken.js";
import type * as model_assignmentViews from "../model/assignmentViews.js";
import type * as model_byHand from "../model/byHand.js";
import type * as model_caller from "../model/caller.js";
import type * as model_cancel from "../model/cancel.js";
import type * as model_claim from "../model/claim.js";
import type * as model_createAssignment from "../model/createAssignment.js";
import type * as model_events from "../model/events.js";
import type * as model_explain from "../model/explain.js";
import type * as model_fail from "../model/fail.js";
import type * as model_fanOut from "../model/fanOut.js";
import type * as model_health from "../model/health.js";
import type * as model_heartbeat from "../model/heartbeat.js";
import type * as model_insertJobs from "../model/insertJobs.js";
import type * as model_jobViews from "../model/jobViews.js";
import type * as model_namespaces from "../model/namespaces.js";
import type * as model_notYet from "../model/notYet.js";
import type * as model_orders from "../model/orders.js";
import type * as model_queueViews from "../model/queueViews.js";
import type * as model_readyWindow from "../model/readyWindow.js";
import type * as model_reaper from "../model/reaper.js";
import type * as model_report from "../model/report.js";
import type * as model_retry from "../model/retry.js";
import type * as model_runners from "../model/runners.js";
import type * as model_sessionLife from "../model/sessionLife.js";
import type * as model_shapes from "../model/shapes.js";
import type * as model_task from "../model/task.js";
import type * as model_tokens from "../model/tokens.js";
import type * as model_tx from "../model/tx.js";
import type * as model_updateAssignment from "../model/updateAssignment.js";
import type * as model_wakeUp from "../model/wakeUp.js";
import type * as namespaces from "../namespaces.js";
import type * as runners from "../runners.js";
import type * as scheduler from "../scheduler.js";
import type * as sessions from "../sessions.js";
import type * as tokens from "../tokens.js";
import type * as work from "../work.js";

/**
 * A utility for referencing Convex functions in your app's API.
 *
 * Usage:
 * ```js
 * const myFunctionReference = api.myModule.myFunction;
 * ```
 */
declare const fullApi: ApiFromModules<{
  assignments: typeof assignments;
  crons: typeof crons;
  events: typeof events;
  fanOut: typeof fanOut;
  health: typeof health;
  jobs: typeof jobs;
  "model/access": typeof model_access;
  "model/advance": typeof model_advance;
  "model/agentToken": typeof model_agentToken;
  "model/assignmentViews": typeof model_assignmentViews;
  "model/byHand": typeof model_byHand;
  "model/caller": typeof model_caller;
  "model/cancel": typeof model_cancel;
  "model/claim": typeof model_claim;
  "model/createAssignment": typeof model_createAssignment;
  "model/events": typeof model_events;
  "model/explain": typeof model_explain;
  "model/fail": typeof model_fail;
  "model/fanOut": typeof model_fanOut;
  "model/health": typeof model_health;
  "model/heartbeat": typeof model_heartbeat;
  "model/insertJobs": typeof model_insertJobs;
  "model/jobViews": typeof model_jobViews;
  "model/namespaces": typeof model_namespaces;
  "model/notYet": typeof model_notYet;
  "model/orders": typeof model_orders;
  "model/queueViews": typeof model_queueViews;
  "model/readyWindow": typeof model_readyWindow;
  "model/reaper": typeof model_reaper;
  "model/report": typeof model_report;
  "model/retry": typeof model_retry;
  "model/runners": typeof model_runners;
  "model/sessionLife": typeof model_sessionLife;
  "model/shapes": typeof model_shapes;
  "model/task": typeof model_task;
  "model/tokens": typeof model_tokens;
  "model/tx": typeof model_tx;
  "model/updateAssignment": typeof model_updateAssignment;
  "model/wakeUp": typeof model_wakeUp;
  namespaces: typeof namespaces;
  runners: typeof runners;
  scheduler: typeof scheduler;
  sessions: typeof sessions;
  tokens: typeof tokens;
  work: typeof work;
}>;
export declare const api: FilterApi<
  typeof fullApi,
  FunctionReference<any, "public">
>;
export declare const internal: FilterApi<
  typeof fullApi,
  FunctionReference<any, "internal">
>;
