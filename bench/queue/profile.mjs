// Where the host's CPU goes for one kind of call: a CPU profile of a host of its own, summed by part.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { drain, enqueue, fill, openQueue } from "./drover.mjs";
import { startHost } from "./host.mjs";
import { tempFolder } from "./servers/server.mjs";

/** The first that matches a frame's file (or, for code without one, its name) gives its part; null is not counted. */
const PARTS = [
  [/^\(idle\)$|^\(root\)$/, null],
  [/node:internal\/modules|\/tsx\/|cjs-module-lexer|\/esbuild\//, null], // Loading, once a process.
  [/libsql/, "SQLite (libsql): statements, savepoints, the commit with its fsync"],
  [/^functions\.js$|^convexRuntime\.js$/, "Drover's functions and the Convex runtime in the isolate"],
  [/^runInContext$|node:vm/, "entering the isolate"],
  [/garbage collector/, "garbage collection"],
  [/host\/(database|values)\//, "the host's transactions: documents, validation, index keys, read sets"],
  [/host\/functions\//, "the host's function calls and syscalls"],
  [
    /host\/(sync|subscriptions)\/|\/ws\/|^writev$|^writeBuffer$/,
    "the protocol: sockets, query sets, subscriptions",
  ],
];
const REST = "Node itself and the rest";

/** Parts of the host's CPU for an enqueue and for a report that carries the next claim, with its CPU per call. */
export async function profiles(count) {
  return {
    enqueue: await profiled((queue) => enqueue(queue, count, 32)),
    report: await profiled(async (queue) =>
      drain(queue, await fill(queue, count), { width: 8, carry: true }),
    ),
  };
}

async function profiled(work) {
  const folder = tempFolder("profile");
  const out = join(folder, "profiles");
  mkdirSync(out);
  const host = await startHost(folder, { node: ["--cpu-prof", `--cpu-prof-dir=${out}`] });
  await work(await openQueue(host));
  await host.stop();
  const all = readdirSync(out).map((name) => partsOf(JSON.parse(readFileSync(join(out, name), "utf8"))));
  // One per thread; the one that did the work.
  return all.sort((a, b) => b.total - a.total)[0];
}

function partsOf({ nodes, samples, timeDeltas }) {
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const parts = new Map();
  let total = 0;
  samples.forEach((id, i) => {
    const part = partOf(frames.get(id));
    if (part === null) return;
    parts.set(part, (parts.get(part) ?? 0) + timeDeltas[i]);
    total += timeDeltas[i];
  });
  const shares = [...parts].map(([part, time]) => ({ part, share: time / total }));
  return { total, shares: shares.sort((a, b) => b.share - a.share) };
}

function partOf({ url, functionName }) {
  const place = url === "" ? functionName : url;
  const known = PARTS.find(([pattern]) => pattern.test(place));
  return known === undefined ? REST : known[1];
}
