// Where a peer runs: its packages, installed on the first run, and a child process under a Node that suits them.
import { execFileSync, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { onEnd } from "../queue/cleanUp.mjs";

const here = dirname(fileURLToPath(import.meta.url));
/** graphile-worker 0.18 asks for 22.18, pg-boss 12 for 22.12. */
const LEAST_NODE = [22, 18];

/** Installs the peers' packages beside this file unless they are there. */
export function installPeers() {
  const installed = join(here, "node_modules", ".package-lock.json");
  const lock = join(here, "package-lock.json");
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return;
  console.error("installing the peers' packages into bench/peers/node_modules (once)");
  // No scripts: nothing of theirs needs building.
  execFileSync("npm", ["ci", "--ignore-scripts", "--loglevel", "error"], {
    cwd: here,
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** A Node that the peers accept: this one, or the one that came with their packages; undefined without. */
export function peerNode() {
  if (isNewEnough(process.versions.node)) return process.execPath;
  const own = join(here, "node_modules", `node-${process.platform}-${process.arch}`, "bin", "node");
  return existsSync(own) ? own : undefined;
}

function isNewEnough(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > LEAST_NODE[0] || (major === LEAST_NODE[0] && minor >= LEAST_NODE[1]);
}

export const neededNode = `Node ${LEAST_NODE.join(".")} or later`;

/** Starts a process that runs one peer's works one after another. */
export function startPeer(peer, url) {
  const child = fork(join(here, "child.mjs"), { execPath: peerNode(), execArgv: [] });
  const gone = once(child, "exit").then(([code]) => {
    throw new Error(`the process of ${peer} ended (${code})`);
  });
  gone.catch(() => undefined);
  const stop = onEnd(async () => {
    if (child.connected) child.disconnect();
    await gone.catch(() => undefined);
  });
  return {
    stop,
    async run(work, sizes = {}) {
      const answered = once(child, "message");
      // A process that is gone shows by its exit, not by the failed send.
      child.send({ peer, work, url, sizes }, () => undefined);
      const [{ result, error }] = await Promise.race([answered, gone]);
      if (error !== undefined) throw new Error(`${peer}, ${work}: ${error}`);
      return result;
    },
  };
}
