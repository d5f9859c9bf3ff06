/** The fleet and who may use it: namespaces, runners, their sessions, locks, health and tokens. */
import { literals } from "convex-helpers/validators";
import { defineTable } from "convex/server";
import { v } from "convex/values";
import { HEALTH_KINDS, HEALTH_SCOPES } from "../../domain/healthRule.ts";
import { ROLES } from "../../domain/roles.ts";
import { vLimits, vRetention } from "./values.ts";

export const fleetTables = {
  // Written by namespaces:ensure and setPaused; read by every claim; never deleted.
  namespaces: defineTable({
    name: v.string(),
    paused: v.boolean(),
    repo: v.optional(v.string()),
    profiles: v.array(v.string()),
    harnessDefaults: v.record(v.string(), v.string()),
    cascade: v.array(v.string()),
    limits: vLimits,
    retention: v.optional(vRetention),
  }).index("by_name", ["name"]),

  // Written by namespaces:ensure (the default repo); read by what delivers and scans; never deleted.
  repos: defineTable({
    namespace: v.id("namespaces"),
    slug: v.string(),
    defaultBranch: v.optional(v.string()),
    private: v.boolean(),
    build: v.optional(v.string()),
    test: v.optional(v.string()),
    lint: v.optional(v.string()),
  }).index("by_slug", ["namespace", "slug"]),

  // Written by sessions:start and runners:drain; read by runners:list; deleted by retention.
  runners: defineTable({
    name: v.string(),
    host: v.string(),
    namespaces: v.array(v.string()),
    pools: v.array(v.string()),
    version: v.string(),
  }).index("by_name", ["name", "host"]),

  // Which runner serves which namespace: written by sessions:start; read by runners:list and explain; deleted
  // when the runner no longer serves it.
  serves: defineTable({
    namespace: v.id("namespaces"),
    runner: v.id("runners"),
  })
    .index("by_namespace", ["namespace"])
    .index("by_runner", ["runner"]),

  // Written by sessions:*, by the claim that finds it idle, and by the reaper; read by the session's own calls;
  // deleted by retention.
  sessions: defineTable({
    runner: v.id("runners"),
    status: literals("live", "ended", "lapsed"),
    namespaces: v.array(v.string()),
    pools: v.array(v.string()),
    leaseUntil: v.number(),
    /** When the scheduled reaper looks: one chain per session, re-armed while the lease is renewed. */
    reapAt: v.number(),
    /** It holds running jobs, so its lease is the short one. */
    busy: v.boolean(),
    lastBeatAt: v.number(),
    slots: v.number(),
    profiles: v.array(v.string()),
    /** Those of them whose provider keeps what it is sent: they get no private repo. */
    collecting: v.optional(v.array(v.string())),
    /** Namespace → slugs of the repos that its machine has; absent: any. */
    repos: v.optional(v.record(v.string(), v.array(v.string()))),
    draining: v.boolean(),
    /** Why its runner claims nothing for now: its machine is short of something. */
    refuses: v.optional(v.string()),
    /** The session of the restarted runner that took its jobs over. */
    successor: v.optional(v.id("sessions")),
    endedAt: v.optional(v.number()),
  })
    .index("by_runner", ["runner", "status"])
    .index("by_lease", ["status", "leaseUntil"]),

  // Reservations: written by whatever makes a job eligible or takes that away; checked by claim; deleted when
  // nobody wants the key.
  locks: defineTable({
    namespace: v.id("namespaces"),
    key: v.string(),
    job: v.id("jobs"),
  }).index("by_key", ["namespace", "key"]),

  // Written by health:report and reports of limited attempts; read by claims; deleted by health:clear, by a success
  // of the profile, and by retention.
  harnessHealth: defineTable({
    namespace: v.id("namespaces"),
    profile: v.string(),
    scope: literals(...HEALTH_SCOPES),
    machine: v.optional(v.string()),
    kind: literals(...HEALTH_KINDS),
    /** Absent: until somebody clears it. */
    until: v.optional(v.number()),
    reason: v.string(),
    hits: v.number(),
    /** False once `until` has passed: kept for the count of hits in a row. */
    active: v.boolean(),
    at: v.number(),
    /** The attempt that tries the profile first after its limit has ended: nobody else does meanwhile. */
    probe: v.optional(v.object({ job: v.id("jobs"), attempt: v.number() })),
  })
    .index("by_profile", ["namespace", "profile", "scope", "machine"])
    .index("by_active", ["namespace", "active"])
    .index("by_machine", ["namespace", "machine"]),

  // Written by tokens:register and revoke; read by every call's guard; deleted by retention after expiry.
  accessTokens: defineTable({
    jti: v.string(),
    role: literals(...ROLES),
    namespaces: v.string(),
    label: v.string(),
    expiresAt: v.number(),
    revoked: v.boolean(),
  })
    .index("by_jti", ["jti"])
    .index("by_expiry", ["expiresAt"]),
};
