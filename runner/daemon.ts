/**
 * The runner daemon: wiring, and the contract of start and stop. The runner decides no state; it executes what it
 * has claimed and reports outcomes. See SPEC.md §5.
 */
import { jitteredBackoff } from "../domain/backoff.ts";
import { describeError, refusalCode } from "./connect/callError.ts";
import { untilClosed } from "./connect/untilClosed.ts";
import type { RunnerContext } from "./context.ts";
import { assemble } from "./assemble.ts";
import { armFaults } from "./fault.ts";
import type { Reloadable, RunnerOptions } from "./options.ts";
import { replayOutbox } from "./report/deliver.ts";
import { reapStrays } from "./session/reap.ts";
import { offerOf } from "./session/offer.ts";
import { serving, type Serving } from "./session/serve.ts";
import { openSession, type Session } from "./session/session.ts";
import { stoppingState, type Stopping, type StopReason } from "./stopping.ts";

/** How long a kill waits for processes to die (TERM, 5 s, KILL) and for their reports to be taken, ms. */
export const KILL_WAIT_MS = 12_000;
/** How long the end of a session may take to be told, ms: the lease ends it anyway. */
const FAREWELL_MS = 2000;
const SESSION_RETRY = { baseMs: 500, capMs: 30_000 };

export interface RunnerHandle {
  name: string;
  /** Id of the first session. */
  session: string;
  /** Offers what `change` says from now on. Jobs that run go on as they were started. Rejects when nobody answers. */
  reload(change: Reloadable): Promise<void>;
  /** Claims nothing more, finishes what runs, then stops. Resolves when stopped; safe to call twice. */
  drain(): Promise<void>;
  /** Kills what runs, reports it interrupted, then stops. Resolves when stopped; safe to call twice. */
  kill(): Promise<void>;
  stopped: Promise<StopReason>;
}

/**
 * Starts a runner. Resolves once it has its first session; waits for a backend that is not there yet. Rejects with a
 * clear error when the name is taken on this machine or the backend refuses the runner.
 */
export async function startRunner(options: RunnerOptions): Promise<RunnerHandle> {
  armFaults(process.env.DROVER_FAULT);
  const stopping = stoppingState();
  let wake = (): void => undefined;
  const { context, reload, close } = await assemble(options, stopping, () => wake());
  const served = serving(context, stopping);
  wake = served.wake;
  const first = await open(context, served, stopping).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const stopped = run({ context, served, stopping, first }).finally(close);
  const settled = stopped.then(
    () => undefined,
    () => undefined,
  );
  return {
    name: options.name,
    session: first.session.id,
    stopped,
    async reload(change) {
      await reload(change);
      await served.reload();
    },
    drain() {
      stopping.drain("drained");
      return settled;
    },
    async kill() {
      stopping.kill();
      const timer = setTimeout(stopping.close, KILL_WAIT_MS);
      await settled.finally(() => clearTimeout(timer));
    },
  };
}

type Opened = Awaited<ReturnType<typeof openSession>>;

async function open(context: RunnerContext, served: Serving, stopping: Stopping): Promise<Opened> {
  const { options, backend, clock } = context;
  // Before the new session takes the held jobs over: these reports belong to the old one.
  await replayOutbox({ ...context, log: options.log });
  return openSession({
    backend,
    clock,
    log: options.log,
    start: {
      runner: options.name,
      host: options.host,
      version: options.version,
      namespaces: Object.keys(options.namespaces),
      ...offerOf(context),
    },
    running: served.slots.running,
    onOrders(orders) {
      served.slots.cancel(orders.cancel);
      if (orders.drain) stopping.drain("drained");
    },
    onLease: context.guard.leaseLeft,
  });
}

interface Running {
  context: RunnerContext;
  served: Serving;
  stopping: Stopping;
  first: Opened;
}

/** Session after session until the runner is to stop. */
async function run({ context, served, stopping, first }: Running): Promise<StopReason> {
  const { log } = context.options;
  let opened: Opened | undefined = first;
  await context.guard.relieve();
  await reapStrays(context, first.started.held);
  while (opened !== undefined) {
    const { session, started } = opened;
    log({
      level: "info",
      event: "session:started",
      detail: `${session.id}, ${started.held.length} jobs held`,
    });
    await served.serve(session, started.held);
    await farewell(context, session);
    opened = stopping.draining.aborted ? undefined : await reopen(context, served, stopping);
  }
  return stopping.reason() ?? "drained";
}

/** A new session after a lost one, with patience; undefined when the runner stops meanwhile or is refused. */
async function reopen(
  context: RunnerContext,
  served: Serving,
  stopping: Stopping,
): Promise<Opened | undefined> {
  for (let attempt = 0; !stopping.draining.aborted; attempt += 1) {
    await context.clock.sleep(jitteredBackoff(attempt, SESSION_RETRY, Math.random()), stopping.draining);
    try {
      return await untilClosed(open(context, served, stopping), stopping.draining);
    } catch (error) {
      context.options.log({ level: "error", event: "session:notStarted", detail: describeError(error) });
      if (refusalCode(error) === "NOT_ALLOWED") stopping.drain("refused");
    }
  }
  return undefined;
}

async function farewell(context: RunnerContext, session: Session): Promise<void> {
  const told = session.end().catch((error: unknown) => {
    context.options.log({ level: "warn", event: "session:notEnded", detail: describeError(error) });
  });
  await Promise.race([told, context.clock.sleep(FAREWELL_MS)]);
}
