/**
 * What bounds a run: quotas, seats of a profile, a pause, and the net for secrets in its files. Seam: the binary with
 * plain programs and recorded output as agents. Not asserted: how verdicts are found (runner/harness).
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { PAUSED } from "../../domain/runHold.ts";
import { openWorkplace, type Workplace } from "./support/drover.ts";
import {
  ended,
  openTaskPlace,
  reportOf,
  runDirOf,
  statesOf,
  task,
  type TaskPlace,
} from "./support/taskPlace.ts";

let place: TaskPlace;
beforeEach(() => (place = openTaskPlace()));
afterEach(() => place.close());

const recording = (path: string) => fileURLToPath(new URL(`../transcripts/${path}.jsonl`, import.meta.url));
const limited = {
  type: "command",
  output: "claude",
  command: ["sh", "-c", `cat > /dev/null; cat ${recording("claude/07-usage-limit-oauth")}; exit 1`],
};

describe("a quota that is used up", () => {
  it("ends the run with 4 and the reset time; what waited behind it is limited too, and nothing stays in the queue", async () => {
    place.tasks(
      [
        task("asks", "do it"),
        task("after", "do it", { depends_on: ["asks"] }),
        task("shell", "true", { runner: "script", repo: "o/b" }),
      ],
      { default_runner: "poor", runners: { poor: limited } },
    );
    const done = await place.run();
    expect(done.code, done.stderr).toBe(4);
    const report = reportOf(done.stdout);
    expect(statesOf(report)).toEqual({ asks: 6, after: 6, shell: 3 });
    expect(report.rate_limited).toBe(2);
    expect(Date.parse(report.resets_at)).toBeGreaterThan(Date.parse(report.timestamp));
    expect(report.results.asks.attempts).toMatchObject([{ runner: "poor", state: 6 }]);
    expect(report.results.after.resets_at).toBe(report.resets_at);
    const again = await place.call("rerun", "--max-runtime", "1m");
    expect(again.code).toBe(4);
  });

  it("falls to the next profile where there is one, and the limited one is not asked again", async () => {
    const list = ["1", "2", "3"].map((id) => task(id, "do it"));
    place.tasks(list, {
      default_runner: "poor",
      default_fallbacks: ["rich"],
      runners: {
        poor: { ...limited, command: ["sh", "-c", `echo asked >> asked; ${limited.command[2]}`] },
        rich: { type: "command", command: ["sh", "-c", "cat > /dev/null; echo done"], fallback_only: true },
      },
    });
    const done = await place.run("--workers", "1");
    expect(done.code, done.stderr).toBe(0);
    expect(readFileSync(join(place.folder, "repos", "a", "asked"), "utf8")).toBe("asked\n");
    expect(reportOf(done.stdout).results["1"]).toMatchObject({
      runner_used: "rich",
      attempts: [
        { runner: "poor", state: 6 },
        { runner: "rich", state: 3 },
      ],
    });
  });
});

describe("max_concurrent", () => {
  it("bounds what one profile does at once, while others use the slots", async () => {
    const alone = `cat > /dev/null; mkdir ${join(place.folder, "seat")} && sleep 0.3 && rmdir ${join(place.folder, "seat")}`;
    const list = ["a", "b", "c", "d"].map((name) => {
      place.write(`repos/${name}/x`, "");
      return task(name, "do it", { repo: `o/${name}` });
    });
    place.tasks(list, {
      default_runner: "one",
      runners: { one: { type: "command", command: ["sh", "-c", alone], max_concurrent: 1 } },
    });
    const done = await place.run("--workers", "4");
    expect(done.code, done.stderr).toBe(0);
    expect(done.stderr).not.toContain("not honoured");
    place.tasks(list, { default_runner: "one", runners: { one: { type: "script", max_concurrent: "two" } } });
    const refused = await place.run();
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain("runners.one.max_concurrent");
  });
});

/** A run on a host of its own whose first task waits for `go`, and whose second would come next. */
async function runThatWaits(host: Workplace) {
  Object.assign(place.env, { DROVER_HOME: host.home, DROVER_URL: host.url, DROVER_NAMESPACE: "shop" });
  const go = join(place.folder, "go");
  place.tasks([task("first", `until test -e ${go}; do sleep 0.1; done`), task("second", "touch second")]);
  const child = place.start("run", "--tasks", "tasks.json", "--repos-dir", "repos");
  const said = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said.err += text));
  await expect.poll(() => said.err, { timeout: 30_000 }).toContain("RUNNING    first");
  return { child, said };
}

describe("a run that is held", () => {
  let host: Workplace;
  beforeEach(async () => void (host = await openWorkplace()));
  afterEach(() => host.close());

  it("by a pause starts nothing more, does not count as stuck, and goes on where it is let go", async () => {
    const { child, said } = await runThatWaits(host);
    expect((await host.drover("block", "1", "--reason", PAUSED)).code).toBe(0);
    place.write("go", "");
    await expect.poll(() => said.err, { timeout: 30_000 }).toContain("COMPLETED  first");
    expect((await host.drover("status", "1")).json()).toMatchObject({ paused: true, status: "blocked" });
    expect(existsSync(join(place.folder, "repos", "a", "second"))).toBe(false);
    expect((await host.drover("unblock", "1")).code).toBe(0);
    expect(await ended(child)).toBe(0);
  });

  it("by a person ends with 3: it is stuck until somebody acts, and its report says what has not run", async () => {
    const { child, said } = await runThatWaits(host);
    expect((await host.drover("block", "1", "--reason", "the budget is spent")).code).toBe(0);
    place.write("go", "");
    expect(await ended(child)).toBe(3);
    expect(statesOf(reportOf(said.out))["second"]).toBe(0);
    expect(existsSync(join(place.folder, "repos", "a", "second"))).toBe(false);
  });
});

describe("the folder of a run", () => {
  it("holds no secret in any file, though its tasks print them, and is closed to others", async () => {
    const key = `sk-ant-${"a1B2".repeat(8)}`;
    place.env["SHOP_API_TOKEN"] = "tell-nobody-this-one";
    place.write("tasks.json", {
      default_runner: "shell",
      runners: { shell: { type: "script", env: { SHOP_API_TOKEN: "env:SHOP_API_TOKEN" } } },
      tasks: [
        task("leaks", `printf '%s %s' sk-ant- ${"a1B2".repeat(8)} | tr -d ' '; echo " $SHOP_API_TOKEN" >&2`),
      ],
    });
    const done = await place.run();
    const dir = runDirOf(done.stdout);
    const files = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    expect(files.length).toBeGreaterThan(5);
    for (const { parentPath, name } of files) {
      const text = readFileSync(join(parentPath, name), "utf8");
      expect(text, name).not.toContain(key);
      expect(text, name).not.toContain("tell-nobody-this-one");
    }
    expect(readFileSync(join(dir, "leaks", "stderr.log"), "utf8")).toContain("[redacted SHOP_API_TOKEN]");
    expect(statSync(dir).mode & 0o077).toBe(0);
  });
});
