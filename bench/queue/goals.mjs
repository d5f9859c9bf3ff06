// The goals of the embedded host, held against what was just measured: met, or missed by how much and why.
import { count, number } from "./figures.mjs";

const PEERS = { graphile: "graphile-worker", pgBoss: "pg-boss", bullmqAof: "BullMQ, AOF always" };

/** Rows of the table: what, the goal, what came out, and what bounds it where it is missed. */
export function goalRows(figures, size) {
  const rows = [
    ...against(figures, ["enqueue 32", "enqueue 32"], { graphile: 2, pgBoss: 2 }),
    ...against(figures, ["carry 8", "drain 8"], { graphile: 1.5, pgBoss: 1.5, bullmqAof: 1 }),
    ...against(figures, ["exchange 8", "drain 8"], { graphile: 1.5, pgBoss: 1.5, bullmqAof: 1 }),
    ...against(figures, ["window 8", "drain 8"], { graphile: 1.5, pgBoss: 1.5, bullmqAof: 1 }),
    ...latencyRows(figures),
    backlogRow(figures, size),
    ...["tree", "layers"].map((work) => graphRow(figures, work)),
    conflictRow(figures, size),
    fanOutRow(figures, size),
    memoryRow(figures, size),
  ];
  return rows.filter((row) => row !== null);
}

const TITLES = {
  "enqueue 32": "enqueue, 32 in flight",
  "carry 8": "claim + complete, 8 claimers, one job a call",
  "exchange 8": "the same, 8 jobs a call (the peers' best modes are above)",
  "window 8": "the same, choosing from the ready window as runners do",
};

function against(figures, [ours, theirs], factors) {
  const own = figures.get(ours);
  return Object.entries(factors).map(([who, factor]) => {
    const other = figures.get(theirs, who);
    const goal = `≥ ${factor}× ${PEERS[who]}`;
    if (other === undefined || own === undefined) return [TITLES[ours], goal, "not measured", ""];
    const ratio = own.perSecond / other.perSecond;
    const came = `${number(own.perSecond)}/s to ${number(other.perSecond)}/s: ${number(ratio)}×`;
    return [TITLES[ours], goal, ...verdict(came, ratio / factor, bound(figures, own))];
  });
}

function latencyRows(figures) {
  const own = figures.get("latency");
  const busy = figures.get("latency without rest");
  if (own === undefined || busy === undefined) return [];
  const why =
    `the host's CPU for three calls, each a commit of its own with the ready window after it: ${number(own.cpuMs)} ms a ` +
    `job; without the rest between two jobs ${number(busy.cpuMs)} ms, and p50 ${number(busy.p50)} ms`;
  return [
    ["p50", 2],
    ["p99", 6],
  ].map(([name, most]) => [
    "enqueue → start at idle",
    `${name} ≤ ${most} ms`,
    ...verdict(`${number(own[name])} ms`, most / own[name], why),
  ]);
}

function backlogRow(figures, { finished, pending }) {
  const most = finished.at(-1);
  const behind = figures.get(`backlog ${most}`);
  const empty = figures.get("carry 8");
  if (behind === undefined || empty === undefined) return null;
  const ratio = behind.perSecond / empty.perSecond;
  const what = `claim + complete, ${count(pending)} pending and ${count(most)} finished`;
  return [
    what,
    "≥ 0.9× of an empty store",
    ...verdict(`${number(ratio)}×`, ratio / 0.9, bound(figures, behind)),
  ];
}

function graphRow(figures, work) {
  const own = figures.get(work);
  if (own === undefined) return null;
  const what = work === "tree" ? "graph: tree, 8 claimers" : "graph: layers, 8 claimers";
  const why = bound(figures, figures.get("carry 8"));
  return [what, "≥ 3,000 nodes/s", ...verdict(`${number(own.perSecond)}/s`, own.perSecond / 3_000, why)];
}

function conflictRow(figures, { jobs }) {
  const own = figures.get("conflicts");
  if (own === undefined) return null;
  const came = `${number(own.tries)} (${number(own.calls)} exchanges a job with those that were refused; ${own.failed} gave up)`;
  const what = `runs of an exchange, 16 claimers with 8 slots by the window, ${count(jobs)} jobs, conflicts as on Convex Cloud`;
  return [
    what,
    "< 1.2",
    ...verdict(came, 1.2 / own.tries, "claimers that name the same job at the same time"),
  ];
}

function fanOutRow(figures, { subscribers }) {
  const most = subscribers.at(-1);
  const [one, all] = [figures.get(`fanOut ${subscribers[0]}`), figures.get(`fanOut ${most}`)];
  if (one === undefined || all === undefined || one.serial.cpuMs === 0) return null;
  const [cpu, rate] = [all.serial.cpuMs / one.serial.cpuMs, one.serial.perSecond / all.serial.perSecond];
  const ratio = Math.max(cpu, rate);
  const came = `${number(cpu)}× in host CPU, ${number(rate)}× in time, one after another`;
  const why = "one evaluation, then one message a subscriber: the sends are the cost";
  return [
    `a commit with ${count(most)} subscribers`,
    "≤ 3× of one subscriber",
    ...verdict(came, 3 / ratio, why),
  ];
}

function memoryRow(figures, { finished }) {
  const most = finished.at(-1);
  const own = figures.get(`backlog ${most}`);
  if (own === undefined || own.peakMiB === 0) return null;
  const came = `${number(own.residentMiB)} MiB, ${number(own.peakMiB)} MiB at its highest`;
  return [`host memory, ${count(most)} finished jobs`, "≤ 300 MiB", ...verdict(came, 300 / own.peakMiB, "")];
}

function verdict(came, share, why) {
  if (share >= 1) return [`${came}: met`, ""];
  return [`${came}: **missed**, ${number(share)}× of the goal`, why];
}

/** What one thread of the host can give at this CPU a call, beside what the disk can. */
function bound(figures, { cpuMs }) {
  if (cpuMs === undefined || cpuMs === 0) return "";
  const most = number(1000 / cpuMs);
  const { perSecond } = figures.get("disk");
  return `the host's CPU: ${number(cpuMs)} ms a job on its one thread, so at most ${most}/s; the disk alone syncs ${number(perSecond)}/s`;
}
