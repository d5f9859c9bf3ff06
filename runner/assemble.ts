/** Puts the parts of a runner together, and takes them apart again in reverse order. */
import { probeProfile } from "./attempt/probeProfile.ts";
import { watchRoom } from "./claim/room.ts";
import { systemClock } from "./clock.ts";
import { describeError } from "./connect/callError.ts";
import { connectBackend } from "./connect/convexBackend.ts";
import type { Report } from "./connect/types.ts";
import type { RunnerContext } from "./context.ts";
import { profileGate } from "./execute/profileGate.ts";
import { startGuard } from "./guard/guard.ts";
import type { Profile } from "./harness/port.ts";
import { watchHealth } from "./health.ts";
import { DEFAULT_LIMITS } from "./limits.ts";
import type { Reloadable, RunnerOptions } from "./options.ts";
import { redactor } from "./report/redact.ts";
import { Exchange } from "./report/exchange.ts";
import { openOutbox } from "./report/outbox.ts";
import { openFolders } from "./state/folders.ts";
import { takeLock } from "./state/lock.ts";
import { runnerMark } from "./state/mark.ts";
import { removeOldJobs } from "./state/retention.ts";
import type { Stopping } from "./stopping.ts";

/** Always offered: jobs of class `script` run their context with it. */
const SCRIPT: Profile = { name: "script", type: "script" };

export interface Assembled {
  context: RunnerContext;
  /** Makes the context offer what `change` says. Jobs that run keep what they were started with. */
  reload: (change: Reloadable) => Promise<void>;
  close: () => Promise<void>;
}

/**
 * Makes what a runner works with. `onHealth` is called when the health of a profile may have changed. Rejects, with
 * everything taken apart again, when the name is taken on this machine.
 */
export async function assemble(
  options: RunnerOptions,
  stopping: Stopping,
  onHealth: () => void,
): Promise<Assembled> {
  const closers: (() => unknown)[] = [stopping.close];
  const close = async () => {
    for (const one of closers.splice(0).reverse()) await one();
  };
  try {
    const context = await build({ options, stopping, onHealth }, closers);
    return { context, reload: (change) => reload(context, change), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function reload(context: RunnerContext, { namespaces, ...change }: Reloadable): Promise<void> {
  const { options, limits } = context;
  const profiles = await offeredProfiles({ ...options, ...change });
  for (const name of context.profiles.keys()) if (!profiles.has(name)) context.profiles.delete(name);
  for (const [name, profile] of profiles) context.profiles.set(name, profile);
  context.redact = redactor(context.environment, profiles.values());
  Object.assign(options, change);
  Object.assign(limits, DEFAULT_LIMITS, change.limits);
  for (const name of Object.keys(options.namespaces))
    if (namespaces[name] !== undefined) options.namespaces[name] = namespaces[name];
  const names = (all: object) => Object.keys(all).sort().join(", ");
  if (names(namespaces) !== names(options.namespaces))
    options.log({
      level: "warn",
      event: "runner:restartNeeded",
      detail: `it serves ${names(options.namespaces)}; the configuration says ${names(namespaces)}`,
    });
}

interface Wishes {
  options: RunnerOptions;
  stopping: Stopping;
  onHealth: () => void;
}

async function build(
  { options: given, stopping, onHealth }: Wishes,
  closers: (() => unknown)[],
): Promise<RunnerContext> {
  // Its own, because a reload changes it.
  const options = { ...given, namespaces: { ...given.namespaces } };
  options.log = redacting(options);
  const clock = options.clock ?? systemClock;
  const folders = await openFolders(options.home, options.name);
  const lock = await takeLock(folders.lockFile, options.name);
  closers.push(lock.release);
  const mark = await runnerMark(folders.root);
  const guard = await startGuard(folders.root, mark);
  closers.push(guard.stop);
  const outbox = await openOutbox<Report>(folders.outboxFile);
  closers.push(outbox.close);
  await removeOldJobs(folders.jobs, clock.now());
  const profiles = await offeredProfiles(options);
  const backend = (options.connect ?? connectBackend)({
    url: options.url,
    token: options.token,
    onError: (where, error) =>
      options.log({ level: "error", event: `${where}:failed`, detail: describeError(error) }),
  });
  closers.push(backend.close);
  const health = watchHealth({
    backend,
    clock,
    namespaces: Object.keys(options.namespaces),
    machine: options.host,
    offered: profiles,
    onChange: onHealth,
  });
  closers.push(health.close);
  const { closing } = stopping;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const room = watchRoom({
    ...{ folder: folders.root, limits, clock, log: options.log, onChange: onHealth },
    ...(options.measureRoom === undefined ? {} : { measure: options.measureRoom }),
  });
  closers.push(room.close);
  return {
    options,
    clock,
    backend,
    exchange: new Exchange({ backend, sync: outbox.sync, log: options.log }),
    folders,
    outbox,
    health,
    guard,
    gate: profileGate(),
    limits,
    environment: { ...process.env },
    redact: redactor(process.env, profiles.values()),
    room,
    profiles,
    mark,
    closing,
  };
}

/**
 * Logs are shown to others, too: what providers and agents say in errors goes through the same net as results. The
 * profiles are those of the moment: a reload may bring new secrets.
 */
function redacting(options: RunnerOptions): RunnerOptions["log"] {
  const { log } = options;
  let { profiles } = options;
  let redact = redactor(process.env, profiles);
  return (entry) => {
    if (options.profiles !== profiles) {
      ({ profiles } = options);
      redact = redactor(process.env, profiles);
    }
    log(entry.detail === undefined ? entry : { ...entry, detail: redact(entry.detail) });
  };
}

/** The profiles whose program is here; the others are named in the log, with what is missing. */
async function offeredProfiles(options: RunnerOptions): Promise<Map<string, Profile>> {
  const probed = await Promise.all(
    options.profiles
      .filter((profile) => profile.name !== SCRIPT.name)
      .map(async (profile) => ({ profile, probe: await probeProfile(profile) })),
  );
  for (const { profile, probe } of probed.filter(({ probe }) => !probe.installed)) {
    options.log({
      level: "warn",
      event: "profile:notOffered",
      detail: `${profile.name}: ${probe.detail ?? "not installed"}`,
    });
  }
  const usable = probed.filter(({ probe }) => probe.installed).map(({ profile }) => profile);
  return new Map([SCRIPT, ...usable].map((profile) => [profile.name, profile]));
}
