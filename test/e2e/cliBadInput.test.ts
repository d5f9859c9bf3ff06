/**
 * Seam: wrong calls of the CLI as processes against a real host → exit code, message on stderr, nothing on stdout, and
 * a queue that is the same as before.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { drover, openWorkplace, type Workplace, writeConfig } from "./support/drover.ts";

let place: Workplace;
let before: string;
const snapshot = async () => {
  const calls = [place.drover("queue"), place.drover("assignments"), place.drover("jobs")];
  return (await Promise.all(calls)).map(({ stdout }) => stdout).join("");
};

beforeAll(async () => {
  place = await openWorkplace({ cascade: [] });
  await place.drover("create", "One", "--policy", "static");
  await place.drover("insert-job", "1", "--type", "plan", "--context", "a", "--key", "a");
  await place.drover("insert-job", "1", "--type", "review", "--context", "b", "--after", "1.1");
  await place.drover("create", "Done");
  await place.drover("update-assignment", "2", "--status", "complete");
  writeFileSync(join(place.repo, "latin1.txt"), Buffer.from([0x61, 0xe9, 0x62]));
  writeFileSync(join(place.repo, "large.txt"), "x".repeat(2 * 1024 * 1024));
  before = await snapshot();
});
afterAll(async () => {
  await place.close();
});

const insert = (...more: string[]) => ["insert-job", "1", "--type", "plan", "--context", "c", ...more];

describe("bad input", () => {
  it.each<[string[], number, RegExp]>([
    [["assignment", "77"], 2, /77/],
    [["job", "1.77"], 2, /1\.77/],
    [["explain", "nope"], 2, /nope/],
    [["assignment"], 2, /which assignment/],
    [["insert-job", "1", "--type", "implment", "--context", "c"], 2, /did you mean "implement"/],
    [insert("--harness", "cluade"), 2, /unknown harness "cluade" \(did you mean "claude"\?\)/],
    [["insert-job", "1", "--type", "plan"], 2, /--context is missing/],
    [["insert-job", "1", "--context", "c"], 2, /--type is missing/],
    [["insert-job", "1", "--type", "plan", "--context", " "], 2, /is empty/],
    [["insert-job", "1", "--type", "plan", "--context-file", "latin1.txt"], 2, /not valid UTF-8/],
    [["insert-job", "1", "--type", "plan", "--context-file", "large.txt"], 2, /2048 KB, at most 256 KB/],
    [["insert-job", "1", "--type", "plan", "--context-file", "none.txt"], 2, /there is no file none.txt/],
    [insert("--after", "1.99"), 2, /1\.99/],
    [insert("--timeout", "soon"), 2, /length of time like 90s/],
    [insert("--priority", "high"), 2, /whole number/],
    [["insert-job", "2", "--type", "plan", "--context", "late"], 2, /complete/],
    [["update-assignment", "1", "--status", "blocked"], 2, /--reason/],
    [["update-assignment", "1"], 2, /nothing to change/],
    [["update-assignment", "1", "--status", "done"], 2, /Allowed choices/],
    [["start-job", "1.2"], 2, /1\.2/],
    [["complete-job", "1.1"], 2, /1\.1/],
    [["create", " "], 2, /is empty/],
    [["create", "one", "two"], 2, /too many arguments/],
    [["queue", "--namespace", "foreign"], 2, /foreign/],
    [["runner", "start", "--name", "bad", "--slots", "0"], 2, /--slots must lie between/],
    [["runner", "start", "--name", "bad", "--url", "http://127.0.0.1:1"], 5, /did not start: .*no backend/],
    [["health", "block", "goood"], 2, /unknown profile "goood"/],
    [["health", "block", "cluade"], 2, /unknown profile "cluade" \(did you mean "claude"\?\)/],
    [["health", "clear", "cluade"], 2, /unknown profile "cluade"/],
    [["health", "block", "claude", "--machine", "moon"], 2, /no runner of this namespace is on "moon"/],
    [["queue", "--url", "http://127.0.0.1:1"], 5, /no backend at .*drover up/],
    [["queue", "--token", "abc"], 6, /token/],
    [["queu"], 2, /did you mean "queue"/],
    [["queue", "--jason"], 2, /--jason/],
    [["queue", "--config", "missing.json"], 2, /no configuration file/],
  ])("%j ends with %i and changes nothing", async (args, code, message) => {
    const call = await place.drover(...args);
    expect({ code: call.code, stdout: call.stdout }).toEqual({ code, stdout: "" });
    expect(call.stderr).toMatch(message);
    expect(call.stderr).not.toMatch(/\n\s+at /);
  });

  it("leaves the queue as it was", async () => {
    expect(await snapshot()).toBe(before);
  });

  it("names the circle that --after would close", async () => {
    const jobs = [
      { key: "x", type: "plan", context: "x", after: "y" },
      { key: "y", type: "plan", context: "y", after: "x" },
    ];
    const call = await place.drover("insert-job", "1", "--jobs", JSON.stringify(jobs));
    expect(call.code).toBe(2);
    expect(call.stderr).toMatch(/"x" → job "y" → job "x"/);
    expect(await snapshot()).toBe(before);
  });

  it.each<[string, RegExp]>([
    ['{"namespace": "x",}', /line 1, column 19: not JSON/],
    ['{"namespace": "x", "harnesDefaults": {}}', /did you mean "harnessDefaults"/],
  ])("the configuration %s is refused by name", async (text, message) => {
    const folder = join(place.folder, "broken");
    mkdirSync(join(folder, ".drover"), { recursive: true });
    writeFileSync(join(folder, ".drover", "config.json"), text);
    const call = await drover(["queue"], { cwd: folder, env: place.env });
    expect(call).toMatchObject({ code: 2, stdout: "" });
    expect(call.stderr).toContain(join(folder, ".drover", "config.json"));
    expect(call.stderr).toMatch(message);
  });

  it("of a repo that is not here stops a runner before it claims anything", async () => {
    const folder = join(place.folder, "gone");
    const repos = { "o/gone": "gone" };
    writeConfig(folder, { convexUrl: place.url, namespace: "shop", repo: "o/gone", repos });
    for (const command of ["runner", "up"]) {
      const call = await drover([command, "--name", "gone"], { cwd: folder, env: place.env });
      expect(call).toMatchObject({ code: 2, stdout: "" });
      expect(call.stderr).toMatch(/gone does not exist: clone it there/);
    }
  });

  it("of doctor's world is found: a missing repo, a missing harness, a template with an unknown variable", async () => {
    const folder = join(place.folder, "ill");
    writeConfig(folder, {
      convexUrl: place.url,
      namespace: "shop",
      repos: { "o/gone": "gone" },
      harnessDefaults: { default: "gemini" },
    });
    mkdirSync(join(folder, ".drover", "templates"));
    writeFileSync(
      join(folder, ".drover", "templates", "plan.md"),
      "---\ntitle: plan\n---\n{{ NORTH_STRA }}\n",
    );
    const call = await drover(["doctor"], { cwd: folder, env: { ...place.env, PATH: "/usr/bin:/bin" } });
    expect(call.code).toBe(1);
    const findings = call.json().findings as { name: string; level: string; detail: string; fix?: string }[];
    const bad = Object.fromEntries(
      findings.filter(({ level }) => !["ok", "note"].includes(level)).map((f) => [f.name, f]),
    );
    expect(bad["repo o/gone"]).toMatchObject({
      level: "fail",
      detail: expect.stringContaining("does not exist"),
    });
    expect(bad["harness gemini"]).toMatchObject({
      level: "warn",
      detail: expect.stringContaining("not installed"),
    });
    expect(bad["template plan"]).toMatchObject({
      level: "fail",
      detail: expect.stringContaining("NORTH_STRA"),
    });
    for (const finding of Object.values(bad)) expect(finding.fix).toBeTruthy();
  });
});
