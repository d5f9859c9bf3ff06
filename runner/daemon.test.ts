/**
 * Seam: the daemon between a backend in memory and real child processes. Observed are what the backend was told, the
 * processes and the files; readiness, policies and the wire are not (see test/e2e).
 */
import { existsSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MemoryBackend } from "../test/support/memoryBackend.ts";
import {
  startTestRunner,
  testPlace,
  type TestPlace,
  type TestRunner,
} from "../test/support/startTestRunner.ts";
import { systemClock } from "./clock.ts";
import type { RunnerOptions } from "./options.ts";

let backend: MemoryBackend;
let place: TestPlace;
let runners: TestRunner[];

beforeEach(async () => {
  backend = new MemoryBackend();
  place = await testPlace();
  runners = [];
});
afterEach(async () => {
  backend.mendLine();
  await Promise.all(runners.map((runner) => runner.kill()));
  await place.remove();
});

const start = async (change: Partial<RunnerOptions> = {}) => {
  const runner = await startTestRunner(backend, place, change);
  runners.push(runner);
  return runner;
};
const settled = (...handles: string[]) =>
  backend.until(() => handles.every((handle) => backend.job(handle).status === "settled"));

describe("a runner", () => {
  it("runs a script job and reports its output", async () => {
    backend.add("1.1", { context: "echo hello" });
    await start();
    await settled("1.1");
    const job = backend.job("1.1");
    expect(job.outcome).toMatchObject({ kind: "complete" });
    expect((job.outcome as { result: string }).result).toContain("hello");
    expect(job.rows).toMatchObject([
      { profile: "script", harness: "script", verdict: "success", exitCode: 0 },
    ]);
  });

  it("runs at most as many jobs at once as it has slots, and all of them once", async () => {
    const file = join(place.checkout, "ran");
    const busy = join(place.checkout, "busy");
    for (let i = 1; i <= 12; i += 1)
      backend.add(`1.${i}`, {
        context: `mkdir ${busy}-$DROVER_JOB; ls -d ${busy}-* | wc -l >> ${file}; rmdir ${busy}-$DROVER_JOB`,
      });
    await start({ slots: 3 });
    await settled(...Array.from({ length: 12 }, (_, i) => `1.${i + 1}`));
    const counts = (await readFile(file, "utf8")).trim().split("\n").map(Number);
    expect(counts).toHaveLength(12);
    expect(Math.max(...counts)).toBeLessThanOrEqual(3);
  });

  it("fails a script job with its exit code and keeps its output", async () => {
    backend.add("1.1", { context: "echo before; echo why >&2; exit 3" });
    await start();
    await settled("1.1");
    const job = backend.job("1.1");
    expect(job.outcome?.kind).toBe("failed");
    expect(job.rows).toMatchObject([{ verdict: "failed", exitCode: 3 }]);
  });

  it("fails a job of a repository that this machine does not map, naming the key to set", async () => {
    // Else it would not even claim it.
    backend.namesRepos = false;
    backend.add("1.1", { repo: "acme/shop" });
    await start();
    await settled("1.1");
    expect(backend.job("1.1").outcome).toMatchObject({
      kind: "failed",
      error: expect.stringMatching(/repos\["acme\/shop"\].*namespace "app"/s) as string,
    });
  });

  it("fails a job whose folder is missing, and goes on with the next", async () => {
    backend.add("1.1");
    const runner = await start({
      namespaces: { app: { repos: {}, defaultPath: join(place.home, "nowhere") } },
    });
    await settled("1.1");
    expect(backend.job("1.1").outcome).toMatchObject({
      kind: "failed",
      error: expect.stringContaining("does not exist") as string,
    });
    expect(runner.log.some((entry) => entry.level === "error")).toBe(false);
  });

  it("gives a script its ids and texts but no token", async () => {
    backend.add(
      "7.2",
      { context: "env" },
      {
        assignment: {
          id: "assignment-7",
          number: 7,
          northStar: "n",
          artifacts: "the artifacts",
          decisions: "the decisions",
          policy: "static",
        },
      },
    );
    await start();
    await settled("7.2");
    const { result } = backend.job("7.2").outcome as { result: string };
    const env = Object.fromEntries(result.split("\n").map((line) => line.split(/=(.*)/s).slice(0, 2)));
    expect(env).toMatchObject({
      DROVER_NAMESPACE: "app",
      DROVER_ASSIGNMENT: "7",
      DROVER_JOB: "7.2",
      DROVER_ATTEMPT: "1",
      DROVER_ARTIFACTS: "the artifacts",
      WORKFLOW_ASSIGNMENT_ID: "7",
      WORKFLOW_JOB_ID: "7.2",
      WORKFLOW_DECISIONS: "the decisions",
    });
    expect(env).not.toHaveProperty("DROVER_TOKEN");
  });

  it("gives an agent its prompt, its token and a drover of its own", async () => {
    const agent = join(place.home, "agent.sh");
    await writeFile(agent, "cat; echo token=$DROVER_TOKEN; drover insert-job 7\n");
    backend.add("1.1", {
      type: "implement",
      class: "agent",
      context: "paint it {{ NORTH_STAR }}",
      cascade: ["sh"],
    });
    await start({
      profiles: [{ name: "sh", type: "command", command: ["sh", agent] }],
      cli: { command: ["sh", "-c", 'echo "cli $DROVER_TOKEN: $*"', "cli"] },
    });
    await settled("1.1");
    const { result } = backend.job("1.1").outcome as { result: string };
    expect(result).toMatch(/^Drover job 1\.1 \(implement\)/);
    expect(result).toContain("paint it {{ NORTH_STAR }}");
    // The token is a secret: what the agent printed of it is taken out.
    expect(result).toContain("token=[redacted DROVER_TOKEN]");
    expect(result).toContain("cli [redacted DROVER_TOKEN]: insert-job 7");
  });

  it("cuts a long result and names the file that holds it whole", async () => {
    backend.add("1.1", { context: "head -c 200000 /dev/zero | tr '\\0' x" });
    await start();
    await settled("1.1");
    const outcome = backend.job("1.1").outcome as { result: string; resultFile: string };
    expect(Buffer.byteLength(outcome.result)).toBeLessThanOrEqual(64 * 1024);
    expect(outcome.result).toContain(outcome.resultFile);
    expect((await readFile(outcome.resultFile)).length).toBe(200_000);
  });

  it("sends the agent's activity as numbered events", async () => {
    backend.add("1.1", { context: "echo one; echo two" });
    await start();
    await settled("1.1");
    await backend.until(() => backend.job("1.1").events.length > 0);
    const { events } = backend.job("1.1");
    expect(events.map((event) => event.seq)).toEqual(events.map((_, i) => i));
    expect(events.map((event) => event.text).join("\n")).toContain("two");
  });
});

describe("a queue that this runner cannot serve in full", () => {
  it("is paged through when nothing of a full window fits its profiles", async () => {
    for (let i = 1; i <= 150; i += 1) backend.add(`1.${i}`, { cascade: ["elsewhere"] });
    backend.add("1.151");
    backend.add("1.152");
    await start({ slots: 1 });
    await settled("1.151", "1.152");
    expect(backend.job("1.1").status).toBe("pending");
  });
});

describe("an agent's token", () => {
  const profiles: RunnerOptions["profiles"] = [{ name: "sh", type: "command", command: ["cat"] }];
  const agentJob = () => backend.add("1.1", { type: "implement", class: "agent", cascade: ["sh"] });
  const clock = { ...systemClock, sleep: () => Promise.resolve() };

  it("is asked for again when the backend does not answer", async () => {
    agentJob();
    let asked = 0;
    const agentToken = () =>
      ++asked < 3 ? Promise.reject(new Error("fetch failed")) : Promise.resolve("token-3");
    await start({ profiles, clock, agentToken });
    await settled("1.1");
    expect(backend.job("1.1").outcome?.kind).toBe("complete");
  });

  it("fails the job with the reason when there is none to be had", async () => {
    agentJob();
    await start({ profiles, clock, agentToken: () => Promise.reject(new Error("no signing key")) });
    await settled("1.1");
    expect(backend.job("1.1").outcome).toMatchObject({
      kind: "failed",
      error: "no token for the agent: no signing key",
    });
  });
});

describe("the end of a runner", () => {
  it("drains: finishes what runs, claims nothing more", async () => {
    const go = join(place.checkout, "go");
    backend.add("1.1", { context: `while [ ! -e ${go} ]; do sleep 0.02; done; echo done` });
    const runner = await start({ slots: 1 });
    await backend.until(() => backend.job("1.1").status === "running");
    const drained = runner.drain();
    backend.add("1.2");
    await writeFile(go, "");
    await drained;
    expect(backend.job("1.1").outcome?.kind).toBe("complete");
    expect(backend.job("1.2").status).toBe("pending");
    expect(await runner.stopped).toBe("drained");
  });

  it("drains when the backend says so", async () => {
    const runner = await start();
    const session = backend.sessions.get(runner.session);
    if (session !== undefined) session.drain = true;
    backend.changed();
    expect(await runner.stopped).toBe("drained");
  });

  it("kills: ends the processes and reports the jobs interrupted", async () => {
    const pidFile = join(place.checkout, "pid");
    backend.add("1.1", { context: `echo $$ > ${pidFile}; sleep 600` });
    const runner = await start();
    await untilFile(pidFile);
    await runner.kill();
    expect(backend.job("1.1").outcome).toMatchObject({ kind: "interrupted" });
    expect(isAlive(Number(await readFile(pidFile, "utf8")))).toBe(false);
    expect(await runner.stopped).toBe("killed");
  });

  it("is safe to ask for twice and lets the name go", async () => {
    const runner = await start();
    await Promise.all([runner.drain(), runner.kill(), runner.kill()]);
    const again = await start();
    await again.kill();
  });

  it("stops by itself when it is told to and nothing is left", async () => {
    backend.add("1.1");
    backend.add("1.2");
    const runner = await start({ once: true });
    expect(await runner.stopped).toBe("once");
    expect(backend.job("1.2").outcome?.kind).toBe("complete");
  });

  it("leaves when it has been idle for long enough", async () => {
    const runner = await start({ idleExitMs: 20 });
    expect(await runner.stopped).toBe("idle");
  });

  it("refuses a second runner of the same name and says who holds it", async () => {
    await start();
    await expect(start()).rejects.toThrow(new RegExp(`already running.*process ${process.pid}`, "s"));
  });
});

describe("a job that is taken away", () => {
  it("is killed and reported canceled when it is canceled", async () => {
    const pidFile = join(place.checkout, "pid");
    const job = backend.add("1.1", { context: `echo $$ > ${pidFile}; sleep 600` });
    await start();
    await untilFile(pidFile);
    job.cancel = true;
    backend.changed();
    await settled("1.1");
    expect(job.outcome).toEqual({ kind: "canceled" });
    expect(isAlive(Number(await readFile(pidFile, "utf8")))).toBe(false);
  });

  it("is killed and not reported when the lease is lost, and the runner goes on in a new session", async () => {
    const pidFile = join(place.checkout, "pid");
    const job = backend.add("1.1", { context: `echo $$ > ${pidFile}.$DROVER_ATTEMPT; sleep 600` });
    const runner = await start();
    await untilFile(`${pidFile}.1`);
    backend.lapse(runner.session);
    await untilFile(`${pidFile}.2`);
    expect(isAlive(Number(await readFile(`${pidFile}.1`, "utf8")))).toBe(false);
    expect(job.session).not.toBe(runner.session);
    expect(job.outcome).toBeUndefined();
    expect(existsSync(join(place.home, "runners/one/jobs/job-1_1/attempts/1/late.json"))).toBe(true);
  });

  it("is stopped by the runner itself when no renewal gets through", async () => {
    backend.leaseMs = 1500;
    const pidFile = join(place.checkout, "pid");
    backend.add("1.1", { context: `echo $$ > ${pidFile}; sleep 600` });
    const runner = await start();
    await untilFile(pidFile);
    const pid = Number(await readFile(pidFile, "utf8"));
    backend.cutLine();
    await untilGone(pid);
    // The guard, which hears of the lease, may have been quicker with the process.
    await vi.waitFor(() => expect(runner.log.map((entry) => entry.event)).toContain("session:lost"));
  });
});

describe("a cut line", () => {
  it("does not lose a result: it is reported when the line is mended", async () => {
    const go = join(place.checkout, "go");
    backend.add("1.1", { context: `while [ ! -e ${go} ]; do sleep 0.02; done; echo done` });
    await start();
    await backend.until(() => backend.job("1.1").status === "running");
    backend.cutLine();
    await writeFile(go, "");
    await untilFile(join(place.home, "runners/one/outbox.jsonl"), (text) => text.includes('"complete"'));
    expect(backend.job("1.1").status).toBe("running");
    backend.mendLine();
    await settled("1.1");
    expect(backend.job("1.1").outcome).toMatchObject({ kind: "complete" });
  });
});

async function untilFile(
  file: string,
  fact: (text: string) => boolean = (text) => text !== "",
): Promise<void> {
  for (;;) {
    if (existsSync(file) && fact(await readFile(file, "utf8"))) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 10));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
