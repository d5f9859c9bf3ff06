import { headAndTail } from "../../../domain/text.ts";
import { refuseBarred } from "../access/barred.ts";
import { attemptOf } from "../shared/attemptOf.ts";
import { closeAttempt } from "./closeAttempt.ts";
import { fail } from "../shared/fail.ts";
import { checkFence, type Held } from "./fence.ts";
import { probeFor, whyPassed } from "../claim/usableProfile.ts";
import type { AttemptReport, Fence } from "../shared/workShapes.ts";
import type { ScopedTx } from "../shared/tx.ts";

/** Bytes of the reason why the next profile has its turn. */
const MAX_WHY_BYTES = 2000;

type Args = {
  fence: Fence;
  ended: AttemptReport;
  profile: string;
  harness: string;
};

type Result =
  | { kind: "advanced"; attempt: number }
  /** Another job tries the profile after its limit: nothing was changed, ask for the next one. */
  | { kind: "probed"; until: number }
  | { kind: "lease_lost" };

/** See `work:advance`: the next profile is a new attempt of the same session. Sent twice, it advances once. */
export async function advanceAttempt(ctx: ScopedTx, args: Args): Promise<Result> {
  const held = await checkFence(ctx, args.fence);
  if (held.kind === "stale") return (await advancedBefore(ctx, held, args)) ?? { kind: "lease_lost" };
  const { job, attempt, session } = held;
  // Only the present session starts anything new; its predecessor may but tell what it has finished.
  if (attempt.session !== session._id) return { kind: "lease_lost" };
  refuseBarred(job, args.profile);
  if (!job.cascade.includes(args.profile)) {
    fail(
      "INVALID",
      `profile: expected one of the job's cascade (${job.cascade.join(", ")}), got ${JSON.stringify(args.profile)}`,
    );
  }
  const { probes, until } = await probeFor(ctx, job, args.profile);
  if (until !== undefined) return { kind: "probed", until };
  const why = await whyNext(ctx, { job, session }, args);
  await closeAttempt(ctx, held, { ended: args.ended, outcome: "advanced" });
  const number = job.attempt + 1;
  const attemptRow = await ctx.db.insert("attempts", {
    job: job._id,
    number,
    session: session._id,
    profile: args.profile,
    harness: args.harness,
    why,
    startedAt: ctx.now,
    ...(probes === undefined ? {} : { probe: true }),
  });
  if (probes !== undefined)
    await ctx.db.patch("harnessHealth", probes, { probe: { job: job._id, attempt: number } });
  await ctx.db.patch("jobs", job._id, { attempt: number, attemptRow, profileUsed: args.profile });
  return { kind: "advanced", attempt: number };
}

/** What the attempt before came to, and why each profile between the two was passed over. */
async function whyNext(
  ctx: ScopedTx,
  { job, session }: Pick<Held, "job" | "session">,
  { ended, profile }: Args,
): Promise<string> {
  const again = ended.profile === profile ? "once more after " : `${ended.profile}: `;
  const names = job.cascade.slice(job.cascade.indexOf(ended.profile) + 1, job.cascade.indexOf(profile));
  const before = `${again}${ended.verdict}${ended.detail === undefined ? "" : `, ${ended.detail}`}`;
  return headAndTail([before, ...(await whyPassed(ctx, job, { names, session }))].join("\n"), MAX_WHY_BYTES);
}

async function advancedBefore(
  ctx: ScopedTx,
  { job, attempt, session }: Held,
  args: Args,
): Promise<Result | null> {
  const number = args.fence.attempt + 1;
  const runs = job.status === "running" && job.attempt === number && job.session === session._id;
  if (!runs || attempt?.outcome !== "advanced") return null;
  const next = await attemptOf(ctx, job, number);
  return next?.profile === args.profile ? { kind: "advanced", attempt: number } : null;
}
