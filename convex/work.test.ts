/**
 * Claims, reports and the fence, seen from a runner: what the functions answer and what the rows say afterwards.
 * Not asserted: how many rows a call reads (convex/model/claim.test.ts) and readiness in general
 * (convex/readiness.test.ts).
 */
import { afterEach, describe, expect, it, vi } from "vitest";
import { api } from "./_generated/api.js";
import { ended, openQueue } from "./queue.testkit.ts";

afterEach(() => vi.useRealTimers());

describe("work:claim", () => {
  it("gives the job to one session and null to the others", async () => {
    const q = await openQueue();
    const [job = ""] = await q.insert(await q.create(), {});
    const [a, b] = [await q.startSession(), await q.startSession({ runner: "r2" })];
    expect(await q.claim(a, job)).toMatchObject({ job: { handle: "1.1", attempt: 1 }, namespace: "main" });
    expect(await q.claim(b, job)).toBeNull();
    expect(await q.row(job)).toMatchObject({ status: "running", attempt: 1, ready: false });
    expect(await q.assignment("1")).toMatchObject({ status: "active" });
  });

  it("runs a job to its end and completes its static assignment", async () => {
    const q = await openQueue();
    const jobs = await q.insert(await q.create(), { key: "a" }, { key: "b", after: ["a"] });
    const s = await q.startSession();
    expect(await q.row("1.2")).toMatchObject({ waitingFor: ["dependencies"], unmetDeps: 1 });
    expect(await q.run(s, jobs[0] ?? "")).toMatchObject({ kind: "accepted" });
    expect(await q.row("1.2")).toMatchObject({ waitingFor: [], ready: true });
    await q.run(s, jobs[1] ?? "");
    expect(await q.assignment("1")).toMatchObject({ status: "complete" });
  });
});

void api;
void ended;
