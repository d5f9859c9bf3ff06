/** Seam: the runner's environment and a profile in, the child's environment out. */
import { expect, it } from "vitest";
import { childEnvironment } from "./environment.ts";
import { harnessFor } from "./index.ts";
import type { HarnessKind, Profile } from "./port.ts";

const INHERITED = {
  PATH: "/bin",
  HOME: "/home/me",
  HTTPS_PROXY: "http://user:pass@proxy:8080",
  ANTHROPIC_API_KEY: "a",
  CLAUDE_CODE_OAUTH_TOKEN: "b",
  CLAUDE_CONFIG_DIR: "/c",
  CLAUDECODE: "1",
  CLAUDE_CODE_ENTRYPOINT: "cli",
  OPENAI_API_KEY: "c",
  CODEX_HOME: "/codex",
  GEMINI_API_KEY: "d",
  GOOGLE_APPLICATION_CREDENTIALS: "/gac.json",
  GITHUB_TOKEN: "e",
  AWS_SECRET_ACCESS_KEY: "f",
  DB_PASSWORD: "g",
  DATABASE_URL: "postgres://me:secret@db/x",
  MYSQL_PWD: "h",
  SMTP_PASS: "i",
  GH_PAT: "j",
  REGISTRY_AUTH: "k",
  SSH_AUTH_SOCK: "/tmp/agent",
  GIT_ASKPASS: "/bin/askpass",
  PWD: "/srv/work",
  DROVER_HOME: "/drover",
  EMPTY: "",
};

function child(type: HarnessKind, env: Profile["env"] = {}) {
  const profile: Profile = { name: "p", type, env };
  const harness = harnessFor(profile);
  return childEnvironment({
    harness,
    profile,
    inherited: INHERITED,
    defaults: { D: "1" },
    ours: { DROVER_JOB: "12.3" },
  });
}
const env = (type: HarnessKind, set?: Profile["env"]): Record<string, string> => {
  const built = child(type, set);
  if (!built.ok) throw new Error(built.detail);
  return built.env;
};

it("gives a script no secret at all", () => {
  expect(env("script")).toEqual({
    PATH: "/bin",
    HOME: "/home/me",
    HTTPS_PROXY: "http://user:pass@proxy:8080",
    CLAUDE_CONFIG_DIR: "/c",
    CODEX_HOME: "/codex",
    SSH_AUTH_SOCK: "/tmp/agent",
    GIT_ASKPASS: "/bin/askpass",
    PWD: "/srv/work",
    EMPTY: "",
    TZ: "UTC",
    D: "1",
    DROVER_JOB: "12.3",
  });
});

it.each([
  ["claude", ["ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN"]],
  ["codex", ["OPENAI_API_KEY"]],
  ["gemini", ["GEMINI_API_KEY", "GOOGLE_APPLICATION_CREDENTIALS"]],
  [
    "opencode",
    [
      "ANTHROPIC_API_KEY",
      "AWS_SECRET_ACCESS_KEY",
      "GEMINI_API_KEY",
      "GOOGLE_APPLICATION_CREDENTIALS",
      "OPENAI_API_KEY",
    ],
  ],
] as const)("gives %s only the secrets that it needs", (type, secrets) => {
  const built = env(type);
  const kept = Object.keys(built).filter((name) =>
    /KEY|TOKEN|SECRET|PASSWORD|CREDENTIALS|DATABASE/.test(name),
  );
  expect(kept.sort()).toEqual([...secrets].sort());
  expect(built).not.toHaveProperty("CLAUDECODE");
  expect(built).not.toHaveProperty("CLAUDE_CODE_ENTRYPOINT");
});

it("takes env:NAME from the runner, unsets null and keeps an empty string", () => {
  const built = env("claude", {
    GH: "env:GITHUB_TOKEN",
    ANTHROPIC_API_KEY: null,
    HOME: "",
    D: "2",
    PLAIN: "x",
  });
  expect(built).toMatchObject({ GH: "e", HOME: "", D: "2", PLAIN: "x" });
  expect(built).not.toHaveProperty("ANTHROPIC_API_KEY");
});

it("names the variable that is unset or empty instead of starting without it", () => {
  for (const name of ["NOWHERE", "EMPTY"]) {
    const built = child("codex", { OPENAI_API_KEY: `env:${name}` });
    expect(built).toMatchObject({ ok: false });
    expect(built).toHaveProperty(
      "detail",
      expect.stringContaining(`OPENAI_API_KEY from the runner's environment variable ${name}`),
    );
  }
});

it("lets no profile change what Drover itself sets", () => {
  expect(env("script", { DROVER_JOB: "99" }).DROVER_JOB).toBe("12.3");
});
