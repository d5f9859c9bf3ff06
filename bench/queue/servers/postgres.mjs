import { chownSync, readdirSync } from "node:fs";
import { totalmem } from "node:os";
import { join } from "node:path";
import { findBinary, freePort, output, startServer, tempFolder } from "./server.mjs";

const DEBIAN = "/usr/lib/postgresql";

/**
 * PostgreSQL with fsync on and a quarter of the memory (1 GB at most) as shared buffers, as its manual advises.
 * Gives null when it is not installed. `url(durability)` names the database with `synchronous_commit` on or off.
 */
export async function startPostgres() {
  const initdb = findBinary("initdb", debianFolders());
  const postgres = findBinary("postgres", debianFolders());
  if (initdb === undefined || postgres === undefined) return null;
  const folder = tempFolder("postgres");
  const user = ownUser();
  if (user.uid !== undefined) chownSync(folder, user.uid, user.gid);
  const data = join(folder, "data");
  const as = { ...user, cwd: folder, env: { ...process.env, HOME: folder, LC_ALL: "C" } };
  output(initdb, ["-D", data, "-U", "bench", "-A", "trust", "--no-sync", "-E", "UTF8"], as);
  const port = await freePort();
  const buffers = Math.min(1024, Math.floor(totalmem() / 4 / 2 ** 20));
  const settings = {
    listen_addresses: "127.0.0.1",
    port,
    unix_socket_directories: "",
    max_connections: 200,
    shared_buffers: `${buffers}MB`,
    fsync: "on",
    full_page_writes: "on",
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const isReady = () => accepts(port, postgres);
  const stop = await startServer(postgres, ["-D", data, ...args], { ...as, isReady });
  return {
    stop,
    version: output(postgres, ["--version"]),
    settings: `fsync=on, shared_buffers=${buffers}MB, max_connections=200, the rest as installed`,
    url: (commit) =>
      `postgres://bench@127.0.0.1:${port}/postgres?options=${encodeURIComponent(`-c synchronous_commit=${commit}`)}`,
  };
}

const debianFolders = () => {
  try {
    const versions = readdirSync(DEBIAN).sort((a, b) => Number(b) - Number(a));
    return versions.map((version) => join(DEBIAN, version, "bin"));
  } catch {
    return [];
  }
};

/** PostgreSQL refuses to run as root. */
function ownUser() {
  if (process.getuid?.() !== 0) return {};
  for (const name of ["postgres", "nobody"]) {
    try {
      return { uid: Number(output("id", ["-u", name])), gid: Number(output("id", ["-g", name])) };
    } catch {
      // No such user here: the next one.
    }
  }
  throw new Error("PostgreSQL does not run as root, and this machine has no user `postgres` or `nobody`");
}

function accepts(port, postgres) {
  const probe = findBinary("pg_isready", [join(postgres, ".."), ...debianFolders()]);
  try {
    output(probe, ["-h", "127.0.0.1", "-p", String(port), "-q"]);
    return true;
  } catch {
    return false;
  }
}
