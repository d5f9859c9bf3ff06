/**
 * Seam: the tarball of `npm pack`, installed by npm into an empty repo of another language, and driven there as its
 * users will. The registry (or npm's cache) gives the one native dependency.
 */
import { execFileSync, type ExecFileSyncOptions } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drover, firstJson, start } from "../e2e/support/drover.ts";
import { cliProject } from "../officialCli/cliHost.ts";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
let folder: string;
let repo: string;
let packed: string[];

const failed = (error: unknown) => error as { all: string; exitCode: number };
const run = (file: string, args: string[], options: ExecFileSyncOptions) =>
  execFileSync(file, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], ...options }) as string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "drover-pack-"));
  repo = join(folder, "greeter");
  mkdirSync(repo);
  const out = run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: ROOT });
  const [tarball] = JSON.parse(out.slice(out.indexOf("["))) as {
    filename: string;
    files: { path: string }[];
  }[];
  packed = tarball?.files.map(({ path }) => path) ?? [];
  writeFileSync(join(repo, "go.mod"), "module example.com/greeter\n\ngo 1.23\n");
  writeFileSync(join(repo, "agent.sh"), '#!/bin/sh\ncat > prompt.txt\necho "hello from a shell agent"\n', {
    mode: 0o755,
  });
  run("git", ["init", "-q"], { cwd: repo });
  run("git", ["remote", "add", "origin", "git@example.com:acme/greeter.git"], { cwd: repo });
  const install = [
    "install",
    "--no-audit",
    "--no-fund",
    "--prefer-offline",
    "--no-save",
    join(folder, tarball?.filename ?? ""),
  ];
  run("npm", install, { cwd: repo });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("the package", () => {
  it("holds what was built, the templates and the examples, and nothing else of the checkout", () => {
    const tops = new Set(packed.map((path) => path.split("/")[0]));
    expect([...tops].sort()).toEqual(
      [
        "LICENSE",
        "README.md",
        "bin",
        "config.example.json",
        "dist",
        "examples",
        "package.json",
        "templates",
      ].filter((name) => name !== "README.md" || existsSync(join(ROOT, name))),
    );
    expect(packed).toContain("dist/functions/functions.js");
    // Without it a scan works on, silently, with one core.
    expect(packed).toContain("dist/portfolio/scanWorker.js");
    // Without it no agent of the Agent Client Protocol can be started.
    expect(packed).toContain("dist/runner/acpBridge.js");
    expect(packed).toContain("templates/pm.md");
    expect(packed.filter((path) => /\.(ts|test\.js)$/.test(path))).toEqual([]);
  });

  it("brings no TypeScript runner and no bundler", () => {
    const installed = readdirSync(join(repo, "node_modules"));
    for (const tool of ["tsx", "typescript", "esbuild", "convex"]) expect(installed).not.toContain(tool);
    expect(
      readFileSync(join(repo, "node_modules", "drover", "dist", "THIRD_PARTY_NOTICES.txt"), "utf8"),
    ).toContain("--- convex");
  });

  it("sets the repo up, starts, and takes a job to its end with an agent of the repo's own", async () => {
    const env = { DROVER_HOME: join(folder, "home"), DROVER_URL: undefined as string | undefined };
    const npx = run("npx", ["--no-install", "drover", "init", "--json"], {
      cwd: repo,
      env: { ...process.env, ...env },
    });
    expect(JSON.parse(npx)).toMatchObject({
      created: true,
      namespace: "greeter",
      repo: "acme/greeter",
      registered: false,
    });
    const file = join(repo, ".drover", "config.json");
    const config = JSON.parse(readFileSync(file, "utf8")) as object;
    const own = {
      harnesses: { shell: { type: "command", command: ["./agent.sh"] } },
      harnessDefaults: { default: "shell" },
      cascade: [],
    };
    writeFileSync(file, JSON.stringify({ ...config, ...own }));

    const launcher = join(repo, "node_modules", "drover", "bin", "drover.mjs");
    const up = start(["up", "--port", "0"], { cwd: repo, env, launcher });
    try {
      env.DROVER_URL = String((await firstJson(up)).url);
      const call = (...args: string[]) => drover(args, { cwd: repo, env, launcher });
      expect((await call("create", "Greet", "--policy", "static")).json()).toMatchObject({ number: 1 });
      await call("insert-job", "1", "--type", "plan", "--context", "say hello");
      const followed = await call("logs", "1.1", "--follow");
      expect(followed).toMatchObject({ code: 0 });
      expect((await call("job", "1.1")).json().job).toMatchObject({
        status: "complete",
        result: expect.stringContaining("hello from a shell agent"),
      });
      expect((await call("assignment", "1")).json().assignment.status).toBe("complete");
      expect((await call("queue")).json()).toMatchObject({ namespace: "greeter", jobs: { complete: 1 } });
      expect(readFileSync(join(repo, "prompt.txt"), "utf8")).toContain("say hello");
    } finally {
      const ended = new Promise((resolve) => up.once("close", resolve));
      up.kill("SIGTERM");
      expect(await ended).toBe(0);
    }
  });

  it("lets the official CLI look into the host, and says what a deploy to it needs", async () => {
    const home = join(folder, "cliHome");
    const launcher = join(repo, "node_modules", "drover", "bin", "drover.mjs");
    const up = start(["host", "--port", "0", "--json"], { env: { DROVER_HOME: home }, launcher });
    const project = cliProject();
    try {
      const url = String((await firstJson(up))["url"]);
      const key = readFileSync(join(home, "admin-key"), "utf8").trim();
      const tables = await project.convex({ url, key }, "data");
      expect(tables.stdout.split("\n")).toContain("assignments");
      const push = await project.convex({ url, key }, "deploy", "-y", "--typecheck", "disable").catch(failed);
      expect(push).toMatchObject({ exitCode: 1 });
      expect(push.all).toContain('Run "npm install esbuild"');
      expect((await project.convex({ url, key }, "data")).stdout).toBe(tables.stdout);
    } finally {
      project.remove();
      const ended = new Promise((resolve) => up.once("close", resolve));
      up.kill("SIGTERM");
      await ended;
    }
  });

  it("plays the demo", async () => {
    const launcher = join(repo, "node_modules", "drover", "bin", "drover.mjs");
    const call = await drover(["demo", "--json"], { cwd: repo, launcher });
    expect(call).toMatchObject({ code: 0 });
    expect(call.json()).toMatchObject({ assignment: { status: "complete" }, test: { passed: true } });
  });
});
