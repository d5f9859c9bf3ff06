/**
 * Seam: the commands of the onboarding document's quick reference, typed exactly as it spells them, as processes
 * against a real host. No runner takes part.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openWorkplace, type Workplace } from "./support/drover.ts";

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace();
});
afterAll(() => place.close());

describe("the quick reference", () => {
  it("creates an assignment and adds a job", async () => {
    const made = await place.drover("create", "Create a hello world function in test-hello.ts");
    expect(made).toMatchObject({ code: 0 });
    expect(made.json()).toMatchObject({ number: 1, created: true });
    const context = "Create a simple hello world function that returns 'Hello, World!'";
    const inserted = await place.drover(
      "insert-job",
      made.json().id,
      "--type",
      "implement",
      "--harness",
      "claude",
      "--context",
      context,
    );
    expect(inserted).toMatchObject({ code: 0 });
    expect(inserted.json().jobs).toMatchObject([{ handle: "1.1", created: true }]);
    expect((await place.drover("job", "1.1")).json().job).toMatchObject({
      type: "implement",
      context,
      status: "pending",
    });
  });

  it("lists and shows what is there", async () => {
    const [queue, assignments, assignment, jobs, job] = await Promise.all([
      place.drover("queue"),
      place.drover("assignments"),
      place.drover("assignment", "1"),
      place.drover("jobs"),
      place.drover("job", "1.1"),
    ]);
    expect(queue.json()).toMatchObject({ namespace: "shop", jobs: { pending: 1 }, running: [] });
    expect(assignments.json()).toMatchObject([{ number: 1 }]);
    expect(assignment.json()).toMatchObject({
      assignment: { northStar: "Create a hello world function in test-hello.ts" },
      jobs: [{ handle: "1.1" }],
    });
    expect(jobs.json()).toMatchObject([{ handle: "1.1", cascade: ["claude"] }]);
    expect(job.json()).toMatchObject({ job: { handle: "1.1" }, attempts: [] });
  });

  it("escalates, resumes and completes an assignment", async () => {
    const block = await place.drover(
      "update-assignment",
      "1",
      "--status",
      "blocked",
      "--reason",
      "needs a key",
    );
    expect(block.json()).toMatchObject({ status: "blocked", blocked: { reason: "needs a key" } });
    expect((await place.drover("update-assignment", "1", "--status", "active")).json().status).toBe("active");
    const done = await place.drover(
      "update-assignment",
      "1",
      "--status",
      "complete",
      "--decisions",
      "d",
      "--artifacts",
      "a",
    );
    expect(done.json()).toMatchObject({ status: "complete", decisions: "d", artifacts: "a" });
    expect((await place.drover("jobs", "--status", "canceled")).json()).toMatchObject([{ handle: "1.1" }]);
  });

  it("says at once that a job was put into a blocked assignment", async () => {
    const number = String((await place.drover("create", "held", "--independent")).json().number);
    await place.drover("update-assignment", number, "--status", "blocked", "--reason", "need a key");
    const late = await place.drover("insert-job", number, "--type", "script", "--context", "true");
    expect(late.code).toBe(0);
    expect(late.stderr).toContain(`waits: assignment ${number} is blocked (human must act): need a key`);
  });

  it("keeps the older names complete, block and unblock", async () => {
    await place.drover("create", "Another");
    expect((await place.drover("block", "2", "--reason", "why")).json().status).toBe("blocked");
    expect((await place.drover("unblock", "2")).json().status).toBe("active");
    expect((await place.drover("complete", "2")).json().status).toBe("complete");
  });

  it("lets a job be driven by hand, whose end brings the PM", async () => {
    await place.drover("create", "By hand", "--independent", "--priority", "3");
    await place.drover("insert-job", "3", "--type", "plan", "--context", "think");
    expect((await place.drover("start-job", "3.1")).json()).toMatchObject({ job: "3.1", attempt: 1 });
    expect((await place.drover("queue")).json().running).toMatchObject([{ handle: "3.1", manual: true }]);
    expect((await place.drover("complete-job", "3.1", "--result", "the plan")).json().status).toBe(
      "complete",
    );
    const { jobs } = (await place.drover("assignment", "3")).json();
    expect(jobs).toMatchObject([{ handle: "3.1" }, { handle: "3.2", type: "pm", status: "pending" }]);
    await place.drover("start-job", "3.2");
    const failed = await place.drover("fail-job", "3.2", "--result", "no idea");
    expect(failed.json().status).toBe("failed");
  });

  it("retries a job, pauses and resumes the queue, and lists runners", async () => {
    await place.drover("create", "Again", "--independent", "--policy", "static");
    const number = (await place.drover("assignments")).json()[0].number as number;
    await place.drover("insert-job", String(number), "--type", "plan", "--context", "x");
    await place.drover("cancel", `${number}.1`);
    expect((await place.drover("explain", `${number}.1`)).json().next).toContain(`drover retry ${number}.1`);
    expect((await place.drover("retry", `${number}.1`)).json()).toMatchObject({ status: "pending" });
    expect((await place.drover("pause")).json()).toEqual({ namespace: "shop", paused: true });
    expect((await place.drover("queue")).json().paused).toBe(true);
    expect((await place.drover("resume")).json().paused).toBe(false);
    expect((await place.drover("runners")).json()).toEqual([]);
    expect(await place.drover("runners", "--drain", "nobody")).toMatchObject({ code: 2, stdout: "" });
    await place.drover("cancel", String(number));
  });

  it("orders jobs with --after and several at once with --jobs-file", async () => {
    await place.drover("create", "Batch", "--policy", "static", "--independent");
    const number = (await place.drover("assignments")).json()[0].number as number;
    const jobs = [
      { key: "a", type: "plan", context: "first" },
      { key: "b", type: "script", context: "true", after: "a" },
    ];
    const inserted = await place.drover("insert-job", String(number), "--jobs", JSON.stringify(jobs));
    expect(inserted.json().jobs).toHaveLength(2);
    const again = await place.drover("insert-job", String(number), "--jobs", JSON.stringify(jobs));
    expect(again.json().jobs).toMatchObject([{ created: false }, { created: false }]);
    const third = [
      "insert-job",
      String(number),
      "--type",
      "review",
      "--context",
      "look",
      "--after",
      `${number}.1`,
      "--after",
      `${number}.2`,
    ];
    expect((await place.drover(...third)).code).toBe(0);
    const { edges } = (await place.drover("job", `${number}.3`)).json();
    expect(edges.waitsFor.map((edge: { handle: string }) => edge.handle).sort()).toEqual([
      `${number}.1`,
      `${number}.2`,
    ]);
    const explained = (await place.drover("explain", `${number}.3`)).json();
    expect(explained).toMatchObject({
      ready: false,
      causes: [{ reason: "dependencies", handle: `${number}.1` }, { handle: `${number}.2` }],
    });
  });

  it("cancels a job and an assignment", async () => {
    await place.drover("create", "To cancel", "--independent");
    const number = (await place.drover("assignments")).json()[0].number as number;
    await place.drover("insert-job", String(number), "--type", "plan", "--context", "x");
    expect((await place.drover("cancel", `${number}.1`)).json()).toMatchObject({
      kind: "job",
      outcome: "canceled",
    });
    expect((await place.drover("kill", String(number))).json()).toMatchObject({
      kind: "assignment",
      status: "canceled",
    });
  });
});
