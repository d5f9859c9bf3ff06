/**
 * Seam: real functions on the embedded host, the unmodified Convex client, real runner processes and real children.
 * Observed are files that jobs write, what the queue says of jobs, and processes.
 */
import { existsSync } from "node:fs";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { api } from "../../convex/_generated/api.js";
import type { Backend } from "../../runner/connect/backend.ts";
import { connectBackend } from "../../runner/connect/convexBackend.ts";
import { startRunner, type RunnerHandle } from "../../runner/daemon.ts";
import type { LogEntry, RunnerOptions } from "../../runner/options.ts";
import {
  getJob,
  insertScripts,
  queueHost,
  runnerProcess,
  settingsFor,
  untilJob,
  type QueueHost,
} from "../support/queueHost.ts";
import { runnerOptions, type RunnerSettings } from "../support/runnerOptions.ts";

const here = async (
  host: QueueHost,
  settings: Partial<RunnerSettings> = {},
  change: Partial<RunnerOptions> = {},
) => {
  const log: LogEntry[] = [];
  const options = runnerOptions(settingsFor(host, settings), (entry) => void log.push(entry));
  const runner: RunnerHandle = await startRunner({ ...options, ...change });
  onTestFinished(() => runner.kill());
  return Object.assign(runner, { log });
};
const settled = (host: QueueHost, handle: string) =>
  untilJob(host, handle, ({ job }) => ["complete", "failed", "canceled", "skipped"].includes(job.status));
const lines = async (file: string) => (await readFile(file, "utf8")).trim().split("\n");

describe("runners on one queue", () => {
  it("execute 200 jobs exactly once between two of them", async () => {
    const host = await queueHost({ leaseMs: 15_000 });
    const file = join(host.checkout, "ran");
    const handles = await insertScripts(
      host,
      Array.from({ length: 200 }, () => ({ context: `echo $DROVER_JOB >> ${file}` })),
    );
    const runners = [
      await here(host, { name: "one", slots: 4 }),
      await here(host, { name: "two", slots: 4 }),
    ];
    await untilValue(
      () => host.admin.query(api.scheduler.queueStatus, { namespace: host.namespace }),
      (status) => status.jobs.complete === 200,
    );
    expect((await lines(file)).toSorted()).toEqual(handles.toSorted());
    const shares = runners.map(({ log }) => log.filter((entry) => entry.event === "job:complete").length);
    expect(shares.reduce((a, b) => a + b, 0)).toBe(200);
    expect(Math.min(...shares)).toBeGreaterThan(0);
  });

  it("run a graph in an order that its edges allow", async () => {
    const host = await queueHost({ leaseMs: 15_000 });
    const file = join(host.checkout, "order");
    const node = (key: string, ...after: string[]) => ({ key, after, context: `echo ${key} >> ${file}` });
    const edges = { b: ["a"], c: ["a"], d: ["b", "c"], e: ["c"], f: ["d", "e"] };
    const handles = await insertScripts(host, [
      node("a"),
      ...Object.entries(edges).map(([key, after]) => node(key, ...after)),
    ]);
    await here(host, { name: "one" });
    await here(host, { name: "two" });
    await Promise.all(handles.map((handle) => settled(host, handle)));
    const order = await lines(file);
    expect(order.toSorted()).toEqual(["a", "b", "c", "d", "e", "f"]);
    for (const [key, after] of Object.entries(edges))
      for (const before of after) expect(order.indexOf(before)).toBeLessThan(order.indexOf(key));
  });

  it("cost fewer claims than runners when many idle ones see one job", async () => {
    const host = await queueHost({ leaseMs: 15_000 });
    const names = Array.from({ length: 12 }, (_, i) => `idle-${i}`);
    let claims = 0;
    const counted: RunnerOptions["connect"] = (connection) => {
      const backend = connectBackend(connection);
      const exchange: Backend["exchange"] = (call) => {
        claims += call.claim.jobs.length > 0 ? 1 : 0;
        return backend.exchange(call);
      };
      // As after some minutes: every runner knows of every other one.
      return { ...backend, exchange, liveRunners: () => Promise.resolve(names) };
    };
    await Promise.all(names.map((name) => here(host, { name }, { connect: counted })));
    const [handle = ""] = await insertScripts(host, [{ context: "true" }]);
    await settled(host, handle);
    expect(claims).toBeGreaterThanOrEqual(1);
    expect(claims).toBeLessThan(names.length);
  });
});

describe("a runner process", () => {
  it("that is killed loses its job to another one when the lease is over, and its late report is refused", async () => {
    const host = await queueHost();
    const go = join(host.checkout, "go");
    const started = join(host.checkout, "started");
    const ended = join(host.checkout, "ended");
    const [handle = ""] = await insertScripts(host, [
      {
        context: `trap 'echo $DROVER_ATTEMPT >> ${ended}; exit' TERM; echo $DROVER_ATTEMPT >> ${started}
          while [ ! -e ${go} ]; do sleep 0.02; done; echo by $DROVER_ATTEMPT`,
      },
    ]);
    const first = await runnerProcess(host, { name: "first" });
    await untilFile(started);
    const { session, id: job } = (await getJob(host, handle)).job;
    first.child.kill("SIGKILL");
    await first.exited;
    await here(host, { name: "second" });
    // What the dead runner has left working is ended before its job is given to somebody else.
    await untilFile(ended, (text) => text === "1\n");
    await untilFile(started, (text) => text === "1\n2\n");
    const late = await host.admin.mutation(api.work.report, {
      namespace: host.namespace,
      fence: { job, attempt: 1, session: session ?? "" },
      ended: { profile: "script", harness: "script", verdict: "success", startedAt: 1, endedAt: 2 },
      outcome: { kind: "complete", result: "by the dead" },
    });
    expect(late.kind).toBe("lease_lost");
    await writeFile(go, "");
    const view = await settled(host, handle);
    expect(view.job).toMatchObject({ status: "complete", attempt: 2, lostCount: 1, result: "by 2\n" });
    expect(view.attempts.find((attempt) => attempt.number === 1)?.lateResult).toBe("by the dead");
  });

  it("that is killed and started again adopts its living child: no second execution, no lost result", async () => {
    const host = await queueHost({ leaseMs: 15_000 });
    const go = join(host.checkout, "go");
    const started = join(host.checkout, "started");
    const [handle = ""] = await insertScripts(host, [
      { context: `echo once >> ${started}; while [ ! -e ${go} ]; do sleep 0.02; done; echo done` },
    ]);
    const first = await runnerProcess(host);
    await untilFile(started);
    first.child.kill("SIGKILL");
    await first.exited;
    const second = await here(host);
    await writeFile(go, "");
    const view = await settled(host, handle);
    expect(view.job).toMatchObject({ status: "complete", attempt: 1, result: "done\n" });
    expect(await lines(started)).toEqual(["once"]);
    expect(second.log.map((entry) => entry.event)).toContain("job:adopted");
  });

  it.each(["claimed", "beforeSpawn", "spawned", "childExited", "outboxWritten", "reported"])(
    "that dies at the point %s and is started again brings its job to one end",
    async (point) => {
      const host = await queueHost({ leaseMs: 6000 });
      const [handle = ""] = await insertScripts(host, [{ context: "sleep 0.2; echo done" }]);
      const first = await runnerProcess(host, {}, { DROVER_FAULT: `${point}:kill` });
      expect(await first.exited).toBe("SIGKILL");
      await here(host);
      const view = await settled(host, handle);
      expect(view.job).toMatchObject({ status: "complete", result: "done\n" });
      expect(view.attempts.filter((attempt) => attempt.outcome === "complete")).toHaveLength(1);
    },
    60_000,
  );

  it("drains on TERM: finishes its job, leaves the next one", async () => {
    const host = await queueHost({ leaseMs: 15_000 });
    const go = join(host.checkout, "go");
    const started = join(host.checkout, "started");
    const [first = "", second = ""] = await insertScripts(host, [
      { context: `echo x > ${started}; while [ ! -e ${go} ]; do sleep 0.02; done` },
      { context: "true" },
    ]);
    const runner = await runnerProcess(host, { slots: 1 });
    await untilFile(started);
    runner.child.kill("SIGTERM");
    await untilLog(runner, "draining");
    await writeFile(go, "");
    expect(await runner.exited).toBe(0);
    expect((await getJob(host, first)).job.status).toBe("complete");
    expect((await getJob(host, second)).job.status).toBe("pending");
  });

  it("kills on the second signal: no process is left, and the job is pending again", async () => {
    const host = await queueHost({ leaseMs: 15_000 });
    const pidFile = join(host.checkout, "pid");
    const [handle = ""] = await insertScripts(host, [{ context: `echo $$ > ${pidFile}; sleep 600` }]);
    const runner = await runnerProcess(host);
    await untilFile(pidFile);
    runner.child.kill("SIGTERM");
    runner.child.kill("SIGINT");
    expect(await runner.exited).toBe(0);
    expect(existsSync(`/proc/${(await readFile(pidFile, "utf8")).trim()}`)).toBe(false);
    expect((await getJob(host, handle)).job).toMatchObject({ status: "pending", lostCount: 0 });
  });
});

describe("a running job", () => {
  it("is killed when it is canceled", async () => {
    const host = await queueHost({ leaseMs: 15_000 });
    const pidFile = join(host.checkout, "pid");
    const [handle = ""] = await insertScripts(host, [{ context: `echo $$ > ${pidFile}; sleep 600` }]);
    await here(host);
    await untilFile(pidFile);
    await host.admin.mutation(api.jobs.cancel, { namespace: host.namespace, job: handle });
    const view = await settled(host, handle);
    expect(view.job.status).toBe("canceled");
    expect(existsSync(`/proc/${(await readFile(pidFile, "utf8")).trim()}`)).toBe(false);
  });

  it("writes its activity and its usage back", async () => {
    const host = await queueHost({ leaseMs: 15_000 });
    const [handle = ""] = await insertScripts(host, [{ context: "echo one; echo two" }]);
    await here(host);
    await settled(host, handle);
    const events = await untilValue(
      () => host.admin.query(api.events.list, { namespace: host.namespace, job: handle }),
      (rows) => rows.length > 0,
    );
    expect(events.map((event: { text: string }) => event.text).join("\n")).toContain("two");
  });
});

describe("the PM loop", () => {
  it("takes a decision from the last JSON object of a PM job and completes the assignment", async () => {
    const host = await queueHost({ leaseMs: 15_000 });
    const { admin, namespace } = host;
    const decide = `cat > prompt.$DROVER_JOB; echo 'Evidence: seen.'; echo '{"decision":"complete","decisions":"all is well"}'`;
    await admin.mutation(api.namespaces.ensure, {
      namespace,
      profiles: ["pm"],
      harnessDefaults: { default: "pm" },
    });
    const assignment = await admin.mutation(api.assignments.create, {
      namespace,
      northStar: "a red door",
      policy: "pm",
    });
    await admin.mutation(api.jobs.insert, {
      namespace,
      assignment: assignment.id,
      jobs: [{ type: "script", context: "echo painted it red" }],
    });
    await here(host, { profiles: [{ name: "pm", type: "command", command: ["sh", "-c", decide] }] });
    const view = await untilValue(
      () => admin.query(api.assignments.get, { namespace, assignment: assignment.id }),
      (value) => value.assignment.status === "complete",
    );
    expect(view.assignment.decisions).toBe("all is well");
    const prompts = (await readdir(host.checkout)).filter((name) => name.startsWith("prompt."));
    expect(prompts).toHaveLength(1);
    const prompt = await readFile(join(host.checkout, prompts[0] ?? ""), "utf8");
    expect(prompt).toContain("a red door");
    expect(prompt).toContain("painted it red");
    expect(prompt).toMatch(/Job under review: \d+\.1 \(script\), status complete/);
  });
});

async function untilFile(
  file: string,
  fact: (text: string) => boolean = (text) => text !== "",
): Promise<void> {
  while (!existsSync(file) || !fact(await readFile(file, "utf8"))) await tick();
}

async function untilLog(runner: { stderr: () => string }, word: string): Promise<void> {
  while (!runner.stderr().includes(word)) await tick();
}

async function untilValue<T>(get: () => Promise<T>, fact: (value: T) => boolean): Promise<T> {
  for (;;) {
    const value = await get();
    if (fact(value)) return value;
    await tick();
  }
}

function tick(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 20));
}
