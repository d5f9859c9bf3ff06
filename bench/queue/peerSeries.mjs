// The peers' figures: one server at a time, one process a peer, each work in a schema or prefix of its own.
import { installPeers, neededNode, peerNode, startPeer } from "../peers/peerProcess.mjs";
import { isEnding } from "./cleanUp.mjs";
import { BATCH } from "./drover.mjs";
import { SERIES } from "./figures.mjs";
import { startPostgres } from "./servers/postgres.mjs";
import { startRedis } from "./servers/redis.mjs";
import { CLAIMERS } from "./sizes.mjs";

export async function measurePeers(figures, size) {
  const why = await reasonAgainst();
  if (why !== null) {
    for (const { title } of SERIES) figures.miss(title, why);
    return;
  }
  const onPostgres = SERIES.filter(({ server }) => server === "postgres");
  const postgres = await startFor(figures, onPostgres, [startPostgres, "install postgresql (Debian)"]);
  if (postgres !== null) {
    figures.facts.push([postgres.version, postgres.settings]);
    for (const series of onPostgres) {
      await measurePeer(figures, size, { ...series, url: postgres.url(series.mode) });
    }
    await postgres.stop();
  }
  for (const series of SERIES.filter(({ server }) => server === "redis")) {
    const start = () => startRedis(series.mode);
    const redis = await startFor(figures, [series], [start, "install redis-server (Debian)"]);
    if (redis === null) continue;
    figures.facts.push([`${redis.version} of ${series.title}`, redis.settings]);
    await measurePeer(figures, size, { ...series, url: redis.url });
    await redis.stop();
  }
}

async function reasonAgainst() {
  try {
    installPeers();
  } catch (error) {
    return `its npm packages could not be installed (${error.message.split("\n")[0]})`;
  }
  return peerNode() === undefined ? `the peers need ${neededNode}; run the bench with that` : null;
}

/** The server; null when it is missing or does not start, which the page then says of these series. */
async function startFor(figures, series, [start, help]) {
  let why = help;
  try {
    const started = await start();
    if (started !== null) return started;
  } catch (error) {
    why = error.message.split("\n")[0];
  }
  for (const { title } of series) figures.miss(title, why);
  return null;
}

async function measurePeer(figures, size, { url, ...series }) {
  let peer = startPeer(series.peer, url);
  const facts = await peer.run("facts");
  if (!figures.facts.some(([name]) => name === `${facts.package} ${facts.version}`)) {
    const modes = [`job by job: ${facts.jobByJob}`, `best: ${facts.best}`];
    if (facts.graph !== undefined) modes.push(`graphs: ${facts.graph}`);
    figures.facts.push([`${facts.package} ${facts.version}`, `Node ${facts.node}; ${modes.join("; ")}`]);
  }
  for (const [name, work, sizes] of worksFor(size, series)) {
    try {
      const result = await peer.run(work, { repeat: size.repeat, batch: BATCH, ...sizes });
      if (work !== "backlog") figures.put(name, series.id, result);
      else for (const each of result) figures.put(`backlog ${each.finished}`, series.id, each);
    } catch (error) {
      if (isEnding()) throw error;
      // One work that fails says so on the page; the others go on, in a process that knows nothing of it.
      figures.miss(series.title, `${name}: ${error.message.split("\n")[0]}`);
      await peer.stop();
      peer = startPeer(series.peer, url);
    }
  }
  await peer.stop();
}

function worksFor(size, { peer, isDurable = false, server }) {
  const works = [
    ["enqueue 1", "enqueue", { count: size.sequential, width: 1 }],
    ["enqueue 32", "enqueue", { count: size.flight, width: 32 }],
    ["bulk", "bulk", { count: size.bulk }],
    ...CLAIMERS.map((claimers) => [`drain ${claimers}`, "drain", { count: size.jobs, claimers }]),
    ["best", "best", { count: size.peersBest }],
    ["latency", "latency", { count: size.latency, open: { notify: peer === "pg-boss" } }],
    ["backlog", "backlog", { finished: size.finished, pending: size.pending, count: size.jobs, claimers: 8 }],
  ];
  if (peer === "pg-boss") works.push(["latency by polling", "latency", { count: size.pollLatency }]);
  if (peer !== "graphile-worker") works.push(["tree", "tree", { depth: size.depth, claimers: 8 }]);
  // A second a layer by its resolver, whatever PostgreSQL does: once is enough.
  if (server === "postgres" && peer === "pg-boss" && isDurable) {
    works.push(["layers", "layers", { layers: size.layers, wide: size.wide, claimers: 8 }]);
  }
  return works;
}
