/**
 * Who may call what: every public function is built by the guards, refuses wrong roles, and reads what lies in another
 * namespace exactly like what does not exist, in every position of its arguments that takes an id.
 */
import { convexTest } from "convex-test";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ROLES, type Role, type TokenClaims } from "../domain/roles.ts";
import type { ErrorData } from "../domain/errors.ts";
import { api } from "./_generated/api.js";
import { isGuarded } from "./model/access/access.ts";
import { ended, errorOf, modules, openQueue, type Client, type Queue } from "./queue.testkit.ts";
import schema from "./schema.ts";

afterEach(() => vi.useRealTimers());

type Registered = { isPublic?: boolean; isInternal?: boolean; exportArgs(): string; exportReturns(): string };

const NS = { namespace: "main" };
const OFFER = { pools: ["default"], slots: 1, profiles: [], collecting: [], repos: {} };
const outcome = { kind: "complete" as const, result: "ok" };

/** Every public function with the roles that may call it (SPEC.md §7) and a call that would be fine. */
const FUNCTIONS: Record<
  string,
  { roles: Role[]; call: (c: Client, ids: Ids) => Promise<unknown>; global?: true }
> = {
  "namespaces:ensure": { roles: ["admin"], global: true, call: (c) => c.mutation(api.namespaces.ensure, NS) },
  "namespaces:get": {
    roles: ["admin", "runner", "agent", "viewer"],
    global: true,
    call: (c) => c.query(api.namespaces.get, NS),
  },
  "namespaces:list": {
    roles: ["admin", "runner", "viewer"],
    global: true,
    call: (c) => c.query(api.namespaces.list, {}),
  },
  "namespaces:setPaused": {
    roles: ["admin"],
    call: (c) => c.mutation(api.namespaces.setPaused, { ...NS, paused: false }),
  },
  "assignments:create": {
    roles: ["admin"],
    call: (c) => c.mutation(api.assignments.create, { ...NS, northStar: "x" }),
  },
  "assignments:byKeys": {
    roles: ["admin", "runner", "viewer"],
    call: (c) => c.query(api.assignments.byKeys, { ...NS, keys: ["k"] }),
  },
  "assignments:list": {
    roles: ["admin", "runner", "viewer"],
    call: (c) => c.query(api.assignments.list, NS),
  },
  "assignments:get": {
    roles: ["admin", "runner", "agent", "viewer"],
    call: (c, { assignment }) => c.query(api.assignments.get, { ...NS, assignment }),
  },
  "assignments:update": {
    roles: ["admin", "agent"],
    call: (c, { assignment }) => c.mutation(api.assignments.update, { ...NS, assignment, decisions: "d" }),
  },
  "runs:create": {
    roles: ["admin"],
    call: (c) => c.mutation(api.runs.create, { ...NS, northStar: "x", label: "x", spec: "{}", tasks: 1 }),
  },
  "runs:insert": {
    roles: ["admin"],
    call: (c, { run }) =>
      c.mutation(api.runs.insert, { ...NS, run, jobs: [{ type: "script", context: "more" }] }),
  },
  "runs:list": { roles: ["admin", "runner", "viewer"], call: (c) => c.query(api.runs.list, NS) },
  "runs:get": {
    roles: ["admin", "runner", "viewer"],
    call: (c, { run }) => c.query(api.runs.get, { ...NS, run }),
  },
  "runs:watch": {
    roles: ["admin", "runner", "viewer"],
    call: (c, { run }) => c.query(api.runs.watch, { ...NS, run }),
  },
  "runs:settled": {
    roles: ["admin", "runner", "viewer"],
    call: (c, { run }) => c.query(api.runs.settled, { ...NS, run }),
  },
  "runs:skip": {
    roles: ["admin"],
    call: (c, { run }) => c.mutation(api.runs.skip, { ...NS, run, reason: "stop" }),
  },
  "runs:giveUp": {
    roles: ["admin"],
    call: (c, { parked }) => c.mutation(api.runs.giveUp, { ...NS, job: parked, error: "gone" }),
  },
  "locks:list": { roles: ["admin", "runner", "viewer"], call: (c) => c.query(api.locks.list, NS) },
  "locks:release": {
    roles: ["admin"],
    call: (c) => c.mutation(api.locks.release, { ...NS, key: "repo:none" }),
  },
  "jobs:insert": {
    roles: ["admin", "agent"],
    call: (c, { assignment }) =>
      c.mutation(api.jobs.insert, { ...NS, assignment, jobs: [{ type: "script", context: "new" }] }),
  },
  "jobs:completed": {
    roles: ["admin", "runner", "viewer"],
    call: (c) => c.query(api.jobs.completed, { ...NS, keys: ["k"] }),
  },
  "jobs:list": { roles: ["admin", "runner", "viewer"], call: (c) => c.query(api.jobs.list, NS) },
  "jobs:get": {
    roles: ["admin", "runner", "agent", "viewer"],
    call: (c, { job }) => c.query(api.jobs.get, { ...NS, job }),
  },
  "jobs:explain": {
    roles: ["admin", "runner", "agent", "viewer"],
    call: (c, { job }) => c.query(api.jobs.explain, { ...NS, job }),
  },
  "jobs:cancel": { roles: ["admin"], call: (c, { job }) => c.mutation(api.jobs.cancel, { ...NS, job }) },
  "jobs:retry": {
    roles: ["admin"],
    call: (c, { failed }) => c.mutation(api.jobs.retry, { ...NS, job: failed }),
  },
  "jobs:start": {
    roles: ["admin"],
    call: (c, { ready }) => c.mutation(api.jobs.start, { ...NS, job: ready }),
  },
  "jobs:finish": {
    roles: ["admin"],
    call: (c, { manual }) => c.mutation(api.jobs.finish, { ...NS, job: manual, outcome: "complete" }),
  },
  "scheduler:ready": {
    roles: ["runner", "admin"],
    call: (c) => c.query(api.scheduler.ready, { ...NS, pool: "default" }),
  },
  "scheduler:watchQueue": {
    roles: ["admin", "runner", "viewer"],
    call: (c) => c.query(api.scheduler.watchQueue, NS),
  },
  "scheduler:queueStatus": {
    roles: ["admin", "runner", "viewer"],
    call: (c) => c.query(api.scheduler.queueStatus, NS),
  },
  "sessions:start": {
    roles: ["runner", "admin"],
    global: true,
    call: (c) =>
      c.mutation(api.sessions.start, {
        runner: "n",
        host: "h",
        version: "1",
        namespaces: ["main"],
        pools: ["default"],
        slots: 1,
        profiles: [],
      }),
  },
  "sessions:heartbeat": {
    roles: ["runner", "admin"],
    global: true,
    call: (c, { session }) => c.mutation(api.sessions.heartbeat, { session, running: [] }),
  },
  "sessions:orders": {
    roles: ["runner", "admin"],
    global: true,
    call: (c, { session }) => c.query(api.sessions.orders, { session }),
  },
  "sessions:update": {
    roles: ["runner", "admin"],
    global: true,
    call: (c, { session }) => c.mutation(api.sessions.update, { session, ...OFFER }),
  },
  "sessions:refuse": {
    roles: ["runner", "admin"],
    global: true,
    call: (c, { session }) => c.mutation(api.sessions.refuse, { session, draining: false }),
  },
  "sessions:end": {
    roles: ["runner", "admin"],
    global: true,
    call: (c, { session }) => c.mutation(api.sessions.end, { session }),
  },
  "runners:list": { roles: ["admin", "runner", "viewer"], call: (c) => c.query(api.runners.list, NS) },
  "runners:drain": {
    roles: ["admin"],
    call: (c, { runner }) => c.mutation(api.runners.drain, { ...NS, runner }),
  },
  "work:claim": {
    roles: ["runner", "admin"],
    call: (c, { session, ready }) => c.mutation(api.work.claim, { ...NS, session, job: ready }),
  },
  "work:advance": {
    roles: ["runner", "admin"],
    call: (c, { fence }) =>
      c.mutation(api.work.advance, { ...NS, fence, ended: ended(), profile: "script", harness: "script" }),
  },
  "work:report": {
    roles: ["runner", "admin"],
    call: (c, { fence }) => c.mutation(api.work.report, { ...NS, fence, ended: ended(), outcome }),
  },
  "work:exchange": {
    roles: ["runner", "admin"],
    call: (c, { session, ready }) =>
      c.mutation(api.work.exchange, { ...NS, session, reports: [], claim: { jobs: [ready], slots: 1 } }),
  },
  "work:events": {
    roles: ["runner", "admin"],
    call: (c, { fence }) => c.mutation(api.work.events, { ...NS, fence, events: [] }),
  },
  "events:list": {
    roles: ["admin", "runner", "agent", "viewer"],
    call: (c, { job }) => c.query(api.events.list, { ...NS, job }),
  },
  "events:latest": {
    roles: ["admin", "runner", "viewer"],
    call: (c, { job }) => c.query(api.events.latest, { ...NS, jobs: [job] }),
  },
  "health:list": { roles: ["admin", "runner", "viewer"], call: (c) => c.query(api.health.list, NS) },
  "health:report": {
    roles: ["runner", "admin"],
    call: (c, { session }) =>
      c.mutation(api.health.report, {
        ...NS,
        session,
        profile: "p",
        scope: "account",
        kind: "limited",
        reason: "r",
      }),
  },
  "health:block": {
    roles: ["admin"],
    call: (c) => c.mutation(api.health.block, { ...NS, profile: "claude", reason: "out of order" }),
  },
  "repair:jobs": {
    roles: ["admin"],
    call: (c) => c.mutation(api.repair.jobs, { ...NS, status: "running", fix: true }),
  },
  "health:clear": { roles: ["admin"], call: (c) => c.mutation(api.health.clear, NS) },
  "tokens:register": {
    roles: ["admin"],
    global: true,
    call: (c) =>
      c.mutation(api.tokens.register, {
        jti: "j",
        role: "viewer",
        namespaces: "main",
        label: "l",
        expiresAt: 1,
      }),
  },
  "tokens:agent": {
    roles: ["runner", "admin"],
    global: true,
    call: (c, { fence }) => c.action(api.tokens.agent, { fence }),
  },
  "tokens:list": { roles: ["admin"], global: true, call: (c) => c.query(api.tokens.list, {}) },
  "tokens:revoke": {
    roles: ["admin"],
    global: true,
    call: (c) => c.mutation(api.tokens.revoke, { jti: "known" }),
  },
};

interface Ids {
  assignment: string;
  job: string;
  ready: string;
  failed: string;
  manual: string;
  session: string;
  runner: string;
  run: string;
  parked: string;
  fence: { job: string; attempt: number; session: string };
}

/** A queue in which each kind of row exists, and an agent's claims for its running job. */
async function populated(q: Queue): Promise<{ ids: Ids; agent: TokenClaims }> {
  const assignment = await q.create();
  const [job = "", ready = "", failed = "", manual = ""] = await q.insert(assignment, {}, {}, {}, {});
  const session = await q.startSession({ runner: "known" });
  const claimed = await q.claim(session, job);
  await q.run(session, failed, { kind: "failed", error: "no" });
  await q.admin.mutation(api.jobs.start, { ...NS, job: manual });
  await q.admin.mutation(api.tokens.register, {
    jti: "known",
    role: "viewer",
    namespaces: "main",
    label: "l",
    expiresAt: 1,
  });
  const batch = { ...NS, northStar: "batch", label: "batch", spec: "{}", tasks: 1 };
  const { id: run } = await q.admin.mutation(api.runs.create, batch);
  const inserted = await q.admin.mutation(api.runs.insert, {
    ...NS,
    run,
    jobs: [{ type: "script", context: "true" }],
  });
  const parked = inserted[0]?.handle ?? "";
  await q.run(session, parked, { kind: "limited", reason: "quota", until: Date.now() + 60_000 });
  const fence = { job: claimed?.job.id ?? "", attempt: 1, session };
  const { id } = await q.assignment(assignment);
  const agent = {
    role: "agent" as const,
    namespaces: "main",
    assignment: id,
    job: fence.job,
    attempt: "1",
    session,
  };
  return {
    ids: { assignment, job, ready, failed, manual, session, runner: "known", run, parked, fence },
    agent,
  };
}

async function publicFunctions(): Promise<Map<string, Registered>> {
  const found = new Map<string, Registered>();
  for (const [path, load] of Object.entries(modules)) {
    if (/\.test|testkit|_generated|\.d\.ts/.test(path)) continue;
    const exports = (await load()) as Record<string, unknown>;
    for (const [name, value] of Object.entries(exports)) {
      const fn = value as Registered | null;
      if (typeof value === "function" && fn?.isPublic === true) found.set(`${path.slice(2, -3)}:${name}`, fn);
    }
  }
  return found;
}

describe("public functions", () => {
  it("are exactly those of the specification, all built by the guards, with both validators", async () => {
    const found = await publicFunctions();
    expect([...found.keys()].sort()).toEqual(Object.keys(FUNCTIONS).sort());
    for (const [name, fn] of found) {
      expect(isGuarded(fn), name).toBe(true);
      expect(JSON.parse(fn.exportArgs()), name).toMatchObject({ type: "object" });
      expect(JSON.parse(fn.exportReturns()), name).not.toMatchObject({ type: "any" });
    }
  });

  it("finds a function that was built without the guards", async () => {
    const { query } = await import("./_generated/server.js");
    expect(isGuarded(query({ args: {}, handler: () => null }))).toBe(false);
  });

  it.each(Object.keys(FUNCTIONS))("%s refuses a caller without a token", async (name) => {
    const q = await openQueue();
    const { ids } = await populated(q);
    expect(
      await errorOf(FUNCTIONS[name]?.call(q.t as unknown as Client, ids) ?? Promise.resolve()),
    ).toMatchObject({
      code: "UNAUTHENTICATED",
    });
  });

  it.each(Object.entries(FUNCTIONS))(
    "%s serves its roles and refuses the others",
    async (name, { roles, call }) => {
      for (const role of ROLES) {
        const q = await openQueue();
        const { ids, agent } = await populated(q);
        const claims = role === "agent" ? agent : { role, namespaces: "main", pools: "*" };
        const answer = errorOf(call(q.as(claims), ids).then(() => Promise.reject(new Error("served"))));
        if (!roles.includes(role))
          expect(await answer, `${role} calls ${name}`).toMatchObject({ code: "NOT_ALLOWED" });
        else if (name === "tokens:agent")
          expect(await answer).toMatchObject({ message: expect.stringContaining("DROVER_SIGNING_KEY") });
        else await expect(answer, `${role} calls ${name}`).rejects.toThrow("served");
      }
    },
  );

  it.each(Object.entries(FUNCTIONS).filter(([, f]) => f.global !== true))(
    "%s reads a foreign namespace like an unknown one",
    async (_, { call }) => {
      const q = await openQueue();
      const { ids } = await populated(q);
      const foreign = await errorOf(call(q.as({ role: "admin", namespaces: "other" }), ids));
      const fresh = convexTest({ schema, modules });
      const nobody = fresh.withIdentity({ role: "admin", namespaces: "*", jti: "x" });
      expect(foreign).toEqual(await errorOf(call(nobody, ids)));
      expect(foreign.code).toBe("NOT_FOUND");
    },
  );
});

/** Every position of an argument that takes an id, with a call that puts `id` there. */
const POSITIONS: Record<string, (c: Client, id: string, own: Ids) => Promise<unknown>> = {
  "assignments:get assignment": (c, id) => c.query(api.assignments.get, { ...NS, assignment: id }),
  "assignments:update assignment": (c, id) =>
    c.mutation(api.assignments.update, { ...NS, assignment: id, decisions: "d" }),
  "jobs:insert assignment": (c, id) =>
    c.mutation(api.jobs.insert, { ...NS, assignment: id, jobs: [{ type: "script", context: "x" }] }),
  "jobs:insert jobs.after": (c, id, own) =>
    c.mutation(api.jobs.insert, {
      ...NS,
      assignment: own.assignment,
      jobs: [
        { type: "script", context: "x" },
        { type: "script", context: "y", after: [own.ready, id] },
      ],
    }),
  "runs:get run": (c, id) => c.query(api.runs.get, { ...NS, run: id }),
  "runs:watch run": (c, id) => c.query(api.runs.watch, { ...NS, run: id }),
  "runs:settled run": (c, id) => c.query(api.runs.settled, { ...NS, run: id }),
  "runs:skip run": (c, id) => c.mutation(api.runs.skip, { ...NS, run: id, reason: "r" }),
  "runs:insert run": (c, id) =>
    c.mutation(api.runs.insert, { ...NS, run: id, jobs: [{ type: "script", context: "x" }] }),
  "runs:giveUp job": (c, id) => c.mutation(api.runs.giveUp, { ...NS, job: id, error: "e" }),
  "jobs:get job": (c, id) => c.query(api.jobs.get, { ...NS, job: id }),
  "jobs:explain job": (c, id) => c.query(api.jobs.explain, { ...NS, job: id }),
  "jobs:cancel job": (c, id) => c.mutation(api.jobs.cancel, { ...NS, job: id }),
  "jobs:retry job": (c, id) => c.mutation(api.jobs.retry, { ...NS, job: id }),
  "jobs:start job": (c, id) => c.mutation(api.jobs.start, { ...NS, job: id }),
  "jobs:finish job": (c, id) => c.mutation(api.jobs.finish, { ...NS, job: id, outcome: "complete" }),
  "sessions:heartbeat session": (c, id) => c.mutation(api.sessions.heartbeat, { session: id, running: [] }),
  "sessions:orders session": (c, id) => c.query(api.sessions.orders, { session: id }),
  "sessions:update session": (c, id) => c.mutation(api.sessions.update, { session: id, ...OFFER }),
  "sessions:refuse session": (c, id) => c.mutation(api.sessions.refuse, { session: id, draining: false }),
  "sessions:end session": (c, id) => c.mutation(api.sessions.end, { session: id }),
  "runners:drain runner": (c, id) => c.mutation(api.runners.drain, { ...NS, runner: id }),
  "work:claim session": (c, id, own) => c.mutation(api.work.claim, { ...NS, session: id, job: own.ready }),
  "work:claim job": (c, id, own) => c.mutation(api.work.claim, { ...NS, session: own.session, job: id }),
  "work:advance fence.job": (c, id, own) =>
    c.mutation(api.work.advance, {
      ...NS,
      fence: { ...own.fence, job: id },
      ended: ended(),
      profile: "script",
      harness: "script",
    }),
  "work:advance fence.session": (c, id, own) =>
    c.mutation(api.work.advance, {
      ...NS,
      fence: { ...own.fence, session: id },
      ended: ended(),
      profile: "script",
      harness: "script",
    }),
  "work:report fence.job": (c, id, own) =>
    c.mutation(api.work.report, { ...NS, fence: { ...own.fence, job: id }, ended: ended(), outcome }),
  "work:report fence.session": (c, id, own) =>
    c.mutation(api.work.report, { ...NS, fence: { ...own.fence, session: id }, ended: ended(), outcome }),
  "work:exchange session": (c, id) =>
    c.mutation(api.work.exchange, { ...NS, session: id, reports: [], claim: { jobs: [], slots: 1 } }),
  "work:exchange reports.fence.job": (c, id, own) =>
    c.mutation(api.work.exchange, {
      ...NS,
      session: own.session,
      reports: [{ fence: { ...own.fence, job: id }, ended: ended(), outcome }],
      claim: { jobs: [], slots: 1 },
    }),
  "work:events fence.job": (c, id, own) =>
    c.mutation(api.work.events, { ...NS, fence: { ...own.fence, job: id }, events: [] }),
  "work:events fence.session": (c, id, own) =>
    c.mutation(api.work.events, { ...NS, fence: { ...own.fence, session: id }, events: [] }),
  "events:list job": (c, id) => c.query(api.events.list, { ...NS, job: id }),
  "events:latest jobs.job": (c, id) => c.query(api.events.latest, { ...NS, jobs: [id] }),
  "health:report session": (c, id) =>
    c.mutation(api.health.report, {
      ...NS,
      session: id,
      profile: "p",
      scope: "account",
      kind: "limited",
      reason: "r",
    }),
  "tokens:agent fence.job": (c, id, own) => c.action(api.tokens.agent, { fence: { ...own.fence, job: id } }),
  "tokens:agent fence.session": (c, id, own) =>
    c.action(api.tokens.agent, { fence: { ...own.fence, session: id } }),
};

/** Rows of every kind in another namespace, by the word that the position's name ends in. */
async function foreignIds(q: Queue): Promise<Record<string, string>> {
  await q.admin.mutation(api.namespaces.ensure, { namespace: "other" });
  const other = { namespace: "other" };
  const { id: assignment } = await q.admin.mutation(api.assignments.create, {
    ...other,
    northStar: "secret",
    policy: "static",
  });
  const inserted = await q.admin.mutation(api.jobs.insert, {
    ...other,
    assignment,
    jobs: [{ type: "script", context: "secret" }],
  });
  const session = await q.startSession({ runner: "theirs", namespaces: ["other"] });
  const job = inserted.kind === "inserted" ? (inserted.jobs[0]?.id ?? "") : "";
  const { id: run } = await q.admin.mutation(api.runs.create, {
    ...other,
    northStar: "secret",
    label: "secret",
    spec: "{}",
    tasks: 1,
  });
  return { assignment, job, session, after: job, runner: "theirs", run };
}

describe("an id of another namespace", () => {
  it.each(Object.entries(POSITIONS))("reads like an unknown one: %s", async (name, call) => {
    const q = await openQueue();
    const { ids } = await populated(q);
    const theirs = await foreignIds(q);
    const kind = name.split(/[ .]/).pop() ?? "";
    const client = q.as({ role: "admin", namespaces: "main" });
    const foreign = theirs[kind] ?? "";
    // An id whose row is gone: the honest unknown.
    const unknown = kind === "runner" ? "nobody" : await goneId(q, kind === "after" ? "job" : kind);
    const anonymous = (data: ErrorData, id: string) => ({
      ...data,
      message: data.message.replaceAll(id, "ID"),
    });
    const first = anonymous(await errorOf(call(client, foreign, ids)), foreign);
    expect(first).toEqual(anonymous(await errorOf(call(client, unknown, ids)), unknown));
    expect(first.code).toBe("NOT_FOUND");
  });

  it("is not found by a token for both namespaces either, when the call names the wrong one", async () => {
    const q = await openQueue();
    const { job = "" } = await foreignIds(q);
    expect(await errorOf(q.admin.query(api.jobs.get, { ...NS, job }))).toMatchObject({ code: "NOT_FOUND" });
  });
});

async function goneId(q: Queue, kind: string): Promise<string> {
  const table = `${kind}s` as "jobs" | "assignments" | "sessions";
  return q.t.run(async (ctx) => {
    const row = await ctx.db.query(table).first();
    if (row === null) throw new Error(`no row in ${table}`);
    const { _id, _creationTime, ...fields } = row;
    const copy = await ctx.db.insert(table, fields);
    await ctx.db.delete(table, copy);
    return copy;
  });
}

describe("a token", () => {
  it("without a role of Drover is refused", async () => {
    const q = await openQueue();
    const odd = q.as({ role: "root" as Role, namespaces: "*" });
    expect(await errorOf(odd.query(api.namespaces.list, {}))).toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("that names several namespaces may use each, and lists only those", async () => {
    const q = await openQueue();
    for (const namespace of ["a", "b", "c"]) await q.admin.mutation(api.namespaces.ensure, { namespace });
    const both = q.as({ role: "viewer", namespaces: "b, a,,gone" });
    expect((await both.query(api.namespaces.list, {})).map(({ name }) => name)).toEqual(["a", "b"]);
    expect(await both.query(api.namespaces.get, { namespace: "c" })).toBeNull();
    expect(await both.query(api.jobs.list, { namespace: "a" })).toEqual([]);
  });

  it.each(["jti", "sub"])("is refused once its id is revoked, told by %s", async (claim) => {
    const q = await openQueue();
    await q.admin.mutation(api.tokens.register, {
      jti: "t1",
      role: "viewer",
      namespaces: "main",
      label: "l",
      expiresAt: 1,
    });
    const viewer =
      claim === "jti"
        ? q.as({ role: "viewer", namespaces: "main" }, "t1")
        : q.t.withIdentity({ subject: "t1", role: "viewer", namespaces: "main" });
    expect(await viewer.query(api.jobs.list, NS)).toEqual([]);
    await q.admin.mutation(api.tokens.revoke, { jti: "t1" });
    expect(await errorOf(viewer.query(api.jobs.list, NS))).toMatchObject({
      code: "UNAUTHENTICATED",
      message: expect.stringContaining("revoked"),
    });
  });

  it("of a runner grants its pools and no other", async () => {
    const q = await openQueue();
    const runner = q.as({ role: "runner", namespaces: "main", pools: "gpu" });
    expect(await errorOf(runner.query(api.scheduler.ready, { ...NS, pool: "default" }))).toMatchObject({
      code: "NOT_ALLOWED",
    });
    expect(await runner.query(api.scheduler.ready, { ...NS, pool: "gpu" })).toEqual([]);
    const start = {
      runner: "r",
      host: "h",
      version: "1",
      namespaces: ["main"],
      slots: 1,
      profiles: ["script"],
    };
    expect(
      await errorOf(runner.mutation(api.sessions.start, { ...start, pools: ["gpu", "default"] })),
    ).toMatchObject({ code: "NOT_ALLOWED" });
    const { session: own } = await runner.mutation(api.sessions.start, { ...start, pools: [] });
    expect(await errorOf(runner.mutation(api.sessions.update, { session: own, ...OFFER }))).toMatchObject({
      code: "NOT_ALLOWED",
    });
    const [job = ""] = await q.insert(await q.create(), {});
    const wide = await q.startSession({ runner: "wide" });
    expect(await errorOf(runner.mutation(api.work.claim, { ...NS, session: wide, job }))).toMatchObject({
      code: "NOT_FOUND",
    });
    expect(await errorOf(runner.mutation(api.sessions.end, { session: wide }))).toMatchObject({
      code: "NOT_FOUND",
    });
  });
});

describe("an agent's token", () => {
  it("works for its own assignment only, by handle and by id", async () => {
    const q = await openQueue();
    const { ids, agent } = await populated(q);
    await q.insert(await q.create(), {});
    const c = q.as(agent);
    expect((await c.query(api.assignments.get, { ...NS, assignment: ids.assignment })).jobs).toHaveLength(4);
    for (const ref of ["2", (await q.assignment("2")).id]) {
      expect(await errorOf(c.query(api.assignments.get, { ...NS, assignment: ref }))).toMatchObject({
        code: "NOT_FOUND",
      });
    }
    expect(await errorOf(c.query(api.jobs.get, { ...NS, job: "2.1" }))).toMatchObject({ code: "NOT_FOUND" });
    const after = { ...NS, assignment: "1", jobs: [{ type: "script" as const, context: "n", after: ["2"] }] };
    expect(await errorOf(c.mutation(api.jobs.insert, after))).toMatchObject({ code: "NOT_FOUND" });
  });

  it.each([
    ["its attempt ends", async (q: Queue, ids: Ids) => void (await q.report(ids.fence, outcome))],
    [
      "its attempt is followed by another",
      async (q: Queue, ids: Ids) =>
        void (await q.admin.mutation(api.work.advance, {
          ...NS,
          fence: ids.fence,
          ended: ended(),
          profile: "script",
          harness: "script",
        })),
    ],
    [
      "its session ends",
      async (q: Queue, ids: Ids) => {
        await q.admin.mutation(api.sessions.end, { session: ids.session });
        await q.settle();
      },
    ],
    ["the lease lapses", async (q: Queue) => q.advance(10 * 60_000)],
  ])("dies when %s", async (_, end) => {
    const q = await openQueue();
    const { ids, agent } = await populated(q);
    const c = q.as(agent);
    await c.query(api.jobs.get, { ...NS, job: ids.job });
    await end(q, ids);
    expect(await errorOf(c.query(api.jobs.get, { ...NS, job: ids.job }))).toMatchObject({
      code: "UNAUTHENTICATED",
    });
  });

  it("lives on when its restarted runner takes the job over", async () => {
    const q = await openQueue();
    const { ids, agent } = await populated(q);
    await q.startSession({ runner: "known" });
    expect((await q.as(agent).query(api.jobs.get, { ...NS, job: ids.job })).job.status).toBe("running");
  });

  it.each([
    ["another session", { session: "none" }],
    ["no session", { session: undefined }],
    ["another attempt", { attempt: "2" }],
    ["another assignment", { assignment: "x" }],
    ["an unknown job", { job: "x" }],
  ])("with %s is refused", async (_, claims) => {
    const q = await openQueue();
    const { ids, agent } = await populated(q);
    const c = q.t.withIdentity({ ...agent, ...claims, jti: "x" });
    expect(await errorOf(c.query(api.jobs.get, { ...NS, job: ids.job }))).toMatchObject({
      code: "UNAUTHENTICATED",
    });
  });

  it("with the session of another runner is refused", async () => {
    const q = await openQueue();
    const { ids, agent } = await populated(q);
    const session = await q.startSession({ runner: "stranger" });
    expect(
      await errorOf(q.as({ ...agent, session }).query(api.jobs.get, { ...NS, job: ids.job })),
    ).toMatchObject({
      code: "UNAUTHENTICATED",
    });
  });

  it("may complete or block its assignment, and change neither its urgency nor its limits", async () => {
    const q = await openQueue();
    const { ids, agent } = await populated(q);
    const c = q.as(agent);
    const update = (args: object) =>
      errorOf(c.mutation(api.assignments.update, { ...NS, assignment: ids.assignment, ...args }));
    expect(await update({ status: "canceled" })).toMatchObject({ code: "NOT_ALLOWED" });
    expect(await update({ priority: 1 })).toMatchObject({ code: "NOT_ALLOWED" });
    expect(await update({ limits: { maxJobs: 9 } })).toMatchObject({ code: "NOT_ALLOWED" });
    await c.mutation(api.assignments.update, {
      ...NS,
      assignment: ids.assignment,
      status: "complete",
      artifacts: "a",
    });
    await q.settle();
    expect(await q.row(ids.job)).toMatchObject({ status: "running", cancelRequested: false });
    expect(await q.row(ids.ready)).toMatchObject({ status: "canceled" });
  });
});
