/**
 * Seam: the commands that go on (`up`, `runner`, `go`, `watch`, `logs -f`) as processes, with a shell script as agent
 * that waits for files, so that tests decide when it ends. Signals are sent as a terminal sends them.
 */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { drover, type Json, openWorkplace, start, type Workplace, writeConfig } from "./support/drover.ts";

/** Says what it does, waits until the file `end` is there (or goes on at once in "quick" mode), then answers. */
const AGENT = `#!/bin/sh
prompt=$(cat)
echo started
case "$prompt" in *WAIT*) touch "$1/begun"; while [ ! -e "$1/end" ]; do sleep 0.05; done ;; esac
case "$prompt" in *FAIL*) exit 3 ;; esac
echo '{"decision":"complete","decisions":"by the script"}'
`;

let place: Workplace;
let signs: string;
const running: ReturnType<typeof start>[] = [];

beforeAll(async () => {
  signs = mkdtempSync(join(tmpdir(), "drover-signs-"));
  const harnesses = { shell: { type: "command", command: ["sh", join(signs, "agent.sh"), signs] } };
  writeFileSync(join(signs, "agent.sh"), AGENT);
  place = await openWorkplace({ harnesses, harnessDefaults: { default: "shell" }, cascade: [] });
});
afterEach(async () => {
  await Promise.all(running.splice(0).map(stopNow));
  for (const sign of ["begun", "end"]) rmSync(join(signs, sign), { force: true });
});
afterAll(async () => {
  await place.close();
  rmSync(signs, { recursive: true, force: true });
});

function launch(...args: string[]) {
  const child = start(args, { cwd: place.repo, env: place.env });
  running.push(child);
  const seen = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (seen.out += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (seen.err += text));
  return { child, seen };
}

function ended(child: ReturnType<typeof start>, signal?: NodeJS.Signals): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  const end = new Promise<number | null>((resolve) => child.once("close", (code) => resolve(code)));
  if (signal !== undefined) child.kill(signal);
  return end;
}

/** The second signal ends a service at once, and its session with it: a killed one would look alive for its lease. */
function stopNow(child: ReturnType<typeof start>): Promise<number | null> {
  child.kill("SIGTERM");
  return ended(child, "SIGINT");
}

/** Waits for a condition that another process makes true; the test's own time limit ends it. */
async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setTimeout(resolve, 25));
}

const insertWaiting = async (text = "WAIT") => {
  const { number } = (await place.drover("create", "Wait", "--policy", "static", "--independent")).json() as {
    number: number;
  };
  await place.drover("insert-job", String(number), "--type", "chat", "--context", text, "--lock", "none");
  return `${number}.1`;
};
const jobOf = async (handle: string): Promise<Json> => (await place.drover("job", handle)).json().job;

describe("drover up", () => {
  it("starts only a runner where a backend answers, and ends by Ctrl+C", async () => {
    const { child, seen } = launch("up");
    // The document comes when the runner stands, which is after its session has started.
    await until(() => seen.out.endsWith("}\n"));
    // Two pipes: what was written first on one may arrive later than the other.
    await until(() => seen.err.includes("session:started"));
    expect(JSON.parse(seen.out)).toMatchObject({
      url: place.url,
      namespace: "shop",
      host: "already running",
    });
    expect(seen.err).toContain("offers shell, script");
    expect(existsSync(JSON.parse(seen.out).log as string)).toBe(true);
    expect(await ended(child, "SIGINT")).toBe(0);
  });

  it("finishes what runs after the first Ctrl+C and says what it waits for", async () => {
    const { child, seen } = launch("up");
    const handle = await insertWaiting();
    await until(() => existsSync(join(signs, "begun")));
    child.kill("SIGINT");
    await until(() => seen.err.includes(`finishing ${handle} (chat)`));
    writeFileSync(join(signs, "end"), "");
    expect(await ended(child)).toBe(0);
    expect((await jobOf(handle)).status).toBe("complete");
  });

  it("ends at once after the second, and the job goes back to the queue", async () => {
    const { child, seen } = launch("up");
    const handle = await insertWaiting();
    await until(() => existsSync(join(signs, "begun")));
    child.kill("SIGINT");
    await until(() => seen.err.includes("finishing"));
    child.kill("SIGINT");
    expect(await ended(child)).toBe(130);
    expect((await jobOf(handle)).status).toBe("pending");
    await place.drover("cancel", handle);
  });

  it("refuses an address that is not this machine's and where nobody answers", async () => {
    const call = await drover(["up", "--url", "http://192.0.2.1:1"], { cwd: place.repo, env: place.env });
    expect(call.code).toBe(5);
    expect(call.stderr).toContain("not this machine's address");
  });
});

describe("drover runner", () => {
  it("works the queue off with --once and ends", async () => {
    const handle = await insertWaiting("quick");
    const call = await place.drover("runner", "--once", "--name", "second");
    expect(call).toMatchObject({ code: 0, stdout: "" });
    expect(await jobOf(handle)).toMatchObject({ status: "complete", profileUsed: "shell" });
  });

  it("is one of its name per machine", async () => {
    const { seen } = launch("runner", "--name", "twin");
    await until(() => seen.err.includes("session:started"));
    const call = await place.drover("runner", "--name", "twin");
    expect(call.code).toBe(1);
    expect(call.stderr).toMatch(/twin/);
  });

  it("ends with 5 where no backend is, with 2 for wrong slots", async () => {
    expect((await place.drover("runner", "--url", "http://127.0.0.1:1")).code).toBe(5);
    expect((await place.drover("runner", "--slots", "0")).code).toBe(2);
  });
});

describe("drover go", () => {
  it("says that no runner is there and creates nothing", async () => {
    const before = (await place.drover("assignments")).stdout;
    const call = await place.drover("go", "Something");
    expect(call).toMatchObject({ code: 3, stdout: "" });
    expect(call.stderr).toContain("no runner serves shop");
    expect((await place.drover("assignments")).stdout).toBe(before);
  });

  it("follows an assignment to its end: 0 when complete, 3 when blocked", async () => {
    const { seen } = launch("runner", "--name", "goer");
    await until(() => seen.err.includes("session:started"));
    const done = await place.drover("go", "Do it", "--independent");
    expect(done.json()).toMatchObject({ assignment: { status: "complete", decisions: "by the script" } });
    expect(done.code).toBe(0);
    expect(done.stderr).toMatch(/plan +✔ complete/);
    const stuck = await place.drover("go", "FAIL always", "--independent", "--context", "FAIL");
    expect(stuck.code).toBe(3);
    expect(stuck.stderr).toContain("is blocked");
  });

  it("gives up with 3 where no runner offers the harness that was asked for", async () => {
    const { child, seen } = launch("runner");
    await until(() => seen.err.includes("session:started"));
    const asked = await place.drover("go", "Nobody can", "--independent", "--harness", "gemini");
    expect(asked.code).toBe(3);
    expect(asked.stderr).toMatch(/no live runner offers any of its harness profiles \(gemini/);
    await place.drover("cancel", String(asked.json().assignment.number));
    expect(await ended(child, "SIGINT")).toBe(0);
  });

  it("leaves the assignment alone when it is interrupted", async () => {
    const { seen } = launch("runner", "--name", "goer");
    await until(() => seen.err.includes("session:started"));
    const going = launch("go", "WAIT for me", "--independent", "--context", "WAIT");
    await until(() => existsSync(join(signs, "begun")));
    expect(await ended(going.child, "SIGINT")).toBe(130);
    const number = /assignment (\d+), first job/.exec(going.seen.err)?.[1] ?? "";
    expect(going.seen.err).toContain(`drover cancel ${number}`);
    expect((await place.drover("assignment", number)).json().assignment.status).toBe("active");
    await place.drover("cancel", number);
  });
});

describe("live views", () => {
  it("watch prints a line of JSON per change and ends by Ctrl+C", async () => {
    const { child, seen } = launch("watch");
    await until(() => seen.out.includes("\n"));
    const before = seen.out.split("\n").length;
    await insertWaiting("quick");
    await until(() => seen.out.split("\n").length > before);
    const last: Json = JSON.parse(seen.out.trim().split("\n").at(-1) ?? "");
    expect(last).toMatchObject({ running: [], recent: expect.any(Array) });
    expect(await ended(child, "SIGINT")).toBe(0);
    await place.drover("runner", "--once", "--name", "second");
  });

  it("logs -f prints what the agent says until the job settles, and fails with it", async () => {
    const { seen } = launch("runner", "--name", "logger");
    await until(() => seen.err.includes("session:started"));
    const handle = await insertWaiting("WAIT FAIL");
    const logs = launch("logs", handle, "-f");
    await until(() => logs.seen.out.includes("started"));
    writeFileSync(join(signs, "end"), "");
    expect(await ended(logs.child)).toBe(1);
    const lines = logs.seen.out
      .trim()
      .split("\n")
      .map((line): Json => JSON.parse(line));
    expect(lines.map((line) => line.text as string).join("\n")).toContain("started");
    expect((await place.drover("logs", handle)).json()).toEqual(lines);
    const ghost = await place.drover("logs", handle, "--attempt", "9");
    expect(ghost).toMatchObject({ code: 2, stdout: "" });
    expect(ghost.stderr).toContain("has no attempt 9: its last one is 1");
  });

  it("ends quietly when its reader has seen enough", async () => {
    const child = start(["jobs"], { cwd: place.repo, env: place.env });
    running.push(child);
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.stdout.destroy();
    expect(await ended(child)).toBe(0);
    expect(err).toBe("");
  });
});

describe("drover init", () => {
  it("never overwrites a configuration without --force and is idempotent", async () => {
    const folder = join(place.folder, "again");
    writeConfig(folder, { namespace: "kept", convexUrl: place.url });
    const first = await drover(["init"], { cwd: folder, env: place.env });
    expect(first.json()).toMatchObject({ created: false, namespace: "kept", registered: true });
    expect((await drover(["init"], { cwd: folder, env: place.env })).json()).toEqual(first.json());
    const forced = await drover(["init", "--force", "--url", place.url], { cwd: folder, env: place.env });
    expect(forced.json()).toMatchObject({ created: true, namespace: "again", repo: "again" });
    expect((await drover(["doctor"], { cwd: folder, env: place.env })).json().findings).toContainEqual(
      expect.objectContaining({ name: "backend", level: "ok" }),
    );
  });
});
