/**
 * Seam: the five onboarding steps, typed as a person types them (`drover` as processes, a real host and runner), with
 * the real agent CLIs against the provider double. The PM is played by the double: it acts from the real CLI's own
 * shell tool, through the CLI that the prompt names.
 */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { drover, firstJson, start, writeConfig } from "../e2e/support/drover.ts";
import { startProvider, type Provider } from "../provider/provider.ts";
import type { Answer, Conversation } from "../provider/types.ts";
import { realProfile, REAL_KINDS } from "./realClis.ts";

const HELLO = "export function hello() {\n  return 'Hello, World!';\n}\n";
/** Only the PM's template offers this command together with a result under review. */
const isPm = ({ said }: Conversation) => said.some((text) => text.includes("update-assignment"));

/** Who works writes the file and says so; who manages looks at nothing but completes through the CLI. */
function play(conversation: Conversation): Answer {
  if (isPm(conversation))
    return conversation.turn === 0
      ? {
          do: "shell",
          command: `"$DROVER_CLI" update-assignment --status complete --decisions 'The file is there.'`,
        }
      : { do: "text", text: "The assignment is complete." };
  return conversation.turn === 0
    ? { do: "write", path: join(repo, "test-hello.ts"), content: HELLO }
    : { do: "text", text: "Wrote test-hello.ts." };
}

let provider: Provider;
let folder: string;
let repo: string;
let env: Record<string, string>;
let up: ReturnType<typeof start> | undefined;

beforeAll(async () => {
  provider = await startProvider({ scripted: play });
});
afterAll(() => provider.close());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "drover-onboarding-"));
  repo = join(folder, "repo");
  await mkdir(join(folder, "agent-home"), { recursive: true });
  await mkdir(repo);
  execFileSync("git", ["init", "-q", repo]);
  env = { DROVER_HOME: join(folder, "home") };
  provider.requests.length = 0;
});
afterEach(async () => {
  if (up?.exitCode === null) {
    const ended = once(up, "exit");
    up.kill("SIGTERM");
    await ended;
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5 });
});

const type = (...args: string[]) => drover(args, { cwd: repo, env });

async function settled(assignment: string) {
  for (;;) {
    const view = (await type("assignment", assignment)).json();
    if (["complete", "blocked", "failed", "canceled"].includes(view.assignment.status)) return view;
  }
}

describe.each(REAL_KINDS)("onboarding with the real %s", (kind) => {
  it("picks the job up, writes the file, calls the PM and reaches the end state", async () => {
    const place = { baseUrl: provider.url("scripted"), home: join(folder, "agent-home") };
    const { name: _name, ...profile } = await realProfile(kind, place);
    // The port is free when the host binds it: `up` takes it from the configuration.
    writeConfig(repo, {
      convexUrl: "http://127.0.0.1:0",
      namespace: "hello",
      harnessDefaults: { default: kind },
      harnesses: { [kind]: profile },
    });
    up = start(["up", "--json", "--port", "0"], { cwd: repo, env });
    const { url } = await firstJson(up);
    env.DROVER_URL = String(url);

    const created = await type("create", "Create a hello world function in test-hello.ts");
    expect(created).toMatchObject({ code: 0 });
    const context = "Create a simple hello world function that returns 'Hello, World!'";
    const job = ["--type", "implement", "--harness", kind, "--context", context];
    expect(await type("insert-job", created.json().id, ...job)).toMatchObject({ code: 0 });

    const view = await settled(created.json().id);
    expect(view).toMatchObject({
      assignment: { status: "complete", decisions: "The file is there." },
      jobs: [
        { handle: "1.1", type: "implement", status: "complete", profileUsed: kind },
        { handle: "1.2", type: "pm" },
      ],
    });
    expect(existsSync(join(repo, "test-hello.ts"))).toBe(true);
    expect(await readFile(join(repo, "test-hello.ts"), "utf8")).toBe(HELLO);
  });
});
