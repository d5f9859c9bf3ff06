/** Seam: text of a configuration file → configuration or problems. */
import { describe, expect, it } from "vitest";
import { parseConfig, profileNames } from "./config.ts";

const problems = (value: unknown) => {
  const parsed = parseConfig(typeof value === "string" ? value : JSON.stringify(value));
  return parsed.ok ? [] : parsed.problems;
};

describe("a configuration file", () => {
  it("is accepted as its users know it", () => {
    const known = {
      convexUrl: "https://your-project.convex.cloud",
      namespace: "your-repo-name",
      timeoutMs: 600000,
      harnessDefaults: Object.fromEntries(
        ["default", "plan", "implement", "review", "uat", "document", "pm", "chat"].map((t) => [t, "claude"]),
      ),
    };
    expect(parseConfig(JSON.stringify(known))).toEqual({ ok: true, config: known });
  });

  it("may start with a byte order mark", () => {
    expect(parseConfig("\uFEFF{}").ok).toBe(true);
  });

  it("offers declared profiles beside the built-in kinds", () => {
    const parsed = parseConfig(
      JSON.stringify({ harnesses: { zai: { type: "codex" } }, cascade: ["zai", "claude"] }),
    );
    expect(parsed.ok && profileNames(parsed.config)).toEqual([
      "zai",
      "claude",
      "codex",
      "gemini",
      "opencode",
      "qwen",
      "cline",
      "kilocode",
      "script",
    ]);
  });

  it("names line and column where it is not JSON", () => {
    expect(problems('{\n  "namespace": "x",\n}')).toEqual([
      'line 3, column 1: not JSON: expected a key, found "}"',
    ]);
  });

  it("asks whether a known key was meant", () => {
    expect(problems({ namespce: "x" })[0]).toMatch(/^unknown key "namespce" \(did you mean "namespace"\?\)/);
    expect(problems({ harnessDefaults: { implment: "claude" } })[0]).toMatch(
      /^unknown key "harnessDefaults.implment" \(did you mean "implement"\?\)/,
    );
    expect(problems({ harnesses: { a: { type: "codex", modell: "m" } } })[0]).toMatch(
      /^unknown key "harnesses.a.modell" \(did you mean "model"\?\)/,
    );
    expect(problems({ namespaces: { a: { repoz: {} } } })[0]).toMatch(/did you mean "repo"\?/);
  });

  it.each([
    [
      { harnessDefaults: { plan: "cluade" } },
      /^harnessDefaults.plan: unknown harness "cluade" \(did you mean "claude"\?\)/,
    ],
    [{ cascade: ["zai"] }, /^cascade.0: unknown harness "zai": expected one of claude/],
    [{ harnesses: { bot: { type: "command" } } }, /^harnesses.bot: type "command" needs "command"/],
    [{ convexUrl: "ws://x" }, /^convexUrl: expected an http\(s\) URL/],
    [{ timeoutMs: 5 }, /^timeoutMs: expected at least 1000 ms/],
    [{ namespace: "a b" }, /^namespace: expected letters/],
    [[1], /^the file: /],
  ])("refuses %j", (value, message) => {
    expect(problems(value)[0]).toMatch(message);
  });
});
