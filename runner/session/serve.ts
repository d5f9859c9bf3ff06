/** One session's work: take over what is held, claim and execute until the session is lost or the runner drains. */
import { fitsCaps, type Load } from "../claim/caps.ts";
import { Claimer } from "../claim/claimer.ts";
import { untilClosed } from "../connect/untilClosed.ts";
import type { Claimed, HeldJob } from "../connect/types.ts";
import type { RunnerContext } from "../context.ts";
import { executeWork } from "../execute/executeWork.ts";
import { openSlots, type Slots } from "../execute/slots.ts";
import { newWork, type Work } from "../execute/work.ts";
import { faultPoint } from "../fault.ts";
import type { Profile } from "../harness/port.ts";
import { offerOf } from "./offer.ts";
import { refusalTeller } from "./refusal.ts";
import { aborted, type Stopping } from "../stopping.ts";
import { adoptJob } from "./adopt.ts";
import type { Session } from "./session.ts";

export interface Serving {
  slots: Slots;
  /** Adopts, claims and executes; resolves when no work of the session is left. */
  serve: (session: Session, held: HeldJob[]) => Promise<void>;
  /** Tells the backend what is offered now, and claims by it. */
  reload: () => Promise<void>;
  /** Something changed that the claimer cannot see, such as a profile's health or the machine's room. */
  wake: () => void;
}

/** The serving side of a runner, for all its sessions one after the other. */
export function serving(context: RunnerContext, stopping: Stopping): Serving {
  let session: Session | undefined;
  let claimer: Claimer | undefined;
  let changed = false;
  const quiet = quietWatch(context, stopping);
  const tellRefusal = refusalTeller(context, stopping);

  const fill = (work: Work, adopt?: Profile) => {
    quiet.busy();
    if (session?.lost.aborted) work.stop("lease_lost");
    if (stopping.killed.aborted) work.stop("shutdown");
    slots.fill(work, () => executeWork(context, work, adopt));
  };
  const begin = (claimed: Claimed) => {
    const { handle, attempt } = claimed.job;
    context.options.log({ level: "info", event: "job:claimed", job: handle, attempt });
    if (session === undefined) throw new Error("a claim without a session");
    fill(newWork(claimed, session));
  };
  const slots = openSlots({ count: () => context.options.slots, onFreed: () => claimer?.wake() });
  context.exchange.claimBy((namespace, freed) => claimer?.wish(namespace, freed));
  stopping.killed.addEventListener("abort", () => slots.stopAll("shutdown"));

  const newClaimer = (current: Session) =>
    claimerOf(context, { session: current, slots, begin, onIdle: () => quiet.idle(slots) });
  const reload = async () => {
    const [current, before] = [session, claimer];
    if (current === undefined || before === undefined) return void (changed = true);
    await untilClosed(context.backend.updateSession(current.id, offerOf(context)), stopping.closing);
    // Its calls first: the new one would not know what they are about to bring.
    await untilClosed(before.stop(), stopping.closing);
    if (claimer === before && !current.lost.aborted && !stopping.draining.aborted)
      claimer = newClaimer(current);
  };

  const serve = async (current: Session, held: HeldJob[]) => {
    session = current;
    current.lost.addEventListener("abort", () => slots.stopAll("lease_lost"));
    for (const one of held) {
      const adopted = await adoptJob(context, one, current);
      if (adopted !== undefined) fill(adopted.work, adopted.profile);
    }
    // Between the session and its serving, an offer may have changed that the backend does not know yet.
    if (changed)
      await untilClosed(context.backend.updateSession(current.id, offerOf(context)), stopping.closing);
    changed = false;
    tellRefusal(current);
    if (!stopping.draining.aborted) claimer = newClaimer(current);
    await aborted(current.lost, stopping.draining);
    quiet.busy();
    if (stopping.draining.aborted) {
      context.options.log({ level: "info", event: "runner:draining" });
      if (slots.running().length > 0) tellRefusal(current);
      await faultPoint("draining");
    }
    // A claim under way may still bring a job.
    await untilClosed(claimer?.stop() ?? Promise.resolve(), stopping.closing);
    claimer = undefined;
    await slots.whenEmpty();
  };
  const wake = () => {
    if (session !== undefined && claimer !== undefined) tellRefusal(session);
    claimer?.wake();
  };
  return { slots, serve, reload, wake };
}

interface ClaimerParts {
  session: Session;
  slots: Slots;
  begin: (claimed: Claimed) => void;
  onIdle: () => void;
}

function claimerOf(context: RunnerContext, { session, slots, begin, onIdle }: ClaimerParts): Claimer {
  const { log, name, pools, namespaces } = context.options;
  return new Claimer({
    backend: context.backend,
    clock: context.clock,
    log,
    session,
    ask: (namespace) => context.exchange.ask(namespace),
    lanes: Object.keys(namespaces).flatMap((namespace) => pools.map((pool) => ({ namespace, pool }))),
    me: name,
    freeSlots: slots.free,
    canRun: ({ namespace, job }, coming) => {
      const load = loadOf(context, namespace, job);
      if (load.profile === undefined || context.room.lacks() !== undefined) return false;
      if (job.repo !== undefined && !Object.hasOwn(namespaces[namespace]?.repos ?? {}, job.repo))
        return false;
      const present = () => [
        ...slots.works().map((work) => loadOfWork(context, work)),
        ...coming.map((one) => loadOf(context, one.namespace, one.job)),
      ];
      const ofProfile = (name: string) => context.profiles.get(name)?.maxConcurrent ?? Infinity;
      return fitsCaps(present, load, { limits: context.limits, ofProfile });
    },
    isOurs: slots.has,
    onClaimed: begin,
    onIdle,
  });
}

/** `profile`: the one with which a claim would begin now. */
function loadOf(
  { health }: RunnerContext,
  namespace: string,
  { cascade, repo }: { cascade: readonly string[]; repo?: string },
): Load {
  const profile = cascade.find((name) => health.of(namespace, name).kind === "healthy");
  return { namespace, repo, profile };
}

function loadOfWork(context: RunnerContext, { claimed, profile }: Work): Load {
  const load = loadOf(context, claimed.namespace, claimed.job);
  return { ...load, profile: profile ?? load.profile };
}

/** Ends a runner that was told to stop when there is nothing to do. */
function quietWatch({ options }: RunnerContext, stopping: Stopping) {
  let timer: NodeJS.Timeout | undefined;
  const busy = () => {
    clearTimeout(timer);
    timer = undefined;
  };
  return {
    busy,
    idle(slots: Slots) {
      if (slots.running().length > 0) return;
      if (options.once === true) stopping.drain("once");
      else if (options.idleExitMs !== undefined && timer === undefined)
        timer = setTimeout(() => stopping.drain("idle"), options.idleExitMs);
    },
  };
}
