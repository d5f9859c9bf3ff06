/** The work: intents, their jobs and everything done for them. */
import { literals } from "convex-helpers/validators";
import { defineTable } from "convex/server";
import { v } from "convex/values";
import { ASSIGNMENT_STATES, POLICIES } from "../../domain/assignmentState.ts";
import { GATES } from "../../domain/gate.ts";
import { JOB_STATES } from "../../domain/jobState.ts";
import { JOB_CLASSES, JOB_TYPE_NAMES } from "../../domain/jobTypes.ts";
import { EDGE_CONDITIONS, WAIT_REASONS } from "../../domain/waiting.ts";
import { vBlocked, vLimits, vReviewRule, vUsage } from "./values.ts";

export const workTables = {
  // Written by assignments:create and update, the first claim (active), the turn, and what ends or blocks it;
  // read by claims of its jobs; deleted by retention.
  assignments: defineTable({
    namespace: v.id("namespaces"),
    number: v.number(),
    /** First line of the north star, for lists. */
    title: v.string(),
    kind: v.string(),
    sourceRef: v.optional(v.string()),
    policy: literals(...POLICIES),
    status: literals(...ASSIGNMENT_STATES),
    blocked: v.optional(vBlocked),
    priority: v.number(),
    independent: v.boolean(),
    hasTurn: v.boolean(),
    /** A job of it waits for the turn: the turn goes to the most urgent of these. */
    wantsTurn: v.boolean(),
    limits: vLimits,
    key: v.optional(v.string()),
    /** Some edge leads on from a job of it; absent in what is older than this field: unknown. */
    hasDependents: v.optional(v.boolean()),
    /** Failures before this time do not count: a person has looked at them and set it active again. */
    failuresSince: v.number(),
    endedAt: v.optional(v.number()),
  })
    .index("by_number", ["namespace", "number"])
    .index("by_status", ["namespace", "status", "number"])
    .index("by_key", ["namespace", "key"])
    .index("by_ended", ["namespace", "endedAt"])
    .index("by_turn", ["namespace", "hasTurn"])
    .index("by_wish", ["namespace", "wantsTurn", "priority", "number"]),

  // One row per assignment, written with it and by assignments:update and PM decisions; read by claims and
  // assignments:get; deleted with the assignment.
  assignmentTexts: defineTable({
    assignment: v.id("assignments"),
    northStar: v.string(),
    artifacts: v.string(),
    decisions: v.string(),
  }).index("by_assignment", ["assignment"]),

  // Written by jobs:insert and the PM loop, then by claims, reports and whatever changes readiness; read by all;
  // deleted by retention.
  jobs: defineTable({
    namespace: v.id("namespaces"),
    assignment: v.id("assignments"),
    assignmentNumber: v.number(),
    number: v.number(),
    key: v.optional(v.string()),
    type: literals(...JOB_TYPE_NAMES),
    class: literals(...JOB_CLASSES),
    title: v.string(),
    /** Absent: it, or the result, is long, and both stand in `jobTexts`. */
    context: v.optional(v.string()),
    result: v.optional(v.string()),
    /** Head of the result or error, for lists. */
    summary: v.string(),
    repo: v.optional(v.string()),
    pool: v.string(),
    cascade: v.array(v.string()),
    /** Profiles that may never run it (private repos): claim, advance and retry all heed this one record. */
    barred: v.optional(v.array(v.string())),
    /** Effective: the assignment's plus its own; lower runs first. */
    priority: v.number(),
    ownPriority: v.number(),
    timeoutMs: v.number(),
    idleTimeoutMs: v.union(v.number(), v.null()),
    status: literals(...JOB_STATES),
    waitingFor: v.array(literals(...WAIT_REASONS)),
    /** First of `waitingFor`, `ready`, or `none` when not pending: what the indexes below range over. */
    gate: literals(...GATES),
    ready: v.boolean(),
    open: v.boolean(),
    unmetDeps: v.number(),
    /** Some edge leads to it; absent in what is older than this field: unknown. */
    hasSources: v.optional(v.boolean()),
    notBefore: v.optional(v.number()),
    retryAt: v.optional(v.number()),
    lockKey: v.optional(v.string()),
    session: v.optional(v.id("sessions")),
    attempt: v.number(),
    /** Of the attempt with this number; absent in what is older than this field: it is looked for. */
    attemptRow: v.optional(v.id("attempts")),
    resultFile: v.optional(v.string()),
    error: v.optional(v.string()),
    usage: v.optional(vUsage),
    costUsd: v.optional(v.number()),
    profileUsed: v.optional(v.string()),
    lostCount: v.number(),
    limitedCount: v.number(),
    cancelRequested: v.boolean(),
    manual: v.boolean(),
    /** Inserted while its assignment was pending: its claim looks whether the assignment must become active. */
    activates: v.boolean(),
    insertedBy: v.optional(v.id("jobs")),
    reviews: v.optional(v.id("jobs")),
    reminder: v.boolean(),
    /** The PM job (or reminder) that answers for it: successors wait for that one too. */
    followedBy: v.optional(v.id("jobs")),
    /** PM jobs: it has changed its assignment through the CLI, so its text is not asked for a decision. */
    acted: v.boolean(),
    contentHash: v.string(),
    startedAt: v.optional(v.number()),
    settledAt: v.optional(v.number()),
    run: v.optional(v.id("runs")),
  })
    .index("by_handle", ["namespace", "assignmentNumber", "number"])
    /** Of an assignment by all three; of whatever ran under a task id by the first two. */
    .index("by_key", ["namespace", "key", "assignment"])
    .index("by_status", ["namespace", "status", "assignmentNumber", "number"])
    .index("by_ready", ["namespace", "pool", "ready", "priority", "assignmentNumber", "number"])
    .index("by_gate", ["assignment", "gate", "priority", "number"])
    .index("by_waiting", ["namespace", "gate", "assignmentNumber", "number"])
    .index("by_lock", ["namespace", "lockKey", "gate", "priority", "assignmentNumber", "number"])
    .index("by_open", ["assignment", "open", "cancelRequested", "number"])
    .index("by_settled", ["assignment", "settledAt", "number"])
    .index("by_recent", ["namespace", "settledAt"])
    .index("by_session", ["session", "status", "cancelRequested"]),

  // At most one row per job, when its context or its result is long; written with it and by its report; read by its
  // claim, its PM's claim and jobs:get; deleted with the job.
  jobTexts: defineTable({
    job: v.id("jobs"),
    context: v.string(),
    result: v.optional(v.string()),
  }).index("by_job", ["job"]),

  // Written by inserts and splices, satisfied by what settles the source; read by fan-out and explain; deleted with
  // the target.
  edges: defineTable({
    namespace: v.id("namespaces"),
    fromJob: v.optional(v.id("jobs")),
    fromAssignment: v.optional(v.id("assignments")),
    to: v.id("jobs"),
    condition: literals(...EDGE_CONDITIONS),
    satisfied: v.boolean(),
    /** The target has been told how the source ended: fan-out works off the range of those that have not. */
    told: v.boolean(),
  })
    .index("by_job", ["fromJob", "told", "satisfied"])
    .index("by_assignment", ["fromAssignment", "told", "satisfied"])
    .index("by_target", ["to", "satisfied"]),

  // Written by claim, advance and report; read by jobs:get and the fence; deleted with the job.
  attempts: defineTable({
    job: v.id("jobs"),
    number: v.number(),
    session: v.optional(v.id("sessions")),
    profile: v.optional(v.string()),
    harness: v.optional(v.string()),
    version: v.optional(v.string()),
    model: v.optional(v.string()),
    verdict: v.optional(v.string()),
    detail: v.optional(v.string()),
    startedAt: v.number(),
    endedAt: v.optional(v.number()),
    exitCode: v.optional(v.number()),
    usage: v.optional(vUsage),
    costUsd: v.optional(v.number()),
    agentSession: v.optional(v.string()),
    outputFile: v.optional(v.string()),
    /** How the attempt ended for the job; absent while it runs. */
    outcome: v.optional(v.string()),
    /** A terminal report that came when the attempt was no longer the job's: evidence, without effect. */
    lateResult: v.optional(v.string()),
    /** Why this profile and not the one before it in the cascade. */
    why: v.optional(v.string()),
    /** The first try of a profile after its limit: its first sign of work proves the profile. */
    probe: v.optional(v.boolean()),
  }).index("by_number", ["job", "number"]),

  // Written by work:events, read by events:list, dropped oldest first by work:events and retention, and with the
  // job.
  events: defineTable({
    job: v.id("jobs"),
    attempt: v.number(),
    seq: v.number(),
    /** Running number within the job: last minus first is the count, without a counter row. */
    ordinal: v.number(),
    at: v.number(),
    kind: v.string(),
    text: v.string(),
  })
    .index("by_seq", ["job", "attempt", "seq"])
    .index("by_ordinal", ["job", "ordinal"]),

  // Usage and cost of an assignment in shards by session; written by reports, summed by reads and limits.
  totals: defineTable({
    assignment: v.id("assignments"),
    shard: v.number(),
    usage: vUsage,
    costUsd: v.number(),
    attempts: v.number(),
  }).index("by_assignment", ["assignment", "shard"]),

  // A batch started together; written by runs:create, read by reports and by what settles its jobs; deleted with its
  // assignment. Never written afterwards, so that reading it in a settling transaction conflicts with nothing.
  runs: defineTable({
    namespace: v.id("namespaces"),
    label: v.string(),
    assignment: v.id("assignments"),
    key: v.optional(v.string()),
    /** How it was asked for (files, filter, settings), as JSON for those who show or repeat it. */
    spec: v.string(),
    /** Tasks that it will have once its import is done. */
    tasks: v.number(),
    failFast: v.boolean(),
    review: v.optional(vReviewRule),
    parent: v.optional(v.string()),
  })
    // Newest first is what lists ask for: by_key would sort by key.
    // eslint-disable-next-line @convex-dev/no-duplicate-indexes
    .index("by_namespace", ["namespace"])
    .index("by_key", ["namespace", "key"])
    .index("by_assignment", ["assignment"]),

  // A question or a permission that waits for a person; written by the asking attempt and by the answer.
  approvals: defineTable({
    namespace: v.id("namespaces"),
    job: v.id("jobs"),
    question: v.string(),
    answer: v.optional(v.string()),
  }).index("by_job", ["job"]),
};
