/**
 * Seam: `runAttempt` with the real CLIs against the provider double, with fresh homes and dummy keys. Opt-in
 * (`npm run test:harness`), because it downloads more than a gigabyte once.
 */
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { probeProfile } from "../../runner/attempt/probeProfile.ts";
import type { AttemptInput } from "../../runner/attempt/types.ts";
import type { Profile } from "../../runner/harness/port.ts";
import type { Script } from "../provider/types.ts";
import { processTable } from "../support/processes.ts";
import { cancelInTool, ENDLESS, untilBegun, useRealAttempts } from "./realAttempts.ts";
import { pinnedVersion, REAL_KINDS, wrapper } from "./realClis.ts";

let script: Script = () => ({ do: "text", text: "unset" });
const real = useRealAttempts((conversation) => script(conversation));
const { cwd, marked, profile: profileFor, root } = real;

const LIMITS = { timeoutMs: 150_000, idleTimeoutMs: null, outputBytes: 50_000_000 };
const run = (profile: Profile, prompt: string, over: Partial<AttemptInput> = {}) =>
  real.run(profile, { prompt, limits: LIMITS, ...over });
const asked = () =>
  real.provider().requests.filter((request) => request.conversation && !request.conversation.side);

describe.each(REAL_KINDS)("the real %s", (kind) => {
  it("is the pinned version", async () => {
    expect(await probeProfile(await profileFor(kind, "text"))).toEqual({
      installed: true,
      version: pinnedVersion(kind),
    });
    expect(real.provider().requests).toEqual([]);
  });

  it("answers, and its tokens and session are known", async () => {
    const report = await run(
      await profileFor(kind, "text"),
      "Say hello.\nSecond line: é 🚀 'quoted' \"too\"",
    );
    expect(report.verdict).toMatchObject({ kind: "success", ok: true, text: "Hello from the double." });
    expect(report).toMatchObject({ endedBy: "exit", exitCode: 0, version: pinnedVersion(kind) });
    const { usage, agentSession } = report.verdict;
    expect(usage).toMatchObject({ input: kind === "claude" ? 1200 : 900, cached: 300 });
    expect(agentSession).toBeTruthy();
    expect(asked()[0]?.conversation?.prompt).toContain("é 🚀 'quoted' \"too\"");
    expect(asked()).toHaveLength(1);
    expect(existsSync(join(dirname(report.outputFile), "tmp"))).toBe(false);
  });

  it("writes a file with its own tool, without a question", async () => {
    const profile = await profileFor(kind, "tool", { path: "made.txt", content: "by a double" });
    const { verdict } = await run(profile, "Write the file.");
    expect(verdict).toMatchObject({ kind: "success", text: "Done: the file is written." });
    expect(await readFile(join(cwd(), "made.txt"), "utf8")).toBe("by a double");
    const types = real.events().map((event) => event.type);
    expect(types).toEqual(expect.arrayContaining(["session", "tool_start", "tool_end", "text", "result"]));
  });

  // Gemini takes MCP servers from settings files alone.
  it.skipIf(kind === "gemini")("reports by the tool that Drover gives it", async () => {
    const env = { DROVER_CLI: await wrapper(root()) };
    const done = await run(await profileFor(kind, "report", { text: "by the tool" }), "Report.", { env });
    expect(done.verdict).toMatchObject({ kind: "success", text: "by the tool" });
    const stuck = { status: "blocked", text: "no access" };
    const blocked = await run(await profileFor(kind, "report", stuck), "Report.", { env });
    expect(blocked.verdict).toMatchObject({ kind: "failed", detail: "blocked: no access" });
  });

  it("brings an answer of 2 MB whole, up to what is kept of one", async () => {
    // Not one letter: a CLI that sees the same words again and again takes them for a loop.
    const text = Array.from({ length: 300_000 }, (_, i) => i).join(" ");
    script = () => ({ do: "text", text });
    const { verdict, outputFile } = await run(await profileFor(kind, "scripted"), "Say much.");
    expect(verdict.kind).toBe("success");
    expect(verdict.text?.length).toBeGreaterThanOrEqual(1024 * 1024);
    expect((await stat(outputFile)).size).toBeGreaterThan(text.length);
  });

  it("plays a decision that the test scripts", async () => {
    const decision = '{"decision":"complete","summary":"all done"}';
    script = ({ prompt }) => ({ do: "text", text: prompt.includes("PM") ? decision : "?" });
    const { verdict } = await run(await profileFor(kind, "scripted"), "You are the PM.");
    expect(verdict).toMatchObject({ kind: "success", text: decision });
  });

  it("reports a rate limit soon instead of waiting it out", async () => {
    const report = await run(await profileFor(kind, "rate-limit", { retryAfter: 2 }), "Say hello.");
    expect(report.verdict).toMatchObject({ kind: "rate_limit", ok: false });
    // OpenCode's own retries cannot be capped; the others' are.
    expect(asked().length).toBeLessThanOrEqual(kind === "opencode" ? 9 : 2);
  });

  it("reports a plan limit with its reset, where the provider tells it", async () => {
    const params = { resetIn: 7200 };
    const profile = await profileFor(kind, "usage-limit", params);
    if (kind === "claude") {
      profile.env = {
        ...profile.env,
        ANTHROPIC_API_KEY: null,
        CLAUDE_CODE_OAUTH_TOKEN: "sk-ant-oat01-dummy",
      };
    }
    const { verdict, startedAt } = await run(profile, "Say hello.");
    expect(verdict).toMatchObject({ kind: "usage_limit", ok: false });
    const ahead = ((verdict.retryAt ?? 0) - startedAt) / 1000;
    if (kind !== "gemini") expect(ahead).toBeGreaterThan(7000);
    expect(ahead).toBeGreaterThan(0);
  });

  it("reports a refused key as such", async () => {
    const { verdict } = await run(await profileFor(kind, "auth"), "Say hello.");
    expect(verdict).toMatchObject({ kind: "auth", ok: false });
  });

  it("goes on with an earlier session, and counts only its own tokens", async () => {
    const first = await run(await profileFor(kind, "text"), "Remember 7.");
    const session = first.verdict.agentSession!;
    const second = await run(await profileFor(kind, "text"), "And now?", { resume: session });
    expect(second.verdict).toMatchObject({ kind: "success", agentSession: session });
    expect(second.verdict.usage).toEqual(first.verdict.usage);
    expect(asked().at(-1)?.conversation?.said.join("\n")).toContain("Remember 7.");
  });

  it("says so when the session to go on with is unknown", async () => {
    const unknown =
      kind === "opencode" ? "ses_0000000000000000000000000000" : "11111111-2222-4333-8444-555555555555";
    const { verdict } = await run(await profileFor(kind, "text"), "And now?", { resume: unknown });
    expect(verdict).toMatchObject({ kind: "session_not_found", ok: false });
  });

  it("is stopped in the middle of a tool without leaving a process", async () => {
    const profile = await profileFor(kind, "long-shell", { command: ENDLESS });
    await cancelInTool(real, (signal) => run(profile, "Run it.", { signal }));
  });

  it("that a stranger kills in the middle of a tool leaves no process either", async () => {
    const running = run(await profileFor(kind, "long-shell", { command: ENDLESS }), "Run it.");
    await untilBegun(real);
    const own = new Set(await marked());
    const rows = [...(await processTable()).values()].filter((row) => own.has(row.pid));
    const leader = rows.find((row) => row.pid === row.session && !own.has(row.ppid))!;
    const cli = rows.find((row) => row.ppid === leader.pid)!;
    process.kill(cli.pid, "SIGKILL");
    expect(await running).toMatchObject({
      endedBy: "exit",
      exitSignal: "SIGKILL",
      verdict: { kind: "killed" },
    });
  });

  it("is held to its own limits when nothing ever answers", async () => {
    const limits = { timeoutMs: 150_000, idleTimeoutMs: 12_000, outputBytes: 1_000_000 };
    const report = await run(await profileFor(kind, "hang"), "Say hello.", { limits });
    expect(report).toMatchObject({ endedBy: "idle", verdict: { kind: "idle_timeout", ok: false } });
  });
});
