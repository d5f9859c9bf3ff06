// Where the host's CPU goes for one kind of call: a CPU profile of a host of its own, summed by part.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { enqueue, fill, openQueue } from "./drover.mjs";
import { drainByExchange } from "./exchange.mjs";
import { startHost } from "./host.mjs";
import { tempFolder } from "./servers/server.mjs";

/**
 * The first that matches a frame (`function file`) gives its part; a frame that none matches, as Node's own, belongs to
 * its caller's. Null is not counted.
 */
const PARTS = [
  [/^\(idle\)/, null],
  [/node:internal\/modules|\/tsx\/|cjs-module-lexer|\/esbuild\//, null], // Loading, once a process.
  [/^\(garbage collector\)/, "garbage collection"],
  [/^exec .*libsql/, "SQLite: savepoints, begin and commit, with the fsync"],
  [/libsql/, "SQLite: reading and writing rows"],
  [/ functions\.js$| convexRuntime\.js$/, "Drover's functions and the Convex runtime in the isolate"],
  [/ node:vm$/, "entering the isolate"],
  [/values\/keyEncoding/, "index keys"],
  [/database\/validate|values\/measure/, "validation and size checks"],
  [/host\/(database|values)\//, "the host's transactions: documents, indexes, read sets"],
  [/host\/functions\//, "the host's function calls and syscalls"],
  [/host\/(sync|subscriptions|http)\/|\/ws\//, "the protocol: sockets, query sets, subscriptions"],
];
const REST = "Node itself and the rest";

/** Parts of the host's CPU for an enqueue, and for a completion with the next claim. */
export async function profiles(count) {
  return {
    enqueue: await profiled({ prepare: () => [], work: (queue) => enqueue(queue, count, 32) }),
    report: await profiled({
      prepare: (queue) => fill(queue, count),
      work: (queue, ids) => drainByExchange(queue, ids, { width: 8, slots: 1 }),
    }),
  };
}

/** The work alone is profiled: what it needs is made by a host before. */
async function profiled({ prepare, work }) {
  const folder = tempFolder("profile");
  const out = join(folder, "profiles");
  mkdirSync(out);
  const before = await startHost(folder);
  const ids = await prepare(await openQueue(before));
  await before.stop();
  const host = await startHost(folder, { node: ["--cpu-prof", `--cpu-prof-dir=${out}`] });
  await work(await openQueue(host), ids);
  await host.stop();
  const all = readdirSync(out).map((name) => partsOf(JSON.parse(readFileSync(join(out, name), "utf8"))));
  // One per thread; the one that did the work.
  return all.sort((a, b) => b.total - a.total)[0];
}

function partsOf({ nodes, samples, timeDeltas }) {
  const partOfNode = partsOfTree(nodes);
  const parts = new Map();
  let total = 0;
  samples.forEach((id, i) => {
    const part = partOfNode.get(id);
    if (part === null) return;
    parts.set(part, (parts.get(part) ?? 0) + timeDeltas[i]);
    total += timeDeltas[i];
  });
  const shares = [...parts].map(([part, time]) => ({ part, share: time / total }));
  return { total, shares: shares.sort((a, b) => b.share - a.share) };
}

/** By node id: its part, its caller's, or null for all below the loading of a module. */
function partsOfTree(nodes) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parts = new Map();
  const visit = (node, callers) => {
    const { functionName, url } = node.callFrame;
    const known = PARTS.find(([pattern]) => pattern.test(`${functionName} ${url}`));
    const part = callers === null || known === undefined ? callers : known[1];
    parts.set(node.id, part);
    for (const child of node.children ?? []) visit(byId.get(child), part);
  };
  visit(nodes[0], REST);
  return parts;
}
