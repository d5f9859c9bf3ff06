import { once } from "node:events";
import { connect } from "node:net";
import { findBinary, freePort, output, startServer, tempFolder } from "./server.mjs";

export const DURABILITY = {
  default: { args: [], says: "RDB snapshots alone (Redis' default; an acknowledged write may be lost)" },
  everyCommit: {
    args: ["--appendonly", "yes", "--appendfsync", "always"],
    says: "appendonly yes, appendfsync always",
  },
};

/** Redis with its defaults, or with every write synced. Gives null when it is not installed. */
export async function startRedis(durability) {
  const redis = findBinary("redis-server");
  if (redis === undefined) return null;
  const port = await freePort();
  const { args, says } = DURABILITY[durability];
  // BullMQ demands noeviction, which is Redis' default; `save` as in the file that Redis ships.
  const base = [
    "--bind",
    "127.0.0.1",
    "--port",
    String(port),
    "--dir",
    tempFolder("redis"),
    "--save",
    "3600 1 300 100 60 10000",
  ];
  const stop = await startServer(redis, [...base, ...args], { isReady: () => answers(port) });
  return {
    stop,
    version: /v=\S+/.exec(output(redis, ["--version"]))[0].replace("v=", "Redis "),
    settings: says,
    url: `redis://127.0.0.1:${port}`,
  };
}

async function answers(port) {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    socket.write("PING\r\n");
    const [reply] = await once(socket, "data");
    return String(reply).startsWith("+PONG");
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
