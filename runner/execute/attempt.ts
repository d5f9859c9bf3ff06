/** One attempt of a work with one profile: record → prompt → environment → run or adopt → row. */
import { randomUUID } from "node:crypto";
import { jitteredBackoff } from "../../domain/backoff.ts";
import { adoptAttempt } from "../attempt/finishFromFiles.ts";
import { runAttempt, unstartedAttempt } from "../attempt/runAttempt.ts";
import { describeError } from "../connect/callError.ts";
import type { Claimed } from "../connect/types.ts";
import type { RunnerContext } from "../context.ts";
import { faultPoint } from "../fault.ts";
import type { AgentEvent, Profile } from "../harness/port.ts";
import { promptFor } from "../prompt/prompt.ts";
import { TemplateError } from "../prompt/templateError.ts";
import { redactor, type Redact } from "../report/redact.ts";
import { attemptFolder, jobFolder } from "../state/folders.ts";
import { jobRecordFile } from "../state/jobFile.ts";
import { writeAgentCli, writeAgentToken } from "./agentCli.ts";
import { environmentFor } from "./environment.ts";
import { handoverText, treeState, type TreeState } from "./handover.ts";
import { whenSpawned } from "./whenSpawned.ts";
import { observe, type AttemptEnd } from "./observe.ts";
import { fenceOf, type Work } from "./work.ts";

const TOKEN_TRIES = 6;
const TOKEN_RETRY = { baseMs: 500, capMs: 10_000 };

export interface AttemptPlace {
  cwd: string;
  /** State of the checkout before the first attempt of this claim. */
  before: TreeState | undefined;
}

/** Runs the present attempt of `work` with `profile`. Throws TemplateError when its prompt cannot be made. */
export async function executeAttempt(
  context: RunnerContext,
  work: Work,
  { profile, ...place }: AttemptPlace & { profile: Profile },
): Promise<AttemptEnd> {
  const { folders, options } = context;
  const folder = jobFolder(folders, work.claimed.job.id);
  const dir = attemptFolder(folders, work.claimed.job.id, work.attempt);
  refuseShell(profile, work.claimed.job);
  const prompt = await promptOf(context, work, place);
  const agent = profile.type === "script" ? undefined : await agentAccess(context, work, folder);
  const env = environmentFor(work.claimed, {
    url: options.url,
    attempt: work.attempt,
    path: process.env.PATH,
    ...(agent === undefined ? {} : { agent }),
  });
  const note = jobRecordFile(folder, {
    claimed: work.claimed,
    attempt: work.attempt,
    profile: profile.name,
    tries: work.tries,
  });
  await faultPoint("beforeSpawn", work.claimed.job.handle);
  const redact = redactorFor(context, agent?.token);
  const run = async (onEvent: (event: AgentEvent) => void) => {
    const attempt = {
      // Every process that carries this mark is killed with the attempt: no other attempt of the machine may share it.
      id: `${context.mark}:${work.claimed.job.handle}:${work.attempt}:${randomUUID()}`,
      profile,
      prompt,
      cwd: place.cwd,
      dir,
      notes: [note],
      env,
      limits: attemptLimits(context, work),
      signal: work.signal,
      mayStart: work.mayStart,
      onEvent,
    };
    const lack = await context.room.forSpawn(work.signal);
    if (lack !== undefined) return unstartedAttempt(attempt, { kind: "cancelled", ok: false, detail: lack });
    const ran = runAttempt(attempt, { ...context.limits, inheritedEnv: context.environment });
    whenSpawned(dir, work.claimed.job.handle);
    return ran;
  };
  const leave = await enter(context, work, profile);
  return observe(context, work, { profile, redact, run }).finally(leave);
}

function enter({ gate }: RunnerContext, work: Work, profile: Profile): Promise<() => void> {
  work.profile = profile.name;
  return gate.enter(profile, work.signal);
}

/** Goes on with the present attempt of `work`, which an earlier process of this runner has started. */
export async function resumeAttempt(
  context: RunnerContext,
  work: Work,
  profile: Profile,
): Promise<AttemptEnd> {
  const { folders } = context;
  const dir = attemptFolder(folders, work.claimed.job.id, work.attempt);
  const token =
    profile.type === "script"
      ? undefined
      : (await agentAccess(context, work, jobFolder(folders, work.claimed.job.id))).token;
  const limits = attemptLimits(context, work);
  work.profile = profile.name;
  // It runs already: what it needs is a place that nobody else gets, not permission.
  const leave = await context.gate.enter({ ...profile, maxConcurrent: Infinity }, work.signal);
  return observe(context, work, {
    profile,
    redact: redactorFor(context, token),
    run: (onEvent) => adoptAttempt({ dir, limits, signal: work.signal, onEvent }, context.limits),
  }).finally(leave);
}

function attemptLimits({ limits }: RunnerContext, { claimed }: Work) {
  const { timeoutMs, idleTimeoutMs } = claimed.job;
  return { timeoutMs, idleTimeoutMs, outputBytes: limits.outputBytes };
}

/**
 * A profile of type script runs its prompt as shell commands. The prompt of any other job quotes the north star and
 * earlier results, so whoever can write those would run commands on this machine.
 */
function refuseShell(profile: Profile, job: Claimed["job"]): void {
  if (profile.type !== "script" || job.class === "script") return;
  throw new TemplateError(
    `Profile ${profile.name} is of type script and would run the prompt of this ${job.type} job as shell commands: ` +
      "name a profile of another type for it, or insert a job of type script.",
  );
}

/** A script's context is its command; everything else gets its template. */
async function promptOf(context: RunnerContext, work: Work, place: AttemptPlace): Promise<string> {
  const { claimed } = work;
  if (claimed.job.class === "script") return claimed.job.context;
  const now = work.attempt > 1 ? await treeState(place.cwd) : undefined;
  const last = work.tries.at(-1);
  return promptFor(claimed, {
    repoPath: place.cwd,
    templates: context.options.namespaces[claimed.namespace]?.templates,
    handover: handoverText({
      attempt: work.attempt,
      last: last === undefined ? undefined : `${last.profile}: ${last.effect}`,
      before: place.before,
      now,
    }),
  });
}

async function agentAccess(
  context: RunnerContext,
  work: Work,
  folder: string,
): Promise<{ token: string; binFolder: string }> {
  const token = await agentToken(context, work);
  writeAgentToken(folder, token);
  return { token, binFolder: writeAgentCli(folder, context.options.cli.command) };
}

/** Asks some times: where the backend signs the tokens, a lost connection must not fail the job. */
async function agentToken({ options, clock }: RunnerContext, work: Work): Promise<string> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await options.agentToken(fenceOf(work), work.claimed.assignment.id);
    } catch (error) {
      if (attempt >= TOKEN_TRIES || work.signal.aborted)
        throw new Error(`no token for the agent: ${describeError(error)}`, { cause: error });
      await clock.sleep(jitteredBackoff(attempt, TOKEN_RETRY, Math.random()), work.signal);
    }
  }
}

function redactorFor(context: RunnerContext, agentToken: string | undefined): Redact {
  if (agentToken === undefined) return context.redact;
  return redactor({ ...context.environment, DROVER_TOKEN: agentToken }, context.profiles.values());
}
