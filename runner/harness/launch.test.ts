/** Seam: profile and prompt in, command line, environment and stdin out. That the CLIs accept them: test/harness. */
import { expect, it } from "vitest";
import { HARNESS_KINDS, harnessOf } from "./index.ts";
import type { LaunchOrder, Profile } from "./port.ts";

const launch = (profile: Partial<Profile> & Pick<Profile, "type">, over: Partial<LaunchOrder> = {}) =>
  harnessOf(profile.type).launch({
    profile: { name: "p", ...profile },
    prompt: "do it",
    promptFile: "/a/prompt.md",
    tmp: "/a/tmp",
    root: false,
    ...over,
  });

it.each(HARNESS_KINDS.filter((kind) => kind !== "script"))(
  "hands %s its prompt on stdin, never as an argument",
  (type) => {
    const { argv, stdin } = launch({ type, command: ["/bin/prog", "first"] }, { prompt: "-secret words" });
    expect(stdin).toBe("-secret words");
    expect(argv.slice(0, 2)).toEqual(["/bin/prog", "first"]);
    expect(argv.join(" ")).not.toContain("secret words");
  },
);

it("runs a script from a file, with stdin closed", () => {
  expect(launch({ type: "script" })).toEqual({ argv: ["sh", "/a/prompt.md"], env: {}, stdin: null });
});

it.each([
  ["claude", "--dangerously-skip-permissions", "acceptEdits"],
  ["codex", "--dangerously-bypass-approvals-and-sandbox", 'sandbox_mode="workspace-write"'],
  ["gemini", "yolo", "auto_edit"],
] as const)("bypasses questions of %s unless the profile is restricted", (type, bypass, restricted) => {
  expect(launch({ type }).argv).toContain(bypass);
  expect(launch({ type, permissions: "restricted" }).argv).not.toContain(bypass);
  expect(launch({ type, permissions: "restricted" }).argv).toContain(restricted);
});

it("offers no shell to a restricted OpenCode", () => {
  expect(launch({ type: "opencode" }).argv).toContain("--auto");
  const restricted = launch({ type: "opencode", permissions: "restricted" });
  expect(restricted.argv).not.toContain("--auto");
  expect(restricted.env.OPENCODE_PERMISSION).toContain('"bash":"deny"');
});

it.each(["claude", "codex", "gemini", "opencode"] as const)(
  "passes model, session and arguments on to %s",
  (type) => {
    const { argv } = launch({ type, model: "m-1", args: ["--extra", "x"] }, { resume: "session-1" });
    for (const part of ["m-1", "session-1", "--extra", "x"])
      expect(argv.filter((arg) => arg === part)).toEqual([part]);
  },
);

it("tells Claude that root is in a sandbox, only when it must", () => {
  expect(launch({ type: "claude" }, { root: true }).env.IS_SANDBOX).toBe("1");
  expect(launch({ type: "claude" }).env.IS_SANDBOX).toBeUndefined();
  expect(
    launch({ type: "claude", permissions: "restricted" }, { root: true }).env.IS_SANDBOX,
  ).toBeUndefined();
});

it("keeps Claude from running a prompt as a slash command", () => {
  expect(launch({ type: "claude" }, { prompt: "/context" }).stdin).toBe("Task:\n/context");
});

it("caps the retries of a provider that the profile chooses for Codex, unless it says otherwise itself", () => {
  const chosen = ["-c", 'model_provider="zai"'];
  expect(launch({ type: "codex", args: chosen }).argv).toContain("model_providers.zai.request_max_retries=0");
  const own = [...chosen, "-c", "model_providers.zai.request_max_retries=4"];
  expect(launch({ type: "codex", args: own }).argv).not.toContain(
    "model_providers.zai.request_max_retries=0",
  );
  expect(launch({ type: "codex" }).argv.join(" ")).not.toContain("max_retries");
});

it("gives OpenCode a plugin that tells of its waits, beside the server for reports", () => {
  const { env, files } = launch({ type: "opencode" }, { reportTool: ["drover", "report-tool"] });
  expect(files).toMatchObject([{ path: "/a/tmp/droverWaits.js" }]);
  expect(JSON.parse(env.OPENCODE_CONFIG_CONTENT ?? "")).toMatchObject({
    plugin: ["file:///a/tmp/droverWaits.js"],
    mcp: { drover: { command: ["drover", "report-tool"] } },
  });
});
