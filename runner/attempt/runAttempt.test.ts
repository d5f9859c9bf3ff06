/**
 * Seam: `runAttempt` with real little programs in a real folder. Observed: report, events, files, living processes.
 * Streams of the agent CLIs are the adapters' tests; the CLIs themselves run in test/harness.
 */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AgentEvent, Profile } from "../harness/port.ts";
import { identityOf } from "../process/identity.ts";
import { pidsWithVariable } from "../../test/support/processes.ts";
import { ATTEMPT_MARKER } from "../process/tree.ts";
import { readRecord } from "./record.ts";
import { probeProfile } from "./probeProfile.ts";
import { runAttempt } from "./runAttempt.ts";
import type { AttemptInput, AttemptReport, AttemptTuning } from "./types.ts";

let home: string;
let id: string;
let events: AgentEvent[];
let onEvent: (event: AgentEvent) => void;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "drover-attempt-"));
  await mkdir(join(home, "repo"));
  id = randomUUID();
  events = [];
  onEvent = () => undefined;
});
afterEach(async () => {
  // Whatever the test was about: nothing of an attempt may outlive it.
  expect(await pidsWithVariable(ATTEMPT_MARKER, id)).toEqual([]);
  await rm(home, { recursive: true });
});

const fixture = (name: string) => join(import.meta.dirname, "../process/fixtures", name);
const script: Profile = { name: "sh", type: "script" };
const program = (...command: string[]): Profile => ({ name: "prog", type: "command", command });

type Over = Partial<AttemptInput> & { tuning?: AttemptTuning };
function attempt(profile: Profile, prompt: string, { tuning, ...over }: Over = {}) {
  const input: AttemptInput = {
    id,
    profile,
    prompt,
    cwd: join(home, "repo"),
    dir: join(home, "attempt"),
    env: { DROVER_JOB: "12.3" },
    limits: { timeoutMs: 60_000, idleTimeoutMs: null, outputBytes: 50_000_000 },
    signal: new AbortController().signal,
    onEvent: (event) => {
      events.push(event);
      onEvent(event);
    },
    ...over,
  };
  return runAttempt(input, { killGraceMs: 500, ...tuning });
}
const limits = (over: Partial<AttemptInput["limits"]>) => ({
  limits: { timeoutMs: 60_000, idleTimeoutMs: null, outputBytes: 50_000_000, ...over },
});
const output = (report: AttemptReport) => readFile(report.outputFile, "utf8");

describe("a script", () => {
  it("runs in the folder, and the end of its stdout is the result", async () => {
    const report = await attempt(script, "pwd; echo $DROVER_JOB; cat");
    expect(report).toMatchObject({ endedBy: "exit", exitCode: 0, exitSignal: null });
    expect(report.verdict).toEqual({ kind: "success", ok: true, text: `${join(home, "repo")}\n12.3\n` });
    expect(events.map((event) => event.text)).toEqual([join(home, "repo"), "12.3"]);
    expect(report.endedAt).toBeGreaterThanOrEqual(report.startedAt);
  });

  it("fails with its exit code and its last words", async () => {
    const { verdict, exitCode } = await attempt(script, "echo half; echo boom >&2; exit 3");
    expect(verdict).toMatchObject({ kind: "failed", ok: false, text: "half\n", detail: "exit code 3: boom" });
    expect(exitCode).toBe(3);
  });

  it("may be far longer than an argument may be", async () => {
    const { verdict } = await attempt(script, `: ${"x".repeat(2_000_000)}\necho end`);
    expect(verdict).toMatchObject({ kind: "success", text: "end\n" });
  });

  it("leaves no background process behind", async () => {
    const report = await attempt(script, "sleep 1000 & setsid sleep 1000 & echo started");
    expect(report).toMatchObject({ endedBy: "exit", verdict: { kind: "success", text: "started\n" } });
  });

  it("has a TMPDIR of its own that is gone afterwards", async () => {
    const { verdict } = await attempt(script, 'echo "$TMPDIR"; echo x > "$TMPDIR/left"; echo "$TZ"');
    const [tmp, zone] = verdict.text!.split("\n");
    expect(tmp).toBe(join(home, "attempt", "tmp"));
    expect(zone).toBe("UTC");
    expect(existsSync(tmp!)).toBe(false);
  });

  it("inherits no secret of the runner", async () => {
    const inheritedEnv = { PATH: process.env.PATH, GITHUB_TOKEN: "t", MY_SECRET: "s", LANG: "C" };
    const { verdict } = await attempt(script, "env", { tuning: { inheritedEnv } });
    expect(verdict.text).toContain("LANG=C");
    expect(verdict.text).not.toMatch(/GITHUB_TOKEN|MY_SECRET/);
  });
});

describe("a command", () => {
  it("gets a prompt of 2 MB on stdin, which is then closed", async () => {
    const { verdict } = await attempt(program("/bin/sh", "-c", "cat | wc -c"), "é".repeat(1_000_000));
    expect(verdict.text?.trim()).toBe("2000000");
  });

  it("may ignore its stdin", async () => {
    const { verdict } = await attempt(program("/bin/echo", "hi"), "x".repeat(500_000));
    expect(verdict).toMatchObject({ kind: "success", text: "hi\n" });
  });

  it("may say its result, tokens and cost in a file", async () => {
    const said = JSON.stringify({ result: { done: true }, usage: { input: 5, output: 2 }, costUsd: 0.5 });
    const { verdict } = await attempt(
      program("/bin/sh", "-c", `echo talk; printf %s '${said}' > "$DROVER_RESULT_FILE"`),
      "go",
    );
    expect(verdict).toEqual({
      kind: "success",
      ok: true,
      text: '{"done":true}',
      usage: { input: 5, cached: 0, output: 2, reasoning: 0 },
      costUsd: 0.5,
    });
  });

  it("is told when its result file is no such file, and succeeds all the same", async () => {
    const { verdict } = await attempt(
      program("/bin/sh", "-c", 'echo talk; echo "{oops" > "$DROVER_RESULT_FILE"'),
      "go",
    );
    expect(verdict).toMatchObject({
      kind: "success",
      text: "talk\n",
      detail: expect.stringContaining("expected JSON"),
    });
  });

  it("has failed when its file says that it is blocked", async () => {
    const { verdict } = await attempt(
      program("/bin/sh", "-c", `printf '{"blocked":"no access"}' > "$DROVER_RESULT_FILE"`),
      "go",
    );
    expect(verdict).toMatchObject({ kind: "failed", ok: false, detail: "blocked: no access" });
  });

  it("is read by an adapter when the profile says which", async () => {
    const replay: Profile = {
      ...program(join(import.meta.dirname, "fixtures/replay.sh")),
      output: "codex",
      env: { REPLAY: join(import.meta.dirname, "../../test/transcripts/codex/02-tool-write.jsonl") },
    };
    const { verdict } = await attempt(replay, "go");
    expect(verdict).toMatchObject({
      kind: "success",
      text: "Done: the file is written.",
      usage: { cached: 600 },
    });
    expect(events.map((event) => event.type)).toContain("tool_end");
  });
});

describe("an agent CLI", () => {
  const replay = (name: string, exit: number, extra: Profile["env"] = {}): Profile => ({
    name,
    type: name.startsWith("codex") ? "codex" : "claude",
    command: [join(import.meta.dirname, "fixtures/replay.sh")],
    env: {
      REPLAY: join(import.meta.dirname, `../../test/transcripts/${name}.jsonl`),
      REPLAY_EXIT: String(exit),
      ...extra,
    },
  });

  it("is judged by its stream and not by its exit code", async () => {
    expect((await attempt(replay("claude/07-usage-limit-oauth", 0), "go")).verdict).toMatchObject({
      kind: "usage_limit",
      retryAt: 1795166419000,
    });
  });

  it("is completed by its session file", async () => {
    const thread = /"thread_id":"([^"]+)"/.exec(
      await readFile(join(import.meta.dirname, "../../test/transcripts/codex/07-usage-limit.jsonl"), "utf8"),
    )![1]!;
    const day = join(home, "codex/sessions/2026/11/20");
    await mkdir(day, { recursive: true });
    const rollout = join(import.meta.dirname, "../../test/transcripts/codex/07-usage-limit.rollout.jsonl");
    await writeFile(join(day, `rollout-2026-11-20T06-12-03-${thread}.jsonl`), await readFile(rollout));
    const { verdict } = await attempt(
      replay("codex/07-usage-limit", 1, { CODEX_HOME: join(home, "codex") }),
      "go",
    );
    expect(verdict).toMatchObject({ kind: "usage_limit", retryAt: 1795165923000, model: "gpt-5-stub" });
  });

  it("that hangs after its result is ended and keeps its success", async () => {
    const hanging: Profile = { name: "c", type: "claude", command: [fixture("hangAfterResult.mjs")] };
    const report = await attempt(hanging, "12345", { tuning: { graceAfterResultMs: 100 } });
    expect(report).toMatchObject({ endedBy: "after_result", verdict: { kind: "success", text: "read 5" } });
  });

  it("that was canceled after its result keeps its success", async () => {
    const control = new AbortController();
    onEvent = (event) => event.type === "result" && control.abort("canceled");
    const hanging: Profile = { name: "c", type: "claude", command: [fixture("hangAfterResult.mjs")] };
    const report = await attempt(hanging, "go", { signal: control.signal });
    expect(report).toMatchObject({ endedBy: "canceled", verdict: { kind: "success" } });
  });

  it("that waits out a limit by itself is stopped for the cascade", async () => {
    const line = '{"type":"error","message":"Reconnecting... 1/5 (last status: 429 Too Many Requests)"}';
    const codex: Profile = {
      name: "c",
      type: "codex",
      command: ["/bin/sh", "-c", `echo '${line}'; sleep 1000`],
    };
    const report = await attempt(codex, "go", { tuning: { retryPatienceMs: 100 } });
    expect(report).toMatchObject({ endedBy: "idle", verdict: { kind: "rate_limit", ok: false } });
  });
});

describe("limits", () => {
  it("end a CLI that asks its provider in a hot loop", async () => {
    const step = JSON.stringify({
      type: "step_finish",
      sessionID: "s",
      part: { reason: "unknown", tokens: {} },
    });
    const looping = [
      "/bin/sh",
      "-c",
      `while :; do echo '{"type":"step_start"}'; echo '${step}'; sleep 0.01; done`,
    ];
    const report = await attempt({ name: "o", type: "opencode", command: looping }, "go");
    expect(report).toMatchObject({ endedBy: "idle", verdict: { kind: "server", ok: false } });
  });

  it("end a silent program after its idle time", async () => {
    const report = await attempt(program(fixture("silent.sh")), "go", limits({ idleTimeoutMs: 300 }));
    expect(report).toMatchObject({
      endedBy: "idle",
      exitSignal: "SIGTERM",
      verdict: { kind: "idle_timeout", ok: false },
    });
  });

  it("count stdout alone as a sign of life", async () => {
    const noisy = program("/bin/sh", "-c", "while :; do echo x >&2; sleep 0.05; done");
    expect(await attempt(noisy, "go", limits({ idleTimeoutMs: 400 }))).toMatchObject({ endedBy: "idle" });
    const alive = program("/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.1; done");
    const other = await attempt(alive, "go", {
      ...limits({ idleTimeoutMs: 600 }),
      dir: join(home, "second"),
    });
    expect(other).toMatchObject({ endedBy: "exit", verdict: { kind: "success" } });
  });

  it("end a program that goes on too long, and keep what it said", async () => {
    const report = await attempt(script, "echo begun; sleep 1000", limits({ timeoutMs: 700 }));
    expect(report).toMatchObject({ endedBy: "timeout", verdict: { kind: "timeout", text: "begun\n" } });
  });

  it("end a program that ignores TERM", async () => {
    const report = await attempt(program(fixture("ignoreTerm.sh")), "go", {
      ...limits({ timeoutMs: 500 }),
      tuning: { killGraceMs: 200 },
    });
    expect(report).toMatchObject({ endedBy: "timeout", verdict: { kind: "timeout" } });
  });

  it("end a flood long before the disk is full", async () => {
    const report = await attempt(
      program(process.execPath, fixture("flood.mjs")),
      "go",
      limits({ outputBytes: 1_000_000 }),
    );
    expect(report).toMatchObject({ endedBy: "output_limit", verdict: { kind: "output_limit", ok: false } });
    expect((await stat(report.outputFile)).size).toBeGreaterThan(1_000_000);
  });

  it("reach a process that double-forked into its own session", async () => {
    const control = new AbortController();
    onEvent = () => control.abort("canceled");
    const forking = program(process.execPath, fixture("doubleFork.mjs"), "stay");
    const report = await attempt(forking, "go", { signal: control.signal });
    const pid = (await output(report)).trim();
    expect(pid).toMatch(/^\d+$/);
    expect(await identityOf(Number(pid))).toBeUndefined();
  });
});

describe("a stop from outside", () => {
  it.each(["canceled", "lease_lost", "shutdown"] as const)(
    "by %s interrupts without blame",
    async (reason) => {
      const control = new AbortController();
      onEvent = () => control.abort(reason);
      const report = await attempt(script, "echo begun; sleep 1000", { signal: control.signal });
      expect(report).toMatchObject({ endedBy: reason, verdict: { kind: "cancelled", ok: false } });
      expect((await readRecord(join(home, "attempt"))).endedBy).toBe(reason);
    },
  );

  it("before the start starts nothing", async () => {
    const report = await attempt(script, "echo x > made", { signal: AbortSignal.abort("lease_lost") });
    expect(report).toMatchObject({ endedBy: "lease_lost", pid: null, verdict: { kind: "cancelled" } });
    expect(existsSync(join(home, "repo/made"))).toBe(false);
  });

  it("that only the last look before the start finds starts nothing either", async () => {
    const stop = new AbortController();
    const mayStart = () => {
      stop.abort("lease_lost");
      return false;
    };
    const report = await attempt(script, "echo x > made", { signal: stop.signal, mayStart });
    expect(report).toMatchObject({ endedBy: "lease_lost", pid: null, verdict: { kind: "cancelled" } });
    expect(existsSync(join(home, "repo/made"))).toBe(false);
  });

  it("does not rename what came first", async () => {
    const control = new AbortController();
    onEvent = () => {
      control.abort("canceled");
    };
    const report = await attempt(
      script,
      "trap 'sleep 2.1; exit 0' TERM; echo up; while :; do sleep 0.05; done",
      {
        signal: control.signal,
        // Passes while the script cleans up, and not before it has begun, on a busy machine either.
        ...limits({ timeoutMs: 2_000 }),
      },
    );
    expect(report.endedBy).toBe("canceled");
  });

  it("takes a kill by a stranger for a passing trouble", async () => {
    const report = await attempt(script, "kill -KILL $$");
    expect(report).toMatchObject({
      endedBy: "exit",
      exitSignal: "SIGKILL",
      verdict: { kind: "killed", ok: false },
    });
  });
});

describe("what cannot start", () => {
  it("names a program that is not installed", async () => {
    const { verdict, pid } = await attempt({ name: "g", type: "gemini", command: ["no-such-cli"] }, "go");
    expect(verdict).toMatchObject({
      kind: "not_installed",
      detail: expect.stringContaining('"no-such-cli"'),
    });
    expect(pid).toBeNull();
  });

  it("does not take a folder or a plain file for a program", async () => {
    await writeFile(join(home, "plain"), "#!/bin/sh\n");
    for (const path of [home, join(home, "plain")]) {
      expect((await attempt(program(path), "go")).verdict.kind).toBe("not_installed");
    }
    await chmod(join(home, "plain"), 0o755);
    expect((await attempt(program(join(home, "plain")), "go")).verdict.kind).toBe("success");
  });

  it("names a folder that is missing", async () => {
    const { verdict } = await attempt(script, "true", { cwd: join(home, "nowhere") });
    expect(verdict).toMatchObject({
      kind: "config",
      detail: expect.stringContaining("nowhere does not exist"),
    });
  });

  it("names an environment variable that is missing", async () => {
    const { verdict } = await attempt({ ...script, env: { KEY: "env:NOT_SET_ANYWHERE" } }, "true");
    expect(verdict).toMatchObject({ kind: "config", detail: expect.stringContaining("NOT_SET_ANYWHERE") });
  });

  it("asks for a command and for a prompt", async () => {
    expect((await attempt({ name: "c", type: "command" }, "go")).verdict.kind).toBe("config");
    expect((await attempt(script, " \n")).verdict.kind).toBe("failed");
  });
});

describe("a bug in the listener", () => {
  it("reaches the caller, and the agent does not work on unwatched", async () => {
    onEvent = () => {
      throw new Error("listener");
    };
    await expect(attempt(script, "echo up; sleep 1000")).rejects.toThrow("listener");
  });
});

describe("probeProfile", () => {
  it("finds a shell, and asks an unknown command for nothing", async () => {
    expect(await probeProfile(script)).toEqual({ installed: true });
    await writeFile(join(home, "tool"), `#!/bin/sh\ntouch ${home}/ran\n`, { mode: 0o755 });
    expect(await probeProfile(program(join(home, "tool")))).toEqual({ installed: true });
    await sleep(50);
    expect(existsSync(join(home, "ran"))).toBe(false);
  });

  it("asks an agent CLI for its version, which its reports then carry", async () => {
    await writeFile(join(home, "cli"), '#!/bin/sh\n[ "$1" = --version ] && echo "codex-cli 0.169.0"\n', {
      mode: 0o755,
    });
    const codex: Profile = { name: "c", type: "codex", command: [join(home, "cli")] };
    expect(await probeProfile(codex)).toEqual({ installed: true, version: "0.169.0" });
    expect((await attempt(codex, "go")).version).toBe("0.169.0");
  });

  it("says why a profile cannot be used", async () => {
    expect(await probeProfile(program("no-such-program"))).toMatchObject({ installed: false });
    const broken: Profile = {
      name: "c",
      type: "claude",
      command: ["/bin/sh", "-c", "echo native binary not installed >&2; exit 1"],
    };
    expect(await probeProfile(broken)).toMatchObject({
      installed: false,
      detail: expect.stringContaining("native binary"),
    });
  });
});
