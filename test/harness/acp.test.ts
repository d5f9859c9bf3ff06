/**
 * Seam: `runAttempt` with real agents of the Agent Client Protocol against the provider double. The bridge by itself
 * is tested with a scripted agent in runner/acpBridge.
 */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AttemptInput } from "../../runner/attempt/types.ts";
import type { Profile } from "../../runner/harness/port.ts";
import { cancelInTool, ENDLESS, useRealAttempts } from "./realAttempts.ts";
import { pinnedVersion, wrapper } from "./realClis.ts";

const AGENTS = {
  gemini: {
    args: ["--acp"],
    // It takes no MCP server in a folder that it was not told to trust.
    env: { GEMINI_CLI_NO_RELAUNCH: "true", GEMINI_CLI_TRUST_WORKSPACE: "true" },
  },
  opencode: { args: ["acp"], env: { OPENCODE_PERMISSION: '{"edit":"ask","bash":"ask"}' } },
} as const;

const real = useRealAttempts();

describe.each(["gemini", "opencode"] as const)("the real %s as an agent of the protocol", (agent) => {
  const run = async (
    scenario: string,
    over: Partial<AttemptInput> & { params?: Record<string, string | number>; restricted?: boolean } = {},
  ) => {
    const { params, restricted, ...rest } = over;
    const base = await real.profile(agent, scenario, params);
    const { args, env } = AGENTS[agent];
    const profile: Profile = {
      ...base,
      type: "acp",
      command: [...(base.command ?? []), ...args],
      env: { ...base.env, ...env },
      permissions: restricted === true ? "restricted" : "bypass",
    };
    return real.run(profile, rest);
  };

  it("writes a file after it was allowed to, and tells its tokens", async () => {
    const report = await run("tool", { params: { path: "made.txt", content: "by a double" } });
    expect(report).toMatchObject({
      exitCode: 0,
      version: pinnedVersion(agent),
      verdict: { kind: "success", text: "Done: the file is written." },
    });
    expect(report.verdict.usage?.output).toBeGreaterThan(0);
    expect(await readFile(join(real.cwd(), "made.txt"), "utf8")).toBe("by a double");
  });

  it("runs no command when it is restricted, and the refusal is recorded", async () => {
    await run("shell", { params: { command: "touch ran.txt" }, restricted: true });
    expect(existsSync(join(real.cwd(), "ran.txt"))).toBe(false);
    expect(real.events().some(({ type, text }) => type === "error" && /^permission denied/.test(text))).toBe(
      true,
    );
  });

  it("reports by the tool that Drover gives it", async () => {
    const env = { DROVER_CLI: await wrapper(real.root()) };
    const done = await run("report", { params: { text: "by the tool" }, env });
    expect(done.verdict).toMatchObject({ kind: "success", text: "by the tool" });
  });

  // Gemini 0.61.0 offers to load sessions and does not find its own ("No previous sessions found").
  it.skipIf(agent === "gemini")("goes on with an earlier session", async () => {
    const first = await run("text", { prompt: "Remember 7." });
    const resume = first.verdict.agentSession ?? "";
    const second = await run("text", { prompt: "And now?", resume });
    expect(second.verdict).toMatchObject({
      kind: "success",
      text: "Hello from the double.",
      agentSession: resume,
    });
    expect(real.provider().requests.at(-1)?.conversation?.said.join("\n")).toContain("Remember 7.");
  });

  it("says so when the session to go on with is unknown", async () => {
    const resume = agent === "opencode" ? "ses_e0695bf1effe5aHtTfl000000" : randomUUID();
    expect((await run("text", { resume })).verdict.kind).toBe("session_not_found");
  });

  it("reports a refused key as such", async () => {
    expect((await run("auth")).verdict).toMatchObject({ kind: "auth", ok: false });
  });

  it("reports a limit with its end", async () => {
    const limits = { timeoutMs: 60_000, idleTimeoutMs: 20_000, outputBytes: 1_000_000 };
    const { verdict, startedAt } = await run("rate-limit", { params: { retryAfter: 2 }, limits });
    expect(verdict).toMatchObject({ kind: "rate_limit", ok: false });
    expect(verdict.retryAt).toBeGreaterThan(startedAt);
  });

  it("is stopped in the middle of a tool without leaving a process", async () => {
    await cancelInTool(real, (signal) => run("long-shell", { params: { command: ENDLESS }, signal }));
  });
});
