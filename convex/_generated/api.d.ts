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
import type * as model_access_access from "../model/access/access.js";
import type * as model_access_agentToken from "../model/access/agentToken.js";
import type * as model_access_barred from "../model/access/barred.js";
import type * as model_access_caller from "../model/access/caller.js";
import type * as model_access_jwt from "../model/access/jwt.js";
import type * as model_access_namespaceAccess from "../model/access/namespaceAccess.js";
import type * as model_access_namespaces from "../model/access/namespaces.js";
import type * as model_access_privacy from "../model/access/privacy.js";
import type * as model_access_tokens from "../model/access/tokens.js";
import type * as model_assignments_acted from "../model/assignments/acted.js";
import type * as model_assignments_activate from "../model/assignments/activate.js";
import type * as model_assignments_assignmentState from "../model/assignments/assignmentState.js";
import type * as model_assignments_assignmentViews from "../model/assignments/assignmentViews.js";
import type * as model_assignments_checkLimits from "../model/assignments/checkLimits.js";
import type * as model_assignments_createAssignment from "../model/assignments/createAssignment.js";
import type * as model_assignments_openGates from "../model/assignments/openGates.js";
import type * as model_assignments_spent from "../model/assignments/spent.js";
import type * as model_assignments_totals from "../model/assignments/totals.js";
import type * as model_assignments_updateAssignment from "../model/assignments/updateAssignment.js";
import type * as model_attempts_advance from "../model/attempts/advance.js";
import type * as model_attempts_closeAttempt from "../model/attempts/closeAttempt.js";
import type * as model_attempts_fence from "../model/attempts/fence.js";
import type * as model_attempts_report from "../model/attempts/report.js";
import type * as model_attempts_setback from "../model/attempts/setback.js";
import type * as model_attempts_settle from "../model/attempts/settle.js";
import type * as model_claim_claim from "../model/claim/claim.js";
import type * as model_claim_claimedView from "../model/claim/claimedView.js";
import type * as model_claim_readyWindow from "../model/claim/readyWindow.js";
import type * as model_claim_repoAtHand from "../model/claim/repoAtHand.js";
import type * as model_claim_usableProfile from "../model/claim/usableProfile.js";
import type * as model_fanOut_drain from "../model/fanOut/drain.js";
import type * as model_fanOut_steps from "../model/fanOut/steps.js";
import type * as model_health_blockProfile from "../model/health/blockProfile.js";
import type * as model_health_health from "../model/health/health.js";
import type * as model_health_healthRows from "../model/health/healthRows.js";
import type * as model_insert_checkNewJob from "../model/insert/checkNewJob.js";
import type * as model_insert_circles from "../model/insert/circles.js";
import type * as model_insert_insertByAgent from "../model/insert/insertByAgent.js";
import type * as model_insert_insertJobs from "../model/insert/insertJobs.js";
import type * as model_insert_planInsert from "../model/insert/planInsert.js";
import type * as model_insert_planTypes from "../model/insert/planTypes.js";
import type * as model_insert_refs from "../model/insert/refs.js";
import type * as model_insert_splice from "../model/insert/splice.js";
import type * as model_insert_writeJob from "../model/insert/writeJob.js";
import type * as model_insert_writePlan from "../model/insert/writePlan.js";
import type * as model_jobs_byHand from "../model/jobs/byHand.js";
import type * as model_jobs_byHandAttempt from "../model/jobs/byHandAttempt.js";
import type * as model_jobs_cancel from "../model/jobs/cancel.js";
import type * as model_jobs_causes from "../model/jobs/causes.js";
import type * as model_jobs_causesOfReady from "../model/jobs/causesOfReady.js";
import type * as model_jobs_completedJobs from "../model/jobs/completedJobs.js";
import type * as model_jobs_events from "../model/jobs/events.js";
import type * as model_jobs_explain from "../model/jobs/explain.js";
import type * as model_jobs_jobViews from "../model/jobs/jobViews.js";
import type * as model_jobs_passOnLocks from "../model/jobs/passOnLocks.js";
import type * as model_jobs_repair from "../model/jobs/repair.js";
import type * as model_jobs_retry from "../model/jobs/retry.js";
import type * as model_jobs_skipJobs from "../model/jobs/skipJobs.js";
import type * as model_pm_followUp from "../model/pm/followUp.js";
import type * as model_pm_pmCall from "../model/pm/pmCall.js";
import type * as model_pm_pmInsert from "../model/pm/pmInsert.js";
import type * as model_pm_pmVerdict from "../model/pm/pmVerdict.js";
import type * as model_queue_queueViews from "../model/queue/queueViews.js";
import type * as model_queue_stuck from "../model/queue/stuck.js";
import type * as model_readiness_dependents from "../model/readiness/dependents.js";
import type * as model_readiness_due from "../model/readiness/due.js";
import type * as model_readiness_lockViews from "../model/readiness/lockViews.js";
import type * as model_readiness_locks from "../model/readiness/locks.js";
import type * as model_readiness_priorities from "../model/readiness/priorities.js";
import type * as model_readiness_readiness from "../model/readiness/readiness.js";
import type * as model_readiness_setGate from "../model/readiness/setGate.js";
import type * as model_readiness_turn from "../model/readiness/turn.js";
import type * as model_readiness_wakeUp from "../model/readiness/wakeUp.js";
import type * as model_retention_budget from "../model/retention/budget.js";
import type * as model_retention_checkRetention from "../model/retention/checkRetention.js";
import type * as model_retention_finished from "../model/retention/finished.js";
import type * as model_retention_fleet from "../model/retention/fleet.js";
import type * as model_retention_removeAssignment from "../model/retention/removeAssignment.js";
import type * as model_retention_removeJob from "../model/retention/removeJob.js";
import type * as model_retention_sweep from "../model/retention/sweep.js";
import type * as model_runs_ownRuns from "../model/runs/ownRuns.js";
import type * as model_runs_runRules from "../model/runs/runRules.js";
import type * as model_runs_runShapes from "../model/runs/runShapes.js";
import type * as model_runs_runViews from "../model/runs/runViews.js";
import type * as model_runs_runs from "../model/runs/runs.js";
import type * as model_sessions_heartbeat from "../model/sessions/heartbeat.js";
import type * as model_sessions_lease from "../model/sessions/lease.js";
import type * as model_sessions_orders from "../model/sessions/orders.js";
import type * as model_sessions_reaper from "../model/sessions/reaper.js";
import type * as model_sessions_runnerRow from "../model/sessions/runnerRow.js";
import type * as model_sessions_runners from "../model/sessions/runners.js";
import type * as model_sessions_sessionLife from "../model/sessions/sessionLife.js";
import type * as model_sessions_takeover from "../model/sessions/takeover.js";
import type * as model_shared_checks from "../model/shared/checks.js";
import type * as model_shared_fail from "../model/shared/fail.js";
import type * as model_shared_find from "../model/shared/find.js";
import type * as model_shared_jobView from "../model/shared/jobView.js";
import type * as model_shared_shapes from "../model/shared/shapes.js";
import type * as model_shared_task from "../model/shared/task.js";
import type * as model_shared_tx from "../model/shared/tx.js";
import type * as model_shared_workShapes from "../model/shared/workShapes.js";
import type * as namespaces from "../namespaces.js";
import type * as repair from "../repair.js";
import type * as retention from "../retention.js";
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
  "model/access/access": typeof model_access_access;
  "model/access/agentToken": typeof model_access_agentToken;
  "model/access/barred": typeof model_access_barred;
  "model/access/caller": typeof model_access_caller;
  "model/access/jwt": typeof model_access_jwt;
  "model/access/namespaceAccess": typeof model_access_namespaceAccess;
  "model/access/namespaces": typeof model_access_namespaces;
  "model/access/privacy": typeof model_access_privacy;
  "model/access/tokens": typeof model_access_tokens;
  "model/assignments/acted": typeof model_assignments_acted;
  "model/assignments/activate": typeof model_assignments_activate;
  "model/assignments/assignmentState": typeof model_assignments_assignmentState;
  "model/assignments/assignmentViews": typeof model_assignments_assignmentViews;
  "model/assignments/checkLimits": typeof model_assignments_checkLimits;
  "model/assignments/createAssignment": typeof model_assignments_createAssignment;
  "model/assignments/openGates": typeof model_assignments_openGates;
  "model/assignments/spent": typeof model_assignments_spent;
  "model/assignments/totals": typeof model_assignments_totals;
  "model/assignments/updateAssignment": typeof model_assignments_updateAssignment;
  "model/attempts/advance": typeof model_attempts_advance;
  "model/attempts/closeAttempt": typeof model_attempts_closeAttempt;
  "model/attempts/fence": typeof model_attempts_fence;
  "model/attempts/report": typeof model_attempts_report;
  "model/attempts/setback": typeof model_attempts_setback;
  "model/attempts/settle": typeof model_attempts_settle;
  "model/claim/claim": typeof model_claim_claim;
  "model/claim/claimedView": typeof model_claim_claimedView;
  "model/claim/readyWindow": typeof model_claim_readyWindow;
  "model/claim/repoAtHand": typeof model_claim_repoAtHand;
  "model/claim/usableProfile": typeof model_claim_usableProfile;
  "model/fanOut/drain": typeof model_fanOut_drain;
  "model/fanOut/steps": typeof model_fanOut_steps;
  "model/health/blockProfile": typeof model_health_blockProfile;
  "model/health/health": typeof model_health_health;
  "model/health/healthRows": typeof model_health_healthRows;
  "model/insert/checkNewJob": typeof model_insert_checkNewJob;
  "model/insert/circles": typeof model_insert_circles;
  "model/insert/insertByAgent": typeof model_insert_insertByAgent;
  "model/insert/insertJobs": typeof model_insert_insertJobs;
  "model/insert/planInsert": typeof model_insert_planInsert;
  "model/insert/planTypes": typeof model_insert_planTypes;
  "model/insert/refs": typeof model_insert_refs;
  "model/insert/splice": typeof model_insert_splice;
  "model/insert/writeJob": typeof model_insert_writeJob;
  "model/insert/writePlan": typeof model_insert_writePlan;
  "model/jobs/byHand": typeof model_jobs_byHand;
  "model/jobs/byHandAttempt": typeof model_jobs_byHandAttempt;
  "model/jobs/cancel": typeof model_jobs_cancel;
  "model/jobs/causes": typeof model_jobs_causes;
  "model/jobs/causesOfReady": typeof model_jobs_causesOfReady;
  "model/jobs/completedJobs": typeof model_jobs_completedJobs;
  "model/jobs/events": typeof model_jobs_events;
  "model/jobs/explain": typeof model_jobs_explain;
  "model/jobs/jobViews": typeof model_jobs_jobViews;
  "model/jobs/passOnLocks": typeof model_jobs_passOnLocks;
  "model/jobs/repair": typeof model_jobs_repair;
  "model/jobs/retry": typeof model_jobs_retry;
  "model/jobs/skipJobs": typeof model_jobs_skipJobs;
  "model/pm/followUp": typeof model_pm_followUp;
  "model/pm/pmCall": typeof model_pm_pmCall;
  "model/pm/pmInsert": typeof model_pm_pmInsert;
  "model/pm/pmVerdict": typeof model_pm_pmVerdict;
  "model/queue/queueViews": typeof model_queue_queueViews;
  "model/queue/stuck": typeof model_queue_stuck;
  "model/readiness/dependents": typeof model_readiness_dependents;
  "model/readiness/due": typeof model_readiness_due;
  "model/readiness/lockViews": typeof model_readiness_lockViews;
  "model/readiness/locks": typeof model_readiness_locks;
  "model/readiness/priorities": typeof model_readiness_priorities;
  "model/readiness/readiness": typeof model_readiness_readiness;
  "model/readiness/setGate": typeof model_readiness_setGate;
  "model/readiness/turn": typeof model_readiness_turn;
  "model/readiness/wakeUp": typeof model_readiness_wakeUp;
  "model/retention/budget": typeof model_retention_budget;
  "model/retention/checkRetention": typeof model_retention_checkRetention;
  "model/retention/finished": typeof model_retention_finished;
  "model/retention/fleet": typeof model_retention_fleet;
  "model/retention/removeAssignment": typeof model_retention_removeAssignment;
  "model/retention/removeJob": typeof model_retention_removeJob;
  "model/retention/sweep": typeof model_retention_sweep;
  "model/runs/ownRuns": typeof model_runs_ownRuns;
  "model/runs/runRules": typeof model_runs_runRules;
  "model/runs/runShapes": typeof model_runs_runShapes;
  "model/runs/runViews": typeof model_runs_runViews;
  "model/runs/runs": typeof model_runs_runs;
  "model/sessions/heartbeat": typeof model_sessions_heartbeat;
  "model/sessions/lease": typeof model_sessions_lease;
  "model/sessions/orders": typeof model_sessions_orders;
  "model/sessions/reaper": typeof model_sessions_reaper;
  "model/sessions/runnerRow": typeof model_sessions_runnerRow;
  "model/sessions/runners": typeof model_sessions_runners;
  "model/sessions/sessionLife": typeof model_sessions_sessionLife;
  "model/sessions/takeover": typeof model_sessions_takeover;
  "model/shared/checks": typeof model_shared_checks;
  "model/shared/fail": typeof model_shared_fail;
  "model/shared/find": typeof model_shared_find;
  "model/shared/jobView": typeof model_shared_jobView;
  "model/shared/shapes": typeof model_shared_shapes;
  "model/shared/task": typeof model_shared_task;
  "model/shared/tx": typeof model_shared_tx;
  "model/shared/workShapes": typeof model_shared_workShapes;
  namespaces: typeof namespaces;
  repair: typeof repair;
  retention: typeof retention;
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
