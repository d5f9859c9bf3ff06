// docs/benchmarks.md: every figure in it is of the run that wrote it, but for the one table that says otherwise.
import { BATCH } from "./drover.mjs";
import { count, DROVER, number, SERIES } from "./figures.mjs";
import { goalRows } from "./goals.mjs";
import { CLAIMERS } from "./sizes.mjs";

/** Peers by their earlier run on a machine of 2 cores; quoted, not measured again here. */
const EARLIER = [
  ["enqueue, 32 in flight", "2,457", "2,410", "60,758", "31,967"],
  ["claim + complete, 8 claimers in 8 processes", "2,760", "1,775", "8,014", "5,477"],
  ["at its best", "60,767", "15,725", "23,595", "19,222"],
  ["enqueue → start at idle, p50 / p99 ms", "2.05 / 4.65", "2.93 / 3.98", "1.14 / 1.65", "1.90 / 4.98"],
  ["graph: tree of 11,111, nodes/s", "", "1,110", "6,661", ""],
  ["graph: 100 layers × 100, nodes/s", "", "101", "", ""],
];

export function page(figures, { size, machine, profiles }) {
  const sections = [
    head(machine, size),
    "## Work by work",
    "Jobs (or graph nodes) a second. **Bold** is durable: what was acknowledged is on disk, as Drover always is. The two " +
      "columns at the right divide Drover by the better of the durable queues on PostgreSQL, and by BullMQ with an fsync for every write.",
    rateTable(figures, size),
    notes(figures),
    "## Latency",
    latencyTable(figures),
    "## Memory, fan-out, cold start",
    ownTable(figures, size),
    "## Against the goals",
    size.name === "full"
      ? ""
      : `The goals are for \`--full\`; with ${size.name} sizes this is an indication.`,
    table(["work", "goal", "this run", "what bounds it"], goalRows(figures, size)),
    "## Where the host's time goes",
    profileText(figures, profiles),
    "## The same peers in one earlier run",
    "**Quoted, not measured by this run**: 2 cores, Node 22.23, PostgreSQL 15.18, Redis 7.0, the same versions of the peers, " +
      "claimers as processes of their own. Jobs a second unless said otherwise.",
    table(["work", "graphile-worker", "pg-boss", "BullMQ, RDB", "BullMQ, AOF always"], EARLIER),
    "## How it is measured",
    method(figures),
  ];
  return `${sections.filter((text) => text !== "").join("\n\n")}\n`;
}

function head({ cores, model, node, load, took, date }, size) {
  const busy =
    load > 1
      ? ": **it was busy with other work, so these figures say little about what any of them can do; and a server of many processes gets more of a busy machine than one of a single thread**"
      : "";
  return `# Benchmarks

Written by \`npm run bench\` (\`npm run bench -- --full\` for the sizes of the goals). Drover and the queues that people
would otherwise pick, in one run on one machine, clients and servers together on its cores. Drover is measured over its
own functions, through the unmodified ConvexClient over WebSocket.

${cores} cores (${model}), Node ${node} for Drover, ${size.name} sizes, ${date}, ${number(took / 60)} minutes. Load of the machine before
the run: ${load.toFixed(1)}${busy}.`;
}

function rateTable(figures, size) {
  const heads = SERIES.map(({ title, isDurable }) => (isDurable ? `**${title}**` : title));
  // `theirs`: the work of the peers that Drover's is held against, when the peers have no work of this name.
  const cells = rateRows(size).map(({ work, title, theirs }) => [
    title,
    cell(figures.get(work)),
    ...SERIES.map(({ id }) => cell(figures.get(work, id))),
    ratio(figures, work, [theirs ?? work, ["graphile", "pgBoss"]]),
    ratio(figures, work, [theirs ?? work, ["bullmqAof"]]),
  ]);
  return table(["work", "**Drover**", ...heads, "÷ PostgreSQL", "÷ BullMQ AOF"], cells);
}

function rateRows(size) {
  const claimers = (n) => `${n} ${n === 1 ? "claimer" : "claimers"}`;
  return [
    { work: "disk", title: "the disk: write 4 KiB and sync, one after another" },
    { work: "enqueue 1", title: "enqueue, one after another" },
    { work: "enqueue 32", title: "enqueue, 32 in flight" },
    { work: "bulk", title: `enqueue, ${BATCH} a call` },
    ...CLAIMERS.map((n) => ({ work: `drain ${n}`, title: `claim + complete, ${claimers(n)}, job by job` })),
    ...CLAIMERS.map((n) => ({
      work: `carry ${n}`,
      title: `${claimers(n)}, one call completes a job and claims the next`,
      theirs: `drain ${n}`,
    })),
    ...CLAIMERS.map((n) => ({
      work: `exchange ${n}`,
      title: `${claimers(n)} with 8 slots: one call completes up to 8 jobs and claims as many`,
      theirs: `drain ${n}`,
    })),
    ...[8, 16].map((n) => ({
      work: `window ${n}`,
      title: `${claimers(n)} with 8 slots, choosing from the ready window as runners do`,
      theirs: `drain ${n}`,
    })),
    { work: "best", title: "claim + complete, each at its best (Drover: 8 claimers, 32 jobs a call)" },
    ...size.finished.map((n) => ({
      work: `backlog ${n}`,
      title: `8 claimers, ${count(size.pending)} pending and ${count(n)} finished behind`,
    })),
    { work: "tree", title: `graph: tree of ${count((10 ** size.depth - 1) / 9)}, 8 claimers` },
    { work: "layers", title: `graph: ${size.layers} layers × ${size.wide}, 8 claimers` },
  ];
}

const cell = (result) => (result === undefined ? "" : number(result.perSecond));

function ratio(figures, work, [theirs, peers]) {
  const own = figures.get(work);
  const rates = peers.map((who) => figures.get(theirs, who)?.perSecond ?? 0);
  const best = Math.max(...rates);
  return own === undefined || best === 0 ? "" : `${number(own.perSecond / best)}×`;
}

function notes(figures) {
  const lines = [
    "BullMQ's completion always carries the next claim, so its job-by-job figure is the one to hold against Drover's with one call a job.",
    "Drover's claimers are told which jobs are ready, but in the rows that say “window” and in the graphs; the peers' claims always look for theirs.",
    "graphile-worker deletes a finished job; the others keep it. graphile-worker has no graphs, BullMQ trees alone, children first.",
    ...[...figures.missing].map(([who, whys]) => `${who}: not measured: ${whys.join("; ")}.`),
  ];
  return lines.map((line) => `- ${line}`).join("\n");
}

function latencyTable(figures) {
  const all = [{ id: DROVER, title: "Drover", isDurable: true }, ...SERIES];
  const both = (result) => (result === undefined ? "" : `${number(result.p50)} / ${number(result.p99)}`);
  const rows = all.map(({ id, title, isDurable }) => [
    isDurable ? `**${title}**` : title,
    both(figures.get("enqueue 1", id)),
    both(figures.get("enqueue 32", id)),
    both(figures.get("latency", id)),
    both(figures.get("latency by polling", id)),
  ]);
  const heads = [
    "p50 / p99 in ms",
    "enqueue",
    "enqueue, 32 in flight",
    "enqueue → start at idle",
    "the same by polling",
  ];
  return table(heads, rows);
}

function ownTable(figures, size) {
  const rows = [];
  for (const many of size.subscribers) {
    const result = figures.get(`fanOut ${many}`);
    if (result === undefined) continue;
    const times = `p50 ${number(result.p50)} ms, p99 ${number(result.p99)} ms; host CPU ${number(result.cpuMs)} ms`;
    rows.push([`a commit until the last of ${count(many)} subscribers of one query has it`, times]);
    const { p50, p99, perSecond, cpuMs } = result.serial;
    const serial = `p50 ${number(p50)} ms, p99 ${number(p99)} ms; ${number(perSecond)}/s; host CPU ${number(cpuMs)} ms`;
    rows.push([`commits one after another, ${count(many)} subscribers of what they change`, serial]);
  }
  for (const work of figures.works("cold ")) {
    const { p50, p99 } = figures.get(work);
    rows.push([`cold start: \`${work.slice(5)}\``, `p50 ${number(p50)} ms, p99 ${number(p99)} ms`]);
  }
  for (const many of size.finished) {
    const result = figures.get(`backlog ${many}`);
    if (result === undefined) continue;
    const memory = `${number(result.residentMiB)} MiB (highest ${number(result.peakMiB)}); data file ${number(result.fileMiB)} MiB`;
    const behind = `${count(many)} finished and ${count(size.pending)} pending jobs, after claims`;
    rows.push([`host memory with ${behind}`, memory]);
    const redis = figures.get(`backlog ${many}`, "bullmq")?.residentMiB;
    if (redis !== undefined) rows.push([`Redis' memory with BullMQ's ${behind}`, `${number(redis)} MiB`]);
  }
  return table(["what", "figure"], rows);
}

function profileText(figures, profiles) {
  const parts = [
    ["an enqueue (32 in flight)", figures.get("enqueue 32"), profiles.enqueue],
    ["a call that completes a job and claims the next (8 claimers)", figures.get("carry 8"), profiles.report],
  ];
  const texts = parts.map(([what, result, profile]) => {
    const per = result.cpuMs;
    const rows = profile.shares.map(({ part, share }) => [
      part,
      `${number(share * 100)} %`,
      `${number(share * per)} ms`,
    ]);
    return `The host uses ${number(per)} ms of CPU for ${what}. By a CPU profile (\`node --cpu-prof\`) of the same work:

${table(["part", "share", "of a call"], rows)}`;
  });
  return texts.join("\n\n");
}

function method(figures) {
  const lines = [
    "Payloads of about 100 bytes; the same number of jobs for each, but for “at its best”; a warm-up before each work; the median of up to three rounds where time allows (one with --full).",
    "Each peer runs in a process of its own with its claimers in it, as Drover's clients do; PostgreSQL and Redis are Debian's, started for the run in temp folders on loopback, on the same disk.",
    "“async” is `synchronous_commit=off`, PostgreSQL's own default is on; “RDB” is Redis as installed, “AOF always” is `appendonly yes, appendfsync always`. Neither default of Redis keeps all that it acknowledged.",
    "pg-boss starts jobs at idle with LISTEN/NOTIFY (`useListenNotify`), “by polling” is its default.",
    "Finished jobs behind: the peers really ran theirs; Drover's are the rows of one that ran, written again through the host's own transactions. Autovacuum is on.",
    "Subscribers: every one a client on a socket of its own, all in one process beside the committer's. “Commits one after another” is what a commit costs its committer, who waits for its own answer and its own view alone: the CPU counts until every subscriber has the last commit, and those between may reach some of them as one.",
    ...figures.facts.map(([name, text]) => `${name}: ${text}.`),
  ];
  return lines.map((line) => `- ${line}`).join("\n");
}

function table(heads, rows) {
  const line = (cells) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}
