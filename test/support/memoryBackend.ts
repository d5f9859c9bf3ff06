/**
 * A backend in memory for tests of the runner: the port of runner/connect/backend.ts with the fence, the lease and the
 * hand-over of SPEC.md §5, and nothing of readiness or policies. Several runners may share one.
 */
import type { Backend, HealthReport } from "../../runner/connect/backend.ts";
import type {
  Claimed,
  ExchangeCall,
  Fence,
  Health,
  Orders,
  ReadyJob,
  Report,
  ReportAnswer,
} from "../../runner/connect/types.ts";
import { newJob, type MemoryJob } from "./memoryJob.ts";

interface MemorySession {
  id: string;
  runner: string;
  profiles: string[];
  alive: boolean;
  drain: boolean;
}

type Listener = () => void;

export class MemoryBackend {
  /** False for a window that does not say which repo a job needs. */
  namesRepos = true;
  readonly jobs = new Map<string, MemoryJob>();
  readonly sessions = new Map<string, MemorySession>();
  /** What runners said of claiming nothing. */
  readonly refusals: { why?: string; draining: boolean }[] = [];
  health: Health[] = [];
  /** Profile → until when another job tries it. */
  readonly probed = new Map<string, number>();
  /** While set, no call is answered: the line is cut. */
  offline = false;
  leaseMs = 60_000;
  readonly #listeners = new Set<Listener>();
  #waiting: Listener[] = [];

  /** Adds a ready job; `change` overrides parts of its claim. */
  add(handle: string, job: Partial<Claimed["job"]> = {}, more: Partial<Claimed> = {}): MemoryJob {
    const added = newJob(handle, job, { renewInMs: this.leaseMs / 3, ...more });
    this.jobs.set(added.id, added);
    this.changed();
    return added;
  }

  job(handle: string): MemoryJob {
    const job = this.jobs.get(`job-${handle}`);
    if (job === undefined) throw new Error(`no job ${handle}`);
    return job;
  }

  /** Tells all subscriptions and all who wait that something may have changed. */
  changed(): void {
    for (const listener of this.#listeners) queueMicrotask(listener);
    const waiting = this.#waiting;
    this.#waiting = [];
    waiting.forEach((resolve) => resolve());
  }

  /** Resolves once `fact` holds; looked at after every change. */
  async until(fact: () => boolean): Promise<void> {
    while (!fact()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The lease of a session lapses: its jobs are pending again. */
  lapse(session: string): void {
    const found = this.sessions.get(session);
    if (found !== undefined) found.alive = false;
    for (const job of this.jobs.values())
      if (job.session === session && job.status === "running") {
        job.status = "pending";
        job.session = undefined;
      }
    this.changed();
  }

  cutLine(): void {
    this.offline = true;
  }

  mendLine(): void {
    this.offline = false;
    this.changed();
  }

  connect(): Backend {
    const stops: (() => void)[] = [];
    const watch = (push: () => void) => {
      const listener = () => void (this.offline || push());
      this.#listeners.add(listener);
      queueMicrotask(listener);
      const stop = () => void this.#listeners.delete(listener);
      stops.push(stop);
      return stop;
    };
    const answer = async <T>(work: () => T): Promise<T> => {
      await this.until(() => !this.offline);
      const value = work();
      this.changed();
      return structuredClone(value);
    };
    return {
      startSession: (start) => answer(() => this.#start(start)),
      updateSession: (session, { profiles }) =>
        answer(() => void Object.assign(this.sessions.get(session) ?? {}, { profiles })),
      refuse: (_session, refusal) => answer(() => void this.refusals.push(refusal)),
      heartbeat: (session) =>
        answer(() =>
          this.sessions.get(session)?.alive === true
            ? { kind: "renewed" as const, renewInMs: this.leaseMs / 3, orders: this.#orders(session) }
            : { kind: "lost" as const },
        ),
      endSession: (session) => answer(() => this.lapse(session)),
      watchOrders: (session, onOrders) => watch(() => onOrders(this.#orders(session))),
      watchReady: (_lane, onWindow) => watch(() => onWindow(this.#ready().slice(0, 64))),
      readyAfter: (_lane, after) =>
        answer(() =>
          this.#ready()
            .filter((job) => job.number > after.number)
            .slice(0, 64),
        ),
      watchHealth: (_namespace, onHealth) => watch(() => onHealth(structuredClone(this.health))),
      liveRunners: () =>
        answer(() => [...this.sessions.values()].filter((one) => one.alive).map((one) => one.runner)),
      exchange: ({ session, reports, claim }) =>
        answer(() => {
          const answers = reports.map((report) => this.#report(report));
          return { answers, claimed: this.#claimSome(session, claim) };
        }),
      advance: ({ fence, ended, profile }) =>
        answer(() => {
          const until = this.probed.get(profile);
          if (until !== undefined) return { kind: "probed" as const, until };
          const job = this.#fenced(fence);
          job?.rows.push(ended);
          return job === undefined
            ? { kind: "lease_lost" as const }
            : { kind: "advanced" as const, attempt: ++job.attempt };
        }),
      report: (report) => answer(() => this.#report(report)),
      events: (_namespace, fence, events) =>
        answer(() => {
          const job = this.#fenced(fence);
          job?.events.push(...events);
          return job !== undefined;
        }),
      reportHealth: (_namespace, _session, health) => answer(() => this.#learn(health)),
      close: async () => stops.forEach((stop) => stop()),
    };
  }

  #start({ runner, profiles }: { runner: string; profiles: string[] }) {
    const id = `session-${this.sessions.size + 1}`;
    const held = [...this.jobs.values()].filter(
      (job) =>
        job.status === "running" &&
        this.sessions.get(job.session ?? "")?.runner === runner &&
        this.sessions.get(job.session ?? "")?.alive === true,
    );
    for (const session of this.sessions.values()) if (session.runner === runner) session.alive = false;
    this.sessions.set(id, { id, runner, profiles, alive: true, drain: false });
    held.forEach((job) => (job.session = id));
    return {
      session: id,
      leaseMs: this.leaseMs,
      renewInMs: this.leaseMs / 3,
      namespaces: ["app"],
      held: held.map(({ id: job, handle, attempt }) => ({ job, handle, namespace: "app", attempt })),
    };
  }

  #orders(session: string): Orders {
    const found = this.sessions.get(session);
    const cancel = [...this.jobs.values()].filter((job) => job.session === session && job.cancel);
    return {
      alive: found?.alive ?? false,
      drain: found?.drain ?? false,
      cancel: cancel.map(({ id: job, attempt }) => ({ job, attempt })),
    };
  }

  #ready(): ReadyJob[] {
    return [...this.jobs.values()]
      .map((job, number) => ({ job, number }))
      .filter(({ job }) => job.status === "pending")
      .map(({ job, number }) => ({
        id: job.id,
        handle: job.handle,
        type: job.claimed.job.type,
        cascade: job.claimed.job.cascade,
        priority: 10,
        assignmentNumber: 1,
        number,
        ...(job.claimed.job.repo === undefined || !this.namesRepos ? {} : { repo: job.claimed.job.repo }),
      }));
  }

  #claimSome(session: string, { jobs, slots }: ExchangeCall["claim"]): Claimed[] {
    const claimed: Claimed[] = [];
    for (const id of jobs) {
      const one = claimed.length < slots ? this.#claim(session, id) : null;
      if (one !== null) claimed.push(one);
    }
    return claimed;
  }

  #claim(session: string, id: string): Claimed | null {
    const job = this.jobs.get(id);
    if (job?.status !== "pending" || this.sessions.get(session)?.alive !== true) return null;
    job.status = "running";
    job.session = session;
    job.attempt += 1;
    return { ...job.claimed, job: { ...job.claimed.job, attempt: job.attempt } };
  }

  #fenced({ job: id, attempt, session }: Fence): MemoryJob | undefined {
    const job = this.jobs.get(id);
    const holds = job?.status === "running" && job.attempt === attempt && job.session === session;
    return holds ? job : undefined;
  }

  #report({ fence, ended, outcome }: Omit<Report, "namespace">): ReportAnswer {
    const job = this.#fenced(fence);
    if (job === undefined) {
      const known = this.jobs.get(fence.job);
      const again = known?.status === "settled" && known.attempt === fence.attempt;
      if (!again) known?.late.push(outcome);
      return again ? "already" : "lease_lost";
    }
    job.rows.push(ended);
    job.outcome = outcome;
    job.session = undefined;
    job.status =
      outcome.kind === "interrupted" ? "pending" : outcome.kind === "limited" ? "parked" : "settled";
    return "accepted";
  }

  #learn(health: HealthReport): void {
    this.health = [
      ...this.health.filter((row) => row.profile !== health.profile),
      { ...health, machine: "here" },
    ];
  }
}
