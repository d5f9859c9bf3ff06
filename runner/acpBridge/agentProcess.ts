/** The agent as a child of the bridge: in its process group, so that whatever ends the attempt ends it, too. */
import { spawn, type ChildProcessByStdio } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { note } from "./transcript.ts";

/** How long an agent may take to end after its input was closed, ms; then it gets TERM. */
const EOF_GRACE_MS = 2_000;
/** How long it may take after TERM, ms; then the bridge leaves it to the runner, which kills the whole tree. */
const TERM_GRACE_MS = 1_000;

export interface AgentProcess {
  stdin: Writable;
  stdout: Readable;
  /** Closes its input and waits for its end, at most some seconds. */
  end(): Promise<void>;
}

/** Starts the agent with this process' environment, folder and stderr; undefined when it cannot be started. */
export async function startAgent(argv: readonly string[]): Promise<AgentProcess | undefined> {
  const [program = "", ...args] = argv;
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "inherit"] });
  const exited = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      note({ what: "exited", code, signal });
      resolve();
    });
  });
  // An agent that ends by itself closes the pipe; its exit says why.
  child.stdin.on("error", () => undefined);
  const failed = await startFailure(child);
  if (failed !== undefined) {
    note({ what: "not_started", code: failed.code ?? "unknown", text: failed.message });
    return undefined;
  }
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    async end() {
      child.stdin.end();
      await Promise.race([exited, sleep(EOF_GRACE_MS)]);
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      await Promise.race([exited, sleep(TERM_GRACE_MS)]);
    },
  };
}

function startFailure(
  child: ChildProcessByStdio<Writable, Readable, null>,
): Promise<NodeJS.ErrnoException | undefined> {
  return new Promise((resolve) => {
    child.once("spawn", () => resolve(undefined));
    child.once("error", resolve);
  });
}
