/** Seam: the CLI as a process against its own backend; observed are exit codes, answers, and the runner's process. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openWorkplace, start, type Workplace } from "./support/drover.ts";

/** As long as a busy machine may need for a few calls of the CLI. */
const WAIT = { timeout: 30_000, interval: 200 };

let place: Workplace;
beforeAll(async () => {
  place = await openWorkplace({
    harnesses: {
      good: { type: "command", command: ["sh", "-c", "cat >/dev/null; echo ok"] },
      bad: { type: "command", command: ["sh", "-c", "echo no quota >&2; exit 1"] },
    },
    harnessDefaults: { default: "good" },
  });
});
afterAll(async () => {
  await place.drover("runner", "stop", "--name", "box", "--now");
  await place.close();
});

describe("the life of a runner", () => {
  it("is started behind the terminal, seen, and stopped", async () => {
    const started = await place.drover("runner", "start", "--name", "box");
    expect(started.code, started.stderr).toBe(0);
    const { pid } = started.json();
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    expect((await place.drover("runner", "start", "--name", "box")).code).toBe(2);
    const status = (await place.drover("runner", "status")).json();
    expect(status.local).toMatchObject([{ name: "box", pid }]);
    const logs = await place.drover("runner", "logs", "--name", "box");
    expect(logs.stdout).toContain("session:started");
    const stopped = await place.drover("runner", "stop", "--name", "box");
    expect(stopped.json()).toMatchObject({ stopped: true, ran: true });
    // Where nobody collects it, the dead process keeps its place in the table, without a command line.
    expect(existsSync(`/proc/${pid}`) ? readFileSync(`/proc/${pid}/cmdline`, "utf8") : "").toBe("");
  });

  it("reads its configuration again when it is told to, and keeps the old one when the new one is not valid", async () => {
    await place.drover("runner", "start", "--name", "again");
    const log = async () => (await place.drover("runner", "logs", "--name", "again")).stdout;
    const config = join(place.repo, ".drover", "config.json");
    const before = readFileSync(config, "utf8");
    try {
      writeFileSync(config, "{ not json");
      expect((await place.drover("runner", "reload", "--name", "again")).code).toBe(2);
      const given = JSON.parse(before);
      given.harnesses.fresh = { type: "command", command: ["sh", "-c", "cat >/dev/null; echo fresh"] };
      writeFileSync(config, JSON.stringify(given));
      expect((await place.drover("runner", "reload", "--name", "again")).json()).toMatchObject({
        name: "again",
      });
      await vi.waitFor(async () => expect(await log()).toContain("runner:reloaded"), WAIT);
      const made = await place.drover("create", "Fresh", "--policy", "static", "--independent");
      const number = made.json().number;
      await place.drover(
        "insert-job",
        String(number),
        "--type",
        "chat",
        "--harness",
        "fresh",
        "--context",
        "x",
      );
      await vi.waitFor(
        async () => expect((await place.drover("job", `${number}.1`)).json().job.status).toBe("complete"),
        WAIT,
      );
    } finally {
      writeFileSync(config, before);
      await place.drover("runner", "stop", "--name", "again", "--now");
    }
  });

  it("shows its log as it grows, until Ctrl+C", async () => {
    await place.drover("runner", "start", "--name", "loud");
    const logs = start(["runner", "logs", "-f", "-n", "1", "--name", "loud"], {
      cwd: place.repo,
      env: place.env,
    });
    let seen = "";
    logs.stdout.setEncoding("utf8").on("data", (text: string) => (seen += text));
    await vi.waitFor(() => expect(seen).toContain("\n"), WAIT);
    await place.drover("runner", "stop", "--name", "loud");
    await vi.waitFor(() => expect(seen).toContain("runner:draining"), WAIT);
    expect(seen.match(/runner:draining/g)).toHaveLength(1);
    const ended = new Promise((resolve) => logs.once("close", resolve));
    logs.kill("SIGINT");
    expect(await ended).toBe(130);
  });

  it("is installed as a unit that names this repo", async () => {
    const unit = (
      await place.drover("runner", "install", "--name", "box", "--kind", "systemd", "--print")
    ).json();
    expect(unit.text).toContain(`WorkingDirectory=${place.repo}`);
    expect(unit.file).toBeNull();
  });
});

describe("harness profiles", () => {
  it("are listed and tested with one real call each", async () => {
    const names = (await place.drover("harness", "list")).json().map(({ name }: { name: string }) => name);
    expect(names).toEqual(expect.arrayContaining(["good", "bad", "script"]));
    const good = await place.drover("harness", "test", "good");
    expect(good.code, good.stderr).toBe(0);
    expect(good.json()).toMatchObject([{ profile: "good", ok: true, answer: "ok" }]);
    const bad = await place.drover("harness", "test", "bad");
    expect(bad.code).toBe(1);
    expect(bad.json()[0].detail).toContain("no quota");
    expect((await place.drover("harness", "test", "goood")).code).toBe(2);
  });

  it("are blocked, shown and cleared for everybody", async () => {
    expect((await place.drover("health", "block", "good", "--for", "2h", "--reason", "the bill")).code).toBe(
      0,
    );
    expect((await place.drover("health", "list")).json()).toMatchObject([
      { profile: "good", kind: "limited", scope: "account", reason: "the bill" },
    ]);
    expect((await place.drover("quota")).json()).toContainEqual(
      expect.objectContaining({ profile: "good", state: "limited", reason: "the bill" }),
    );
    expect((await place.drover("health", "clear", "good")).json()).toEqual({ cleared: 1 });
    expect((await place.drover("health")).json()).toEqual([]);
  });
});

describe("repair", () => {
  it("says that nothing is wrong where nothing is", async () => {
    expect((await place.drover("jobs", "repair")).json()).toEqual({ looked: 0, found: [] });
  });
});
