import { api } from "../../convex/_generated/api.js";
import type { FunctionReturnType } from "convex/server";
import type { FollowOptions } from "./followOptions.ts";
import { thisMachine } from "./order.ts";
import type { RunJob } from "./runModel.ts";

type Health = FunctionReturnType<typeof api.health.list>[number];
/** What a profile can do for a job now. */
type Hope = { kind: "free" } | { kind: "limited"; until: number | undefined } | { kind: "gone"; why: string };

/**
 * Nothing runs: says whether the run only waits for limits that are too far away, and gives the jobs up whose
 * profiles will not come back (not installed, no credentials, all tries used up).
 */
export async function judgeStandstill(options: FollowOptions): Promise<"moves" | "limited"> {
  const { backend, order, run } = options;
  const { namespace } = order;
  const [status, health] = await Promise.all([
    backend.query(api.runs.watch, { namespace, run }),
    backend.query(api.health.list, { namespace }),
  ]);
  if (status.running.length > 0 || status.paused) return "moves";
  const waits: number[] = [];
  for (const job of [...status.parked, ...(options.ownRunner ? status.ready : [])]) {
    const hopes = job.cascade
      .filter((name) => job.barred?.includes(name) !== true)
      .map((name) => hopeFor(name, health, options));
    const outlook = outlookOf(job, hopes, order.onLimit);
    if (outlook.kind === "moves") return "moves";
    if (outlook.kind === "waits") waits.push(outlook.until);
    else await giveUp(options, job, hopes);
  }
  if (waits.length === 0 || order.onLimit === "wait") return "moves";
  return Math.min(...waits) - Date.now() > order.maxWaitMs ? "limited" : "moves";
}

type Outlook = { kind: "moves" } | { kind: "waits"; until: number } | { kind: "lost" };

/** What will become of a job that does not run. */
function outlookOf(job: RunJob, hopes: readonly Hope[], onLimit: "stop" | "wait"): Outlook {
  const resets = hopes.flatMap((hope) => (hope.kind === "limited" ? [hope.until ?? Infinity] : []));
  const isPending = job.status === "pending";
  const isFree = hopes.some(({ kind }) => kind === "free");
  if (isPending && isFree) return { kind: "moves" };
  if (resets.length > 0) return { kind: "waits", until: Math.min(...resets, job.retryAt ?? Infinity) };
  return isPending || onLimit === "stop" ? { kind: "lost" } : { kind: "moves" };
}

function hopeFor(
  profile: string,
  health: readonly Health[],
  { order, ownRunner, lacking }: FollowOptions,
): Hope {
  const lack = lacking.get(profile);
  if (lack !== undefined) return { kind: "gone", why: `${profile}: ${lack}` };
  const rows = health.filter(
    (row) =>
      row.profile === profile &&
      row.probe === undefined &&
      (row.machine === undefined || row.machine === thisMachine()),
  );
  const limited = rows.find(({ kind }) => kind === "limited");
  if (limited !== undefined) return { kind: "limited", until: limited.until };
  const offline = rows.find(({ kind }) => kind === "offline");
  if (offline !== undefined) return { kind: "gone", why: `${profile}: ${offline.reason}` };
  if (ownRunner && !order.profiles.some(({ name }) => name === profile)) {
    return { kind: "gone", why: `${profile}: not offered here` };
  }
  return { kind: "free" };
}

async function giveUp({ backend, order }: FollowOptions, job: RunJob, hopes: Hope[]): Promise<void> {
  const reasons = hopes.flatMap((hope) => (hope.kind === "gone" ? [hope.why] : []));
  const error =
    reasons.length > 0
      ? `no profile can run it: ${reasons.join("; ")}`
      : await lastWords(backend, order.namespace, job);
  await backend.mutation(api.runs.giveUp, { namespace: order.namespace, job: job.id, error });
}

/** Every profile was tried and failed in a way that a next try might mend: what the last of them said. */
async function lastWords(backend: FollowOptions["backend"], namespace: string, job: RunJob): Promise<string> {
  const { attempts } = await backend.query(api.jobs.get, { namespace, job: job.id });
  const last = attempts.at(-1);
  return `all profiles failed, ${last?.profile ?? "the last"} with ${last?.verdict ?? "no verdict"}${last?.detail === undefined ? "" : `: ${last.detail}`}`;
}
