/** Seam: flags, environment and files in real folders → settings. Nothing is sent anywhere. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { CliError } from "../output/errors.ts";
import { repoPaths } from "./repoPaths.ts";
import { slugOfRemote } from "./repoSlug.ts";
import { loadSettings, requireNamespace } from "./settings.ts";

let root: string;
beforeEach(() => (root = mkdtempSync(join(tmpdir(), "drover-settings-"))));
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (folder: string, config: unknown) => {
  mkdirSync(join(root, folder, ".drover"), { recursive: true });
  const text = typeof config === "string" ? config : JSON.stringify(config);
  writeFileSync(join(root, folder, ".drover", "config.json"), text);
};
const load = (flags = {}, env: NodeJS.ProcessEnv = {}, folder = "") =>
  loadSettings(flags, env, join(root, folder));
const failure = (work: () => unknown): CliError => {
  try {
    work();
  } catch (error) {
    return error as CliError;
  }
  throw new Error("expected a CliError");
};

describe("settings", () => {
  it("come from the nearest .drover/config.json above", () => {
    write("", { namespace: "outer" });
    write("a", { namespace: "inner" });
    mkdirSync(join(root, "a", "b", "c"), { recursive: true });
    expect(load({}, {}, "a/b/c")).toMatchObject({ namespace: "inner", root: join(root, "a") });
  });

  it("prefer a flag to the environment and the environment to the file", () => {
    write("", { namespace: "file", convexUrl: "http://file" });
    expect(load()).toMatchObject({ namespace: "file", url: "http://file" });
    const env = { DROVER_NAMESPACE: "env", DROVER_URL: "http://env/" };
    expect(load({}, env)).toMatchObject({ namespace: "env", url: "http://env" });
    expect(load({ namespace: "flag", url: "http://flag" }, env)).toMatchObject({
      namespace: "flag",
      url: "http://flag",
    });
  });

  it("take assignment, job and token from the environment of a job, older names included", () => {
    const env = {
      DROVER_TOKEN: "t",
      DROVER_ASSIGNMENT: "a",
      WORKFLOW_ASSIGNMENT_ID: "old",
      WORKFLOW_JOB_ID: "j",
    };
    expect(load({}, env)).toMatchObject({ token: "t", assignment: "a", job: "j" });
    expect(load({}, { ...env, DROVER_ASSIGNMENT: "" }).assignment).toBe("old");
  });

  it("fall back to the local backend and to no namespace", () => {
    expect(load()).toMatchObject({ file: null, url: "http://127.0.0.1:3210", namespace: null });
    expect(failure(() => requireNamespace(load()))).toMatchObject({
      exitCode: 2,
      message: expect.stringContaining("drover init"),
    });
  });

  it("refuse a file that is not valid, with its name and all problems", () => {
    write("", '{\n  "namespace": "x"\n  "slots": 1\n}');
    const { message, exitCode } = failure(load);
    expect(exitCode).toBe(2);
    expect(message).toContain(join(root, ".drover", "config.json"));
    expect(message).toContain("line 3, column 3");
  });

  it("refuse a named file that is not there, a wrong number and a wrong address", () => {
    expect(failure(() => load({ config: "nope.json" })).message).toContain("no configuration file at");
    expect(failure(() => load({}, { DROVER_SLOTS: "many" })).message).toContain("DROVER_SLOTS");
    expect(failure(() => load({ url: "localhost:3210" })).message).toContain("http(s) URL");
  });
});

describe("the namespace of a command", () => {
  it("is that of task files where they are run without a configuration, and asked for elsewhere", () => {
    expect(failure(() => requireNamespace(load())).message).toContain("no configuration found here or above");
    mkdirSync(join(root, ".runforge"));
    expect(requireNamespace(load())).toBe("tasks");
    write("", { repo: "o/a" });
    expect(failure(() => requireNamespace(load())).message).toContain('names no "namespace"');
  });
});

describe("paths of repos", () => {
  it("expand ~ and variables and are relative to the repo", () => {
    write("", {
      namespace: "n",
      repo: "o/here",
      repos: { "o/a": "~/a", "o/b": "${BASE}/b", "o/c": "../c" },
      namespaces: { m: { repos: { "o/d": "$BASE/d" } } },
    });
    const paths = repoPaths(load(), { HOME: "/srv/me", BASE: "/base" });
    expect(paths.get("n")).toEqual({
      "o/a": "/srv/me/a",
      "o/b": "/base/b",
      "o/c": join(root, "../c"),
      "o/here": root,
    });
    expect(paths.get("m")).toEqual({ "o/d": "/base/d" });
  });

  it("name the variable that is not set", () => {
    write("", { namespace: "n", repos: { "o/b": "${BASE}/b" } });
    expect(failure(() => repoPaths(load(), {})).message).toContain("needs $BASE");
  });
});

describe("the slug of a remote", () => {
  it.each([
    ["git@github.com:owner/name.git", "owner/name"],
    ["https://github.com/owner/name", "owner/name"],
    ["ssh://git@host:22/group/sub/name.git", "group/sub/name"],
    ["https://user@host/owner/name.git/", "owner/name"],
    ["/srv/git/name.git", null],
  ])("of %s is %s", (url, slug) => {
    expect(slugOfRemote(url)).toBe(slug);
  });
});
