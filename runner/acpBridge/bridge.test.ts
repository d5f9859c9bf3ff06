/**
 * Seam: `runAttempt` with a profile of type acp and a scripted agent, real processes both. What the adapter makes of
 * other agents' transcripts is in runner/harness; real agents are in test/harness.
 */
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pidsWithVariable } from "../../test/support/processes.ts";
import { runAttempt } from "../attempt/runAttempt.ts";
import type { AttemptInput } from "../attempt/types.ts";
import type { AgentEvent, Profile } from "../harness/port.ts";
import { ATTEMPT_MARKER } from "../process/tree.ts";

const AGENT = fileURLToPath(new URL("./fixtures/agent.mjs", import.meta.url));
let root: string;
let events: AgentEvent[];
let id: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "drover-acp-"));
  await mkdir(join(root, "repo"));
  events = [];
  id = randomUUID();
});
afterEach(async () => {
  expect(await pidsWithVariable(ATTEMPT_MARKER, id)).toEqual([]);
  await rm(root, { recursive: true });
});

function run(agent: string[], profile: Partial<Profile> = {}, over: Partial<AttemptInput> = {}) {
  const input: AttemptInput = {
    id,
    profile: { name: "a", type: "acp", command: [process.execPath, AGENT, ...agent], ...profile },
    prompt: "Say hello.\nSecond line: é 🚀",
    cwd: join(root, "repo"),
    dir: join(root, "attempt"),
    env: {},
    limits: { timeoutMs: 60_000, idleTimeoutMs: null, outputBytes: 100_000_000 },
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    ...over,
  };
  return runAttempt(input, { killGraceMs: 300 });
}

describe("a turn with an agent", () => {
  it("ends with its answer, session, version and tokens", async () => {
    const report = await run(["success"]);
    expect(report).toMatchObject({ exitCode: 0, version: "1.2.3" });
    expect(report.verdict).toMatchObject({
      kind: "success",
      text: "heard: Say hello.\nSecond line: é 🚀 (small)",
      agentSession: "s-1",
      usage: { input: 100, output: 20 },
    });
  });

  it("answers every question with yes, for once only, where all is permitted", async () => {
    expect((await run(["asks"])).verdict.text).toBe("yes yes yes");
  });

  it("refuses what a restricted profile may not do, and says what it refused", async () => {
    const { verdict } = await run(["asks"], { permissions: "restricted" });
    expect(verdict).toMatchObject({ kind: "success", text: "yes no no" });
    const denied = events.flatMap((event) => (event.type === "error" ? event.text : []));
    expect(denied).toEqual(["permission denied: edit ../outside.txt", "permission denied: execute ."]);
  });

  it("reads a limit from the agent's error, with its end", async () => {
    const { verdict, startedAt, endedAt } = await run(["limited"]);
    expect(verdict.kind).toBe("rate_limit");
    expect(verdict.retryAt).toBeGreaterThanOrEqual(startedAt + 90_000);
    expect(verdict.retryAt).toBeLessThanOrEqual(endedAt + 90_000);
  });

  it("sees through a limit that is told as a good answer", async () => {
    const { verdict, startedAt, endedAt } = await run(["disguised"]);
    expect(verdict).toMatchObject({ kind: "usage_limit", ok: false });
    expect(verdict.retryAt).toBeGreaterThanOrEqual(startedAt + 150 * 60_000);
    expect(verdict.retryAt).toBeLessThanOrEqual(endedAt + 150 * 60_000);
  });

  it("passes over lines that are no messages", async () => {
    expect((await run(["garbage"])).verdict.kind).toBe("success");
  });

  it("brings an answer of 2 MB in one message, up to what is kept of one", async () => {
    const { verdict } = await run(["large"]);
    expect(verdict).toMatchObject({ kind: "success" });
    expect(verdict.text?.length).toBe(1024 * 1024);
  });

  it("has no result when the agent dies in the middle, and says what it said last", async () => {
    const { verdict } = await run(["crash"]);
    expect(verdict).toMatchObject({ kind: "no_result", detail: "Error: out of cheese" });
  });

  it("succeeds though the agent will not end after its answer, and leaves nothing of it", async () => {
    expect((await run(["stubborn"])).verdict.kind).toBe("success");
  });

  it("is cancelled by the protocol's own means and leaves nothing of an agent that ignores signals", async () => {
    const control = new AbortController();
    const onEvent = (event: AgentEvent) => {
      if (event.type === "text") control.abort("canceled");
    };
    const report = await run(["slow"], {}, { signal: control.signal, onEvent });
    expect(report).toMatchObject({ endedBy: "canceled", exitCode: 0, verdict: { kind: "cancelled" } });
  });

  it("gives the agent the tool by which it reports", async () => {
    const { verdict } = await run(["tools"], {}, { env: { DROVER_CLI: "/bin/drover" } });
    expect(JSON.parse(verdict.text ?? "")).toMatchObject([
      {
        name: "drover",
        command: "/bin/drover",
        args: ["report-tool", "--file", join(root, "attempt/result.json")],
      },
    ]);
  });
});

describe("an earlier session", () => {
  it("goes on where the agent can, without counting what is only replayed", async () => {
    const loaded = await run(["success", "load"], {}, { resume: "s-1" });
    expect(loaded.verdict).toMatchObject({ kind: "success", agentSession: "s-1" });
    expect(loaded.verdict.text).toMatch(/^heard: /);
    const resumed = await run(["success", "resume"], {}, { resume: "s-1" });
    expect(resumed.verdict.kind).toBe("success");
  });

  it("is missing where the agent does not know it, or knows no way to go on", async () => {
    const unknown = await run(["success", "load"], {}, { resume: "s-2" });
    expect(unknown.verdict.kind).toBe("session_not_found");
    const unable = await run(["success"], {}, { resume: "s-1" });
    expect(unable.verdict.kind).toBe("session_not_found");
  });
});

describe("an agent that does not fit", () => {
  it("is not installed when its program is not there", async () => {
    const { verdict } = await run([], { command: ["/no/such/agent"] });
    expect(verdict.kind).toBe("not_installed");
    expect(verdict.detail).toContain("/no/such/agent");
  });

  it("takes the model that the profile names, from a group of them too", async () => {
    const { verdict } = await run(["success"], { model: "large" });
    expect(verdict).toMatchObject({ kind: "success", model: "large" });
    expect(verdict.text).toMatch(/\(large\)$/);
  });

  it("names the models that it has when the profile names another", async () => {
    const { verdict } = await run(["success"], { model: "huge" });
    expect(verdict).toMatchObject({ kind: "config" });
    expect(verdict.detail).toMatch(/"huge": expected one of small, large$/);
  });

  it("says so when it speaks another version of the protocol", async () => {
    expect((await run(["future"])).verdict).toMatchObject({ kind: "config" });
  });

  it("is blocked here when it wants somebody to log in", async () => {
    expect((await run(["locked"])).verdict).toMatchObject({ kind: "auth" });
  });
});
