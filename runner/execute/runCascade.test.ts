/**
 * Seam: a runner over a backend in memory whose profiles play recorded runs of real CLIs (test/transcripts). Observed
 * are the attempts and the outcome that the backend was told; the verdicts themselves are tested with the adapters.
 */
import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { MemoryBackend } from "../../test/support/memoryBackend.ts";
import {
  startTestRunner,
  testPlace,
  type TestPlace,
  type TestRunner,
} from "../../test/support/startTestRunner.ts";
import { systemClock } from "../clock.ts";
import type { Profile } from "../harness/port.ts";
import type { Clock, RunnerOptions } from "../options.ts";

const recording = (path: string) =>
  fileURLToPath(new URL(`../../test/transcripts/${path}.jsonl`, import.meta.url));

let backend: MemoryBackend;
let place: TestPlace;
let runner: TestRunner | undefined;
let slept: number[];

beforeEach(async () => {
  backend = new MemoryBackend();
  place = await testPlace();
  slept = [];
});
afterEach(async () => {
  await runner?.kill();
  await place.remove();
});

/** Time that passes by itself when somebody sleeps. */
const skippingClock: Clock = {
  ...systemClock,
  async sleep(ms) {
    if (ms > 0) slept.push(ms);
  },
};

/** A profile that prints a recorded Claude run and exits as it did. */
const plays = (name: string, path: string, exit: number): Profile => ({
  name,
  type: "command",
  output: "claude",
  command: ["sh", "-c", `cat > /dev/null; cat ${recording(path)}; exit ${exit}`],
});
const fine = plays("fine", "claude/01-text", 0);

const commitOneFile = async () => {
  const git = (...args: string[]) =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.org", ...args], {
      cwd: place.checkout,
    });
  git("init", "-q");
  await writeFile(join(place.checkout, "a.txt"), "one\n");
  git("add", ".");
  git("commit", "-qm", "first");
};

const run = async (profiles: Profile[], cascade: string[], change: Partial<RunnerOptions> = {}) => {
  const job = backend.add("1.1", { type: "implement", class: "agent", context: "do it", cascade });
  runner = await startTestRunner(backend, place, { profiles, clock: skippingClock, ...change });
  await backend.until(() => job.outcome !== undefined);
  return job;
};
const tries = (job: { rows: { profile: string; verdict: string }[] }) =>
  job.rows.map((row) => `${row.profile} ${row.verdict}`);

describe("a cascade", () => {
  it("goes to the next profile when the first one's account is used up, and tells the fleet until when", async () => {
    const job = await run([plays("used", "claude/07-usage-limit-oauth", 1), fine], ["used", "fine"]);
    expect(tries(job)).toEqual(["used usage_limit", "fine success"]);
    expect(job.outcome).toMatchObject({ kind: "complete" });
    expect(job.attempt).toBe(2);
    expect(backend.health).toMatchObject([
      { profile: "used", scope: "account", kind: "limited", until: Date.parse("2026-11-20T09:20:19.000Z") },
    ]);
  });

  it("leaves a profile alone that the fleet knows as limited", async () => {
    backend.health = [
      {
        profile: "used",
        scope: "account",
        kind: "limited",
        until: Date.now() + 3_600_000,
        reason: "weekly limit",
      },
    ];
    const job = await run([plays("used", "claude/07-usage-limit-oauth", 1), fine], ["used", "fine"]);
    expect(tries(job)).toEqual(["fine success"]);
  });

  it("blocks a profile without valid login on this machine only", async () => {
    const job = await run([plays("stranger", "claude/04-auth", 1), fine], ["stranger", "fine"]);
    expect(tries(job)).toEqual(["stranger auth", "fine success"]);
    expect(backend.health).toMatchObject([{ profile: "stranger", scope: "machine", kind: "offline" }]);
  });

  it("leaves a profile to the job that tries it after its limit, and goes on with the one behind it", async () => {
    backend.probed.set("back", Date.now() + 60_000);
    const job = await run(
      [plays("used", "claude/07-usage-limit-oauth", 1), { ...fine, name: "back" }, fine],
      ["used", "back", "fine"],
    );
    expect(tries(job)).toEqual(["used usage_limit", "fine success"]);
    expect(backend.health).toHaveLength(1);
  });

  it("tries an overloaded profile three times with growing waits, then the next", async () => {
    const job = await run([plays("busy", "claude/05-overloaded", 1), fine], ["busy", "fine"]);
    expect(tries(job)).toEqual(["busy overloaded", "busy overloaded", "busy overloaded", "fine success"]);
    expect(slept.filter((ms) => ms >= 30_000)).toEqual([30_000, 60_000]);
  });

  it("parks the job until the first reset when the whole cascade is limited", async () => {
    const soon = Date.now() + 1_800_000;
    backend.health = [
      { profile: "other", scope: "account", kind: "limited", until: soon, reason: "5-hour limit" },
    ];
    const job = await run(
      [plays("used", "claude/03-rate-limit-long", 1), { ...fine, name: "other" }],
      ["used", "other"],
    );
    expect(job.outcome).toMatchObject({ kind: "limited", until: soon });
    expect(job.status).toBe("parked");
  });

  it("takes the job's own failure for the outcome and tries nobody else", async () => {
    const job = await run([plays("long", "claude/05-context-length", 1), fine], ["long", "fine"]);
    expect(tries(job)).toEqual(["long context"]);
    expect(job.outcome?.kind).toBe("failed");
  });

  it("does not claim a job whose profiles are all missing on this machine", async () => {
    backend.add("1.1", { type: "implement", class: "agent", cascade: ["absent"] });
    backend.add("1.2");
    runner = await startTestRunner(backend, place, {
      profiles: [{ name: "absent", type: "command", command: ["/no/such/program"] }],
    });
    await backend.until(() => backend.job("1.2").outcome !== undefined);
    expect(backend.job("1.1").status).toBe("pending");
    expect(runner.log.find((entry) => entry.event === "profile:notOffered")?.detail).toContain("absent");
  });

  it("tells the next profile what an earlier attempt has left in the checkout", async () => {
    await commitOneFile();
    const editsThenLimited: Profile = {
      ...plays("used", "claude/07-usage-limit-oauth", 1),
      command: [
        "sh",
        "-c",
        `cat > /dev/null; echo two >> a.txt; cat ${recording("claude/07-usage-limit-oauth")}; exit 1`,
      ],
    };
    const echo: Profile = { name: "echo", type: "command", command: ["cat"] };
    const job = await run([editsThenLimited, echo], ["used", "echo"]);
    const { result } = job.outcome as { result: string };
    expect(result).toContain("This is attempt 2.");
    expect(result).toContain(" M a.txt");
    expect(result).toContain("used: limited");
    expect(job.rows[0]?.detail).toContain("it has left changes in the checkout: a.txt");
  });

  it("notices what an attempt adds to files and folders that git does not track", async () => {
    await commitOneFile();
    await mkdir(join(place.checkout, "notes"));
    await writeFile(join(place.checkout, "notes/mine.txt"), "mine\n");
    const limited = recording("claude/07-usage-limit-oauth");
    const adds: Profile = {
      ...plays("used", "claude/07-usage-limit-oauth", 1),
      command: ["sh", "-c", `cat > /dev/null; echo half > notes/half.txt; cat ${limited}; exit 1`],
    };
    const echo: Profile = { name: "echo", type: "command", command: ["cat"] };
    const job = await run([adds, echo], ["used", "echo"]);
    expect((job.outcome as { result: string }).result).toContain("?? notes/");
    expect(job.rows[0]?.detail).toContain("it has left changes in the checkout: notes/");
  });

  it("says where git cannot tell whether an earlier attempt has left changes", async () => {
    const echo: Profile = { name: "echo", type: "command", command: ["cat"] };
    const job = await run([plays("used", "claude/07-usage-limit-oauth", 1), echo], ["used", "echo"]);
    const { result } = job.outcome as { result: string };
    expect(result).toContain("It may have left changes in this folder");
    expect(job.rows[0]?.detail).toContain("git cannot tell whether it has left changes");
  });

  it("tells the next claim, too, what the earlier one has left", async () => {
    await commitOneFile();
    await writeFile(join(place.checkout, "a.txt"), "half\n");
    const echo: Profile = { name: "echo", type: "command", command: ["cat"] };
    backend.add("1.2", { type: "implement", class: "agent", context: "do it", cascade: ["echo"] }).attempt =
      1;
    runner = await startTestRunner(backend, place, { profiles: [echo], clock: skippingClock });
    await backend.until(() => backend.job("1.2").outcome !== undefined);
    const { result } = backend.job("1.2").outcome as { result: string };
    expect(result).toContain("An earlier attempt at this job was interrupted");
    expect(result).toContain(" M a.txt");
  });

  it("fails a job whose template is wrong, naming the file and the legal variables", async () => {
    const folder = join(place.checkout, ".drover", "templates");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "implement.md"), "---\ntitle: mine\n---\n{{ NORTHSTAR }}\n");
    const job = await run([fine], ["fine"]);
    expect(job.outcome).toMatchObject({
      kind: "failed",
      error: expect.stringMatching(/implement\.md: unknown variable "NORTHSTAR".*NORTH_STAR/s) as string,
    });
  });
});
