/**
 * Seam: the PM loop as users meet it: `drover` as processes, a real host, a real runner, and small programs as agents
 * that misbehave in one way each. Observed is what `drover assignment` says in the end.
 */
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { openWorkplace, start, type Workplace } from "./support/drover.ts";

let place: Workplace;
let runner: ReturnType<typeof start> | undefined;
beforeAll(async () => {
  place = await openWorkplace({
    harnessDefaults: { default: "boss" },
    limits: { maxJobs: 8 },
    harnesses: { boss: { type: "command", command: ["sh", "pm.sh"] } },
  });
});
afterEach(async () => {
  if (runner?.exitCode !== null) return;
  const ended = once(runner, "exit");
  runner.kill("SIGTERM");
  await ended;
});
afterAll(() => place.close());

/** Lets `pm` (a shell script; the prompt lies in ../prompt) be the PM, and starts a runner. */
function withPm(pm: string): void {
  writeFileSync(join(place.repo, "pm.sh"), `cat > ../prompt\n${pm}\n`);
  runner = start(["runner", "--slots", "2"], { cwd: place.repo, env: place.env });
}

async function end(number: string) {
  for (;;) {
    const view = (await place.drover("assignment", number)).json();
    if (["complete", "blocked", "failed"].includes(view.assignment.status)) return view;
  }
}

async function assignmentWith(command: string, ...flags: string[]): Promise<string> {
  const { id, number } = (await place.drover("create", "Paint the door red", "--independent")).json();
  const inserted = await place.drover("insert-job", id, "--type", "script", "--context", command, ...flags);
  expect(inserted).toMatchObject({ code: 0 });
  return String(number);
}

describe("a PM", () => {
  it("that answers nothing gets one reminder, then the assignment is blocked with a reason", async () => {
    withPm("echo I have looked at everything and it is very nice.");
    const view = await end(await assignmentWith("true"));
    expect(view.assignment).toMatchObject({ status: "blocked", blocked: { owner: "human" } });
    expect(view.assignment.blocked.reason).toMatch(/no decision/);
    expect(view.jobs.map((job: { type: string }) => job.type)).toEqual(["script", "pm", "pm"]);
  });

  it("that inserts for ever is stopped by the limit of jobs", async () => {
    withPm(`"$DROVER_CLI" insert-job --type script --context "echo $DROVER_JOB" > /dev/null || echo refused`);
    const number = await assignmentWith("true");
    const view = await end(number);
    expect(view.assignment.status).toBe("blocked");
    expect(view.assignment.blocked.reason).toMatch(/8/);
    const jobs = (await place.drover("assignment", number)).json().jobs;
    expect(jobs.length).toBeLessThanOrEqual(8);
  });

  it("is told of a failure as a failure", async () => {
    withPm(`echo '{"decision":"block","reason":"the brush broke"}'`);
    const view = await end(await assignmentWith("echo no paint left; exit 3"));
    expect(view.jobs[0]).toMatchObject({ status: "failed" });
    expect(view.jobs[1]).toMatchObject({ type: "pm", reviews: view.jobs[0].id });
    expect(view.assignment.blocked).toMatchObject({ reason: "the brush broke" });
    const prompt = readFileSync(join(place.folder, "prompt"), "utf8");
    expect(prompt).toMatch(/Job under review: \d+\.1 \(script\), status failed/);
    expect(prompt).toContain("no paint left");
  });
});
