/** Seam: requests of flags or files → what is sent, or a CliError. */
import { describe, expect, it } from "vitest";
import { parseJobsFile, toNewJob, unknownProfiles } from "./newJob.ts";

const config = {
  timeoutMs: 600_000,
  harnessDefaults: { default: "claude", review: "codex" },
  cascade: ["codex", "claude", "gemini"],
  harnesses: { zai: { type: "codex" as const } },
};

describe("a new job", () => {
  it("begins with the harness that was asked for and goes on with the cascade", () => {
    expect(toNewJob({ type: "plan", context: "c", harness: "gemini" }, config)).toEqual({
      type: "plan",
      context: "c",
      cascade: ["gemini", "codex", "claude"],
      timeoutMs: 600_000,
    });
  });

  it("takes the default of its type, then the general one", () => {
    expect(toNewJob({ type: "review", context: "c" }, config).cascade).toEqual(["codex", "claude", "gemini"]);
    expect(toNewJob({ type: "plan", context: "c" }, config).cascade).toEqual(["claude", "codex", "gemini"]);
  });

  it("leaves the choice to the namespace where the configuration says nothing", () => {
    expect(toNewJob({ type: "plan", context: "c" }, {})).toEqual({ type: "plan", context: "c" });
  });

  it("gives a script no agent as a fallback", () => {
    expect(toNewJob({ type: "script", context: "make" }, config)).not.toHaveProperty("cascade");
  });

  it("takes `none` for no lock", () => {
    expect(toNewJob({ type: "plan", context: "c", lock: "none" }, {}).lock).toBeNull();
    expect(toNewJob({ type: "plan", context: "c", lock: "db" }, {}).lock).toBe("db");
  });

  it("is refused for an unknown type, with the likely one", () => {
    expect(() => toNewJob({ type: "implment", context: "c" }, {})).toThrow(
      /unknown job type "implment" \(did you mean "implement"\?\): expected one of plan, implement/,
    );
  });

  it("is refused for a context that is empty, too long or not UTF-8", () => {
    expect(() => toNewJob({ type: "plan", context: "  " }, {})).toThrow(/is empty/);
    expect(() => toNewJob({ type: "plan", context: "x".repeat(2_000_000) }, {})).toThrow(
      /1954 KB, at most 256 KB/,
    );
    expect(() => toNewJob({ type: "plan", context: "a\uFFFDb" }, {})).toThrow(/not valid UTF-8/);
  });

  it("names the profiles that only the backend can know", () => {
    const jobs = [toNewJob({ type: "plan", context: "c", cascade: ["zai", "other"] }, config)];
    expect(unknownProfiles(jobs, config)).toEqual(["other"]);
  });
});

describe("a jobs file", () => {
  it("is an array of jobs, or an object with them", () => {
    const jobs = [
      { type: "plan", context: "c", key: "p" },
      { type: "review", context: "r", after: "p" },
    ];
    const read = [
      { type: "plan", context: "c", key: "p" },
      { type: "review", context: "r", after: ["p"] },
    ];
    expect(parseJobsFile(JSON.stringify(jobs), "f")).toEqual(read);
    expect(parseJobsFile(JSON.stringify({ jobs }), "f")).toEqual(read);
  });

  it.each([
    ["[{", /f, line 1, column 3: not JSON/],
    ["{}", /f must hold a JSON array of jobs/],
    ['[{"type":"plan","contxt":"c"}]', /job 0: unknown key "contxt" \(did you mean "context"\?\)/],
    ['[{"type":"plan"}]', /job 0.context: /],
  ])("%s is refused with a message", (text, message) => {
    expect(() => parseJobsFile(text, "f")).toThrow(message);
  });
});
