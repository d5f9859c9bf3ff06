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
import type * as locks from "../locks.js";
import type * as model_access from "../model/access.js";
import type * as model_acted from "../model/acted.js";
import type * as model_activate from "../model/activate.js";
import type * as model_advance from "../model/advance.js";
import type * as model_agentToken from "../model/agentToken.js";
import type * as model_assignmentGates from "../model/assignmentGates.js";
import type * as model_assignmentState from "../model/assignmentState.js";
import type * as model_assignmentViews from "../model/assignmentViews.js";
import type * as model_barred from "../model/barred.js";
import type * as model_blockProfile from "../model/blockProfile.js";
import type * as model_byHand from "../model/byHand.js";
import type * as model_byHandAttempt from "../model/byHandAttempt.js";
import type * as model_caller from "../model/caller.js";
import type * as model_cancel from "../model/cancel.js";
import type * as model_causes from "../model/causes.js";
import type * as model_causesOfReady from "../model/causesOfReady.js";
import type * as model_checkLimits from "../model/checkLimits.js";
import type * as model_checkNewJob from "../model/checkNewJob.js";
import type * as model_checks from "../model/checks.js";
import type * as model_circles from "../model/circles.js";
import type * as model_claim from "../model/claim.js";
import type * as model_claimedView from "../model/claimedView.js";
import type * as model_closeAttempt from "../model/closeAttempt.js";
import type * as model_createAssignment from "../model/createAssignment.js";
import type * as model_dependents from "../model/dependents.js";
import type * as model_due from "../model/due.js";
import type * as model_events from "../model/events.js";
import type * as model_explain from "../model/explain.js";
import type * as model_fail from "../model/fail.js";
import type * as model_fanOut from "../model/fanOut.js";
import type * as model_fence from "../model/fence.js";
import type * as model_find from "../model/find.js";
import type * as model_followUp from "../model/followUp.js";
import type * as model_gates from "../model/gates.js";
import type * as model_health from "../model/health.js";
import type * as model_healthRows from "../model/healthRows.js";
import type * as model_heartbeat from "../model/heartbeat.js";
import type * as model_insertByAgent from "../model/insertByAgent.js";
import type * as model_insertJobs from "../model/insertJobs.js";
import type * as model_insertPlan from "../model/insertPlan.js";
import type * as model_jobView from "../model/jobView.js";
import type * as model_jobViews from "../model/jobViews.js";
import type * as model_jwt from "../model/jwt.js";
import type * as model_lease from "../model/lease.js";
import type * as model_lockViews from "../model/lockViews.js";
import type * as model_locks from "../model/locks.js";
import type * as model_namespaceAccess from "../model/namespaceAccess.js";
import type * as model_namespaces from "../model/namespaces.js";
import type * as model_orders from "../model/orders.js";
import type * as model_planInsert from "../model/planInsert.js";
import type * as model_pmCall from "../model/pmCall.js";
import type * as model_pmInsert from "../model/pmInsert.js";
import type * as model_pmVerdict from "../model/pmVerdict.js";
import type * as model_priorities from "../model/priorities.js";
import type * as model_privacy from "../model/privacy.js";
import type * as model_queueViews from "../model/queueViews.js";
import type * as model_readiness from "../model/readiness.js";
import type * as model_readyWindow from "../model/readyWindow.js";
import type * as model_reaper from "../model/reaper.js";
import type * as model_refs from "../model/refs.js";
import type * as model_repair from "../model/repair.js";
import type * as model_repoAtHand from "../model/repoAtHand.js";
import type * as model_report from "../model/report.js";
import type * as model_retry from "../model/retry.js";
import type * as model_runRules from "../model/runRules.js";
import type * as model_runShapes from "../model/runShapes.js";
import type * as model_runViews from "../model/runViews.js";
import type * as model_runnerRow from "../model/runnerRow.js";
import type * as model_runners from "../model/runners.js";
import type * as model_runs from "../model/runs.js";
import type * as model_sessionLife from "../model/sessionLife.js";
import type * as model_setback from "../model/setback.js";
import type * as model_settle from "../model/settle.js";
import type * as model_shapes from "../model/shapes.js";
import type * as model_skipJobs from "../model/skipJobs.js";
import type * as model_spent from "../model/spent.js";
import type * as model_splice from "../model/splice.js";
import type * as model_steps from "../model/steps.js";
import type * as model_stuck from "../model/stuck.js";
import type * as model_takeover from "../model/takeover.js";
import type * as model_task from "../model/task.js";
import type * as model_tokens from "../model/tokens.js";
import type * as model_totals from "../model/totals.js";
import type * as model_turn from "../model/turn.js";
import type * as model_tx from "../model/tx.js";
import type * as model_updateAssignment from "../model/updateAssignment.js";
import type * as model_usableProfile from "../model/usableProfile.js";
import type * as model_wakeUp from "../model/wakeUp.js";
import type * as model_workShapes from "../model/workShapes.js";
import type * as model_writeJob from "../model/writeJob.js";
import type * as model_writePlan from "../model/writePlan.js";
import type * as namespaces from "../namespaces.js";
import type * as repair from "../repair.js";
import type * as runners from "../runners.js";
import type * as runs from "../runs.js";
import type * as scheduler from "../scheduler.js";
import type * as sessions from "../sessions.js";
import type * as tables_fleet from "../tables/fleet.js";
import type * as tables_values from "../tables/values.js";
import type * as tables_work from "../tables/work.js";
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
  locks: typeof locks;
  "model/access": typeof model_access;
  "model/acted": typeof model_acted;
  "model/activate": typeof model_activate;
  "model/advance": typeof model_advance;
  "model/agentToken": typeof model_agentToken;
  "model/assignmentGates": typeof model_assignmentGates;
  "model/assignmentState": typeof model_assignmentState;
  "model/assignmentViews": typeof model_assignmentViews;
  "model/barred": typeof model_barred;
  "model/blockProfile": typeof model_blockProfile;
  "model/byHand": typeof model_byHand;
  "model/byHandAttempt": typeof model_byHandAttempt;
  "model/caller": typeof model_caller;
  "model/cancel": typeof model_cancel;
  "model/causes": typeof model_causes;
  "model/causesOfReady": typeof model_causesOfReady;
  "model/checkLimits": typeof model_checkLimits;
  "model/checkNewJob": typeof model_checkNewJob;
  "model/checks": typeof model_checks;
  "model/circles": typeof model_circles;
  "model/claim": typeof model_claim;
  "model/claimedView": typeof model_claimedView;
  "model/closeAttempt": typeof model_closeAttempt;
  "model/createAssignment": typeof model_createAssignment;
  "model/dependents": typeof model_dependents;
  "model/due": typeof model_due;
  "model/events": typeof model_events;
  "model/explain": typeof model_explain;
  "model/fail": typeof model_fail;
  "model/fanOut": typeof model_fanOut;
  "model/fence": typeof model_fence;
  "model/find": typeof model_find;
  "model/followUp": typeof model_followUp;
  "model/gates": typeof model_gates;
  "model/health": typeof model_health;
  "model/healthRows": typeof model_healthRows;
  "model/heartbeat": typeof model_heartbeat;
  "model/insertByAgent": typeof model_insertByAgent;
  "model/insertJobs": typeof model_insertJobs;
  "model/insertPlan": typeof model_insertPlan;
  "model/jobView": typeof model_jobView;
  "model/jobViews": typeof model_jobViews;
  "model/jwt": typeof model_jwt;
  "model/lease": typeof model_lease;
  "model/lockViews": typeof model_lockViews;
  "model/locks": typeof model_locks;
  "model/namespaceAccess": typeof model_namespaceAccess;
  "model/namespaces": typeof model_namespaces;
  "model/orders": typeof model_orders;
  "model/planInsert": typeof model_planInsert;
  "model/pmCall": typeof model_pmCall;
  "model/pmInsert": typeof model_pmInsert;
  "model/pmVerdict": typeof model_pmVerdict;
  "model/priorities": typeof model_priorities;
  "model/privacy": typeof model_privacy;
  "model/queueViews": typeof model_queueViews;
  "model/readiness": typeof model_readiness;
  "model/readyWindow": typeof model_readyWindow;
  "model/reaper": typeof model_reaper;
  "model/refs": typeof model_refs;
  "model/repair": typeof model_repair;
  "model/repoAtHand": typeof model_repoAtHand;
  "model/report": typeof model_report;
  "model/retry": typeof model_retry;
  "model/runRules": typeof model_runRules;
  "model/runShapes": typeof model_runShapes;
  "model/runViews": typeof model_runViews;
  "model/runnerRow": typeof model_runnerRow;
  "model/runners": typeof model_runners;
  "model/runs": typeof model_runs;
  "model/sessionLife": typeof model_sessionLife;
  "model/setback": typeof model_setback;
  "model/settle": typeof model_settle;
  "model/shapes": typeof model_shapes;
  "model/skipJobs": typeof model_skipJobs;
  "model/spent": typeof model_spent;
  "model/splice": typeof model_splice;
  "model/steps": typeof model_steps;
  "model/stuck": typeof model_stuck;
  "model/takeover": typeof model_takeover;
  "model/task": typeof model_task;
  "model/tokens": typeof model_tokens;
  "model/totals": typeof model_totals;
  "model/turn": typeof model_turn;
  "model/tx": typeof model_tx;
  "model/updateAssignment": typeof model_updateAssignment;
  "model/usableProfile": typeof model_usableProfile;
  "model/wakeUp": typeof model_wakeUp;
  "model/workShapes": typeof model_workShapes;
  "model/writeJob": typeof model_writeJob;
  "model/writePlan": typeof model_writePlan;
  namespaces: typeof namespaces;
  repair: typeof repair;
  runners: typeof runners;
  runs: typeof runs;
  scheduler: typeof scheduler;
  sessions: typeof sessions;
  "tables/fleet": typeof tables_fleet;
  "tables/values": typeof tables_values;
  "tables/work": typeof tables_work;
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
