/** Seam: flags, settings and environment of the terminal in, what the unit gets and what it lacks out. */
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { loadSettings } from "../config/settings.ts";
import { unitFlags, unitSecrets } from "./unitEnvironment.ts";

it("a unit's runner gets the flags and variables by which its configuration was found", () => {
  const env = { DROVER_CONFIG: "other.json", DROVER_URL: "http://build:3210", DROVER_SLOTS: "3" };
  expect(unitFlags({ namespace: "team" }, env)).toEqual([
    ...["--config", resolve("other.json"), "--url", "http://build:3210"],
    ...["--namespace", "team", "--slots", "3"],
  ]);
  expect(unitFlags({}, {})).toEqual([]);
});

it("names the variables that a unit will lack: the token, env:NAME, and inherited keys", () => {
  const settings = {
    ...loadSettings({ token: "t" }, {}, "/"),
    config: {
      harnesses: {
        claude: { type: "claude" as const },
        other: { type: "claude" as const, env: { ANTHROPIC_API_KEY: "env:SECOND_KEY" } },
      },
    },
  };
  const env = { ANTHROPIC_BASE_URL: "http://gateway", GEMINI_API_KEY: "not used here", HOME: "/srv/me" };
  expect(unitSecrets(settings, env)).toEqual(["ANTHROPIC_BASE_URL", "DROVER_TOKEN", "SECOND_KEY"]);
  expect(unitSecrets({ ...settings, token: null, config: {} }, env)).toEqual([]);
});
