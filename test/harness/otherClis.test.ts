/**
 * Seam: `runAttempt` with the real CLIs of Qwen, Cline and Kilo against the provider double. A shorter row of cases
 * than realClis.test.ts: what they share with those four is not proven again.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { probeProfile } from "../../runner/attempt/probeProfile.ts";
import { cancelInTool, ENDLESS, useRealAttempts } from "./realAttempts.ts";
import { OTHER_KINDS, pinnedVersion, wrapper } from "./realClis.ts";

const real = useRealAttempts();

describe.each(OTHER_KINDS)("the real %s", (kind) => {
  const run = async (
    scenario: string,
    { params, ...over }: Parameters<typeof real.run>[1] & { params?: Record<string, string | number> } = {},
  ) => real.run(await real.profile(kind, scenario, params), over);

  it("is the pinned version, and writes a file without a question", async () => {
    const profile = await real.profile(kind, "tool", { path: "made.txt", content: "by a double" });
    expect(await probeProfile(profile)).toEqual({ installed: true, version: pinnedVersion(kind) });
    const report = await real.run(profile);
    expect(report).toMatchObject({ endedBy: "exit", exitCode: 0, version: pinnedVersion(kind) });
    expect(report.verdict).toMatchObject({ kind: "success", text: "Done: the file is written." });
    expect(report.verdict.usage).toMatchObject({ input: 1800, cached: 600, output: 84 });
    expect(await readFile(join(real.cwd(), "made.txt"), "utf8")).toBe("by a double");
    const types = real.events().map((event) => event.type);
    expect(types).toEqual(expect.arrayContaining(["session", "tool_start", "tool_end", "text", "result"]));
  });

  // Cline takes MCP servers from its own settings alone.
  it.skipIf(kind === "cline")("reports by the tool that Drover gives it", async () => {
    const env = { DROVER_CLI: await wrapper(real.root()) };
    const done = await run("report", { params: { text: "by the tool" }, env });
    expect(done.verdict).toMatchObject({ kind: "success", text: "by the tool" });
  });

  it("reports a refused key as such", async () => {
    expect((await run("auth")).verdict).toMatchObject({ kind: "auth", ok: false });
  });

  // Qwen asks for minutes before it says a word, also with its retries set to none.
  it.skipIf(kind === "qwen")("reports a limit with its end", async () => {
    const { verdict, startedAt } = await run("rate-limit", { params: { retryAfter: 2 } });
    expect(verdict).toMatchObject({ kind: "rate_limit", ok: false });
    expect(verdict.retryAt).toBeGreaterThan(startedAt);
  });

  it("offers or grants no shell when it is restricted", async () => {
    const profile = await real.profile(kind, "shell", { command: "touch ran.txt" });
    await real.run({ ...profile, permissions: "restricted" });
    expect(existsSync(join(real.cwd(), "ran.txt"))).toBe(false);
  });

  // Cline never says by which id a session goes on.
  it.skipIf(kind === "cline")("goes on with an earlier session, and counts nothing twice", async () => {
    const first = await run("text", { prompt: "Remember the 7." });
    const resume = first.verdict.agentSession!;
    const second = await run("text", { prompt: "And now?", resume });
    expect(second.verdict).toMatchObject({ kind: "success", agentSession: resume });
    const asked = real
      .provider()
      .requests.filter(({ conversation }) => conversation?.prompt.includes("And now?"));
    expect(asked.at(-1)?.conversation?.said.join("\n")).toContain("Remember the 7.");
    const spent = second.verdict.usage ?? second.verdict.sessionTotal?.usage;
    const times = second.verdict.usage === undefined ? 2 : 1;
    expect(spent?.output).toBe((first.verdict.usage?.output ?? 0) * times);
  });

  it.skipIf(kind === "cline")("says so when the session to go on with is unknown", async () => {
    const qwen = "11111111-2222-4333-8444-555555555555";
    const resume = kind === "qwen" ? qwen : "ses_0000000000000000000000000000";
    expect((await run("text", { resume })).verdict).toMatchObject({ kind: "session_not_found", ok: false });
  });

  it("is stopped in the middle of a tool without leaving a process", async () => {
    await cancelInTool(real, (signal) => run("long-shell", { params: { command: ENDLESS }, signal }));
  });
});
