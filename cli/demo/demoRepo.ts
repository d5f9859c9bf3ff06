import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { execa } from "execa";

export const DEMO_SLUG = "demo/text-tools";

/** What the user of the demo wants; the stand-in's script fulfils it. */
export const DEMO_NORTH_STAR =
  "Add slugify(text) to text-tools: lower case, words joined by single hyphens, no hyphen at either end. " +
  "Cover it with tests; `npm test` passes.";

const FILES: Readonly<Record<string, string>> = {
  "package.json": `${JSON.stringify(
    { name: "text-tools", version: "1.0.0", private: true, type: "module", scripts: { test: "node --test" } },
    null,
    2,
  )}\n`,
  "README.md": "# text-tools\n\nSmall functions for text. `npm test` runs the tests.\n",
  "src/capitalize.js": `/** The text with its first letter in upper case. */
export function capitalize(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
`,
  "test/capitalize.test.js": `import assert from "node:assert/strict";
import { test } from "node:test";
import { capitalize } from "../src/capitalize.js";

test("raises the first letter", () => {
  assert.equal(capitalize("drover"), "Drover");
});
`,
};

/** Git that reads no configuration of this machine: signing keys and hooks of the user must not touch the demo. */
export const DEMO_GIT_ENV = {
  GIT_CONFIG_GLOBAL: process.platform === "win32" ? "NUL" : "/dev/null",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
};

/** Makes the little library as a git repo with one commit. */
export async function makeDemoRepo(folder: string): Promise<void> {
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  await git(folder, "init", "--quiet", "--initial-branch=main");
  await git(folder, "config", "user.name", "Demo User");
  await git(folder, "config", "user.email", "demo@drover.invalid");
  await git(folder, "add", "--all");
  await git(folder, "commit", "--quiet", "--message=Start text-tools");
}

/** Runs git in the repo and gives what it printed. */
export async function git(folder: string, ...args: string[]): Promise<string> {
  const { stdout } = await execa("git", args, { cwd: folder, env: DEMO_GIT_ENV, stdin: "ignore" });
  return stdout;
}

/** Runs the repo's own tests: the demo trusts no agent's word. */
export async function testDemoRepo(folder: string): Promise<{ passed: boolean; output: string }> {
  const result = await execa(process.execPath, ["--test"], {
    cwd: folder,
    reject: false,
    all: true,
    env: TEST_ENV,
  });
  return { passed: result.exitCode === 0, output: result.all };
}

/** A test run inside a test run would report to the outer one and look empty. */
export const TEST_ENV = { NODE_TEST_CONTEXT: undefined };
