/** Where context and result of a job stand, seen through what jobs:get and a claim give. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "./_generated/api.js";
import { openQueue } from "./queue.testkit.ts";

afterEach(() => vi.useRealTimers());

const SHORT = "a short text";
const LONG = "a long text ".repeat(100);
const pick = [SHORT, LONG];
const histories = pick.flatMap((context) =>
  pick.flatMap((first) => pick.map((second) => ({ context, first, second }))),
);

describe("context and result of a job", () => {
  it("come back whole, short or long, also when a retry brings another result", async () => {
    const q = await openQueue();
    const session = await q.startSession();
    const assignment = await q.create({ limits: { maxConsecutiveFailures: 100 } });
    for (const { context, first, second } of histories) {
      const [handle = ""] = await q.insert(assignment, { context });
      const texts = async () => {
        const { job } = await q.admin.query(api.jobs.get, { namespace: "main", job: handle });
        return { context: job.context, result: job.result };
      };
      expect(await texts()).toEqual({ context });
      await q.run(session, handle, { kind: "failed", error: "no", result: first });
      expect(await texts()).toEqual({ context, result: first });
      await q.admin.mutation(api.jobs.retry, { namespace: "main", job: handle });
      const claimed = await q.claim(session, handle);
      expect(claimed?.job.context).toBe(context);
      const fence = { job: claimed?.job.id ?? "", attempt: 2, session };
      await q.report(fence, { kind: "complete", result: second });
      expect(await texts()).toEqual({ context, result: second });
    }
  });

  it("stand in one place: both in the job's row, or both beside it", async () => {
    const q = await openQueue();
    const session = await q.startSession();
    const assignment = await q.create();
    for (const { context, first } of histories) {
      const [handle = ""] = await q.insert(assignment, { context });
      await q.run(session, handle, { kind: "complete", result: first });
      const job = await q.row(handle);
      const beside = await q.t.run((ctx) =>
        ctx.db
          .query("jobTexts")
          .withIndex("by_job", (range) => range.eq("job", job._id))
          .collect(),
      );
      const long = context === LONG || first === LONG;
      expect(beside).toHaveLength(long ? 1 : 0);
      expect([job.context, job.result]).toEqual(long ? [undefined, undefined] : [context, first]);
    }
  });

  it("are in no list of jobs", async () => {
    const q = await openQueue();
    const session = await q.startSession();
    await q.insert(await q.create(), {});
    await q.run(session, "1.1");
    const [job] = await q.admin.query(api.jobs.list, { namespace: "main" });
    expect(job).not.toHaveProperty("context");
    expect(job).not.toHaveProperty("result");
  });
});
