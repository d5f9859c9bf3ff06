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

// Cline looks at stdin only without --json.
it.each(HARNESS_KINDS.filter((kind) => kind !== "script" && kind !== "cline"))(
  "hands %s its prompt on stdin, never as an argument",
  (type) => {
    const { argv, stdin } = launch({ type, command: ["/bin/prog", "first"] }, { prompt: "-secret words" });
    expect(stdin).toBe("-secret words");
    // An agent of the protocol is started by a bridge, which finds its command in its order.
    if (type === "acp") expect(argv.at(-1)).toContain('"agent":["/bin/prog","first"]');
    else expect(argv.slice(0, 2)).toEqual(["/bin/prog", "first"]);
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
  ["qwen", "yolo", "auto-edit"],
  ["cline", "true", "false"],
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

it.each(["claude", "codex", "gemini", "opencode", "qwen", "kilocode"] as const)(
  "passes model, session and arguments on to %s",
  (type) => {
    const { argv } = launch({ type, model: "m-1", args: ["--extra", "x"] }, { resume: "session-1" });
    for (const part of ["m-1", "session-1", "--extra", "x"])
      expect(argv.filter((arg) => arg === part)).toEqual([part]);
  },
);

it("hands Cline its prompt as one argument that is neither a flag nor a command, or the file of a long one", () => {
  const last = (prompt: string) =>
    launch({ type: "cline", args: ["--thinking", "low"] }, { prompt }).argv.slice(-2);
  expect(last("-secret words")).toEqual(["--", "-secret words"]);
  expect(last("update")).toEqual(["--", "Task:\nupdate"]);
  expect(last("/help me")).toEqual(["--", "Task:\n/help me"]);
  const long = last("many words ".repeat(10_000))[1] ?? "";
  expect(long).toContain("/a/prompt.md");
  expect(long.length).toBeLessThan(200);
});

it("offers no shell to a restricted Kilo", () => {
  expect(launch({ type: "kilocode" }).argv).toContain("--auto");
  const restricted = launch({ type: "kilocode", permissions: "restricted" });
  expect(restricted.argv).not.toContain("--auto");
  expect(restricted.env.KILO_PERMISSION).toContain('"bash":"deny"');
});

it("keeps Qwen from running a prompt as a slash command", () => {
  expect(launch({ type: "qwen" }, { prompt: "/help" }).stdin).toBe("Task:\n/help");
});

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
