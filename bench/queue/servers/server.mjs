// A database server of the machine's own package, in a temp folder, on a free loopback port.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onEnd } from "../cleanUp.mjs";

const START_MS = 30_000;
const STOP_MS = 10_000;

/** The path of a binary in PATH or in `more` folders; undefined when the machine has none. */
export function findBinary(name, more = []) {
  return [...process.env.PATH.split(delimiter), ...more]
    .map((folder) => join(folder, name))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

export async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

/** A folder on the disk that Drover's own data file is on, removed with the bench. */
export function tempFolder(name) {
  const folder = mkdtempSync(join(tmpdir(), `drover-bench-${name}-`));
  onEnd(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The same command, ended by Linux should the bench itself be killed. */
export function withBench(command, args) {
  const setpriv = findBinary("setpriv");
  return setpriv === undefined ? [command, args] : [setpriv, ["--pdeathsig", "INT", command, ...args]];
}

/** Starts a server and waits until `isReady` says so; gives a function that stops it. */
export async function startServer(command, args, { isReady, ...options }) {
  // A group of its own: Ctrl+C is answered by the bench, which stops it after the clients.
  const child = spawn(...withBench(command, args), {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
    ...options,
  });
  let said = "";
  child.stderr.on("data", (chunk) => (said = `${said}${chunk}`.slice(-2_000)));
  const gone = once(child, "exit");
  const stop = onEnd(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGINT");
    const late = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
    await gone;
    clearTimeout(late);
  });
  const end = Date.now() + START_MS;
  while (!(await isReady())) {
    if (child.exitCode !== null || Date.now() > end) {
      await stop();
      throw new Error(`${command} did not start: ${said}`);
    }
    await sleep(50);
  }
  return stop;
}

export const output = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], ...options }).trim();
