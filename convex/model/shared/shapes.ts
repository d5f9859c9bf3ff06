/**
 * Validators of what goes over the wire, built from the schema's literals. One shape, one name. Not derived from the
 * tables: a new column must not leave the backend by itself.
 */
import { literals } from "convex-helpers/validators";
import { v, type Infer } from "convex/values";
import { ASSIGNMENT_STATES, BLOCK_OWNERS, POLICIES } from "../../../domain/assignmentState.ts";
import { HEALTH_KINDS, HEALTH_SCOPES } from "../../../domain/healthRule.ts";
import { JOB_STATES } from "../../../domain/jobState.ts";
import { JOB_CLASSES, JOB_TYPE_NAMES } from "../../../domain/jobTypes.ts";
import { ROLES } from "../../../domain/roles.ts";
import { EDGE_CONDITIONS, WAIT_REASONS } from "../../../domain/waiting.ts";
import { vBlocked, vLimits, vRetention, vUsage } from "../../schema.ts";

export const vJobStatus = literals(...JOB_STATES);
export const vJobType = literals(...JOB_TYPE_NAMES);
export const vAssignmentStatus = literals(...ASSIGNMENT_STATES);
export const vPolicy = literals(...POLICIES);
export const vBlockOwner = literals(...BLOCK_OWNERS);
export const vRole = literals(...ROLES);
export const vHealthScope = literals(...HEALTH_SCOPES);
export const vHealthKind = literals(...HEALTH_KINDS);

export const vNamespace = v.object({
  id: v.string(),
  name: v.string(),
  paused: v.boolean(),
  repo: v.optional(v.string()),
  profiles: v.array(v.string()),
  harnessDefaults: v.record(v.string(), v.string()),
  cascade: v.array(v.string()),
  limits: vLimits,
  retention: v.optional(vRetention),
});

export const vAssignment = v.object({
  id: v.string(),
  number: v.number(),
  handle: v.string(),
  title: v.string(),
  /** Whole in `get` and `update`; in lists its first line. */
  northStar: v.string(),
  artifacts: v.optional(v.string()),
  decisions: v.optional(v.string()),
  kind: v.string(),
  sourceRef: v.optional(v.string()),
  policy: vPolicy,
  status: vAssignmentStatus,
  blocked: v.optional(vBlocked),
  priority: v.number(),
  independent: v.boolean(),
  hasTurn: v.boolean(),
  limits: vLimits,
  key: v.optional(v.string()),
  createdAt: v.number(),
  endedAt: v.optional(v.number()),
});

export const vJob = v.object({
  id: v.string(),
  handle: v.string(),
  assignment: v.string(),
  assignmentNumber: v.number(),
  number: v.number(),
  key: v.optional(v.string()),
  type: vJobType,
  class: literals(...JOB_CLASSES),
  title: v.string(),
  summary: v.string(),
  /** Only in `jobs:get`. */
  context: v.optional(v.string()),
  /** Only in `jobs:get`. */
  result: v.optional(v.string()),
  repo: v.optional(v.string()),
  pool: v.string(),
  cascade: v.array(v.string()),
  barred: v.optional(v.array(v.string())),
  priority: v.number(),
  timeoutMs: v.number(),
  idleTimeoutMs: v.union(v.number(), v.null()),
  status: vJobStatus,
  waitingFor: v.array(literals(...WAIT_REASONS)),
  ready: v.boolean(),
  unmetDeps: v.number(),
  notBefore: v.optional(v.number()),
  retryAt: v.optional(v.number()),
  lockKey: v.optional(v.string()),
  session: v.optional(v.string()),
  attempt: v.number(),
  resultFile: v.optional(v.string()),
  error: v.optional(v.string()),
  usage: v.optional(vUsage),
  costUsd: v.optional(v.number()),
  profileUsed: v.optional(v.string()),
  lostCount: v.number(),
  limitedCount: v.number(),
  cancelRequested: v.boolean(),
  manual: v.boolean(),
  insertedBy: v.optional(v.string()),
  reviews: v.optional(v.string()),
  reminder: v.boolean(),
  createdAt: v.number(),
  startedAt: v.optional(v.number()),
  settledAt: v.optional(v.number()),
});

/** A dependency or an alternative of it: an id, a handle, or a key of the same call or assignment. */
const vRef = v.string();

export const vNewJob = v.object({
  type: vJobType,
  context: v.string(),
  title: v.optional(v.string()),
  harness: v.optional(v.string()),
  cascade: v.optional(v.array(v.string())),
  /** Profiles that may never run it. */
  barred: v.optional(v.array(v.string())),
  after: v.optional(v.array(vRef)),
  priority: v.optional(v.number()),
  timeoutMs: v.optional(v.number()),
  /** null: silence is normal. */
  idleTimeoutMs: v.optional(v.union(v.number(), v.null())),
  repo: v.optional(v.string()),
  pool: v.optional(v.string()),
  /** A key of one's own; null: no lock at all. */
  lock: v.optional(v.union(v.string(), v.null())),
  notBefore: v.optional(v.number()),
  key: v.optional(v.string()),
});

export const vInserted = v.union(
  v.object({
    kind: v.literal("inserted"),
    jobs: v.array(v.object({ id: v.string(), handle: v.string(), created: v.boolean() })),
  }),
  v.object({ kind: v.literal("limit"), reason: v.string() }),
);

export const vTotals = v.object({ usage: vUsage, costUsd: v.number(), attempts: v.number() });

export const vAttempt = v.object({
  number: v.number(),
  session: v.optional(v.string()),
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
  outcome: v.optional(v.string()),
  lateResult: v.optional(v.string()),
  why: v.optional(v.string()),
  probe: v.optional(v.boolean()),
});

/** One end of an edge, seen from the job at its other end. */
export const vEdgeEnd = v.object({
  id: v.string(),
  /** `12.3`, or `12` where the edge starts at an assignment. */
  handle: v.string(),
  status: v.string(),
  condition: literals(...EDGE_CONDITIONS),
  satisfied: v.boolean(),
});

export const vCause = v.object({
  /** A reason of `waitingFor`, or `paused`, `runner`, `stuck`. */
  reason: v.string(),
  text: v.string(),
  handle: v.optional(v.string()),
  until: v.optional(v.number()),
});

export const vExplanation = v.object({
  job: vJob,
  state: vJobStatus,
  ready: v.boolean(),
  causes: v.array(vCause),
  /** What will move the job next, as a sentence. */
  next: v.string(),
});

export const vStuck = v.object({ handle: v.string(), causes: v.array(vCause) });

export const vRank = v.object({
  priority: v.number(),
  assignmentNumber: v.number(),
  number: v.number(),
});

export const vReadyJob = v.object({
  id: v.string(),
  handle: v.string(),
  type: vJobType,
  cascade: v.array(v.string()),
  priority: v.number(),
  assignmentNumber: v.number(),
  number: v.number(),
  repo: v.optional(v.string()),
});

export const vRunner = v.object({
  id: v.string(),
  name: v.string(),
  host: v.string(),
  version: v.string(),
  namespaces: v.array(v.string()),
  pools: v.array(v.string()),
  session: v.union(
    v.object({
      id: v.string(),
      leaseUntil: v.number(),
      startedAt: v.number(),
      slots: v.number(),
      profiles: v.array(v.string()),
      draining: v.boolean(),
      busy: v.boolean(),
    }),
    v.null(),
  ),
});

export const vEvent = v.object({
  attempt: v.number(),
  seq: v.number(),
  at: v.number(),
  kind: v.string(),
  text: v.string(),
});

/** `at`: of the newest event, which need not be the one that says most. */
export const vLastEvent = v.object({ job: v.string(), at: v.number(), kind: v.string(), text: v.string() });

export const vHealth = v.object({
  profile: v.string(),
  scope: vHealthScope,
  machine: v.optional(v.string()),
  kind: vHealthKind,
  until: v.optional(v.number()),
  reason: v.string(),
  hits: v.number(),
  /** The limit has ended, and this job alone finds out whether the profile works again; it holds no one else back. */
  probe: v.optional(v.string()),
});

export const vToken = v.object({
  jti: v.string(),
  role: vRole,
  namespaces: v.string(),
  label: v.string(),
  expiresAt: v.number(),
  revoked: v.boolean(),
  createdAt: v.number(),
});

/** Rows by status; counting stops at `MAX_COUNT`, which stands for as many or more. */
export const vCounts = v.record(v.string(), v.number());

export type NewJob = Infer<typeof vNewJob>;
export type Cause = Infer<typeof vCause>;
export type Rank = Infer<typeof vRank>;
export type JobView = Infer<typeof vJob>;
export type AssignmentView = Infer<typeof vAssignment>;
