// What was measured, by work and by whom; every figure is also said at once, so that a broken run leaves them.
export const DROVER = "drover";

/** The peers as they are measured: each with its store's defaults and with an acknowledged write on disk. */
export const SERIES = [
  {
    id: "graphile",
    peer: "graphile-worker",
    server: "postgres",
    mode: "on",
    title: "graphile-worker",
    isDurable: true,
  },
  {
    id: "graphileOff",
    peer: "graphile-worker",
    server: "postgres",
    mode: "off",
    title: "graphile-worker, async",
  },
  { id: "pgBoss", peer: "pg-boss", server: "postgres", mode: "on", title: "pg-boss", isDurable: true },
  { id: "pgBossOff", peer: "pg-boss", server: "postgres", mode: "off", title: "pg-boss, async" },
  { id: "bullmq", peer: "bullmq", server: "redis", mode: "default", title: "BullMQ, RDB" },
  {
    id: "bullmqAof",
    peer: "bullmq",
    server: "redis",
    mode: "everyCommit",
    title: "BullMQ, AOF always",
    isDurable: true,
  },
];

export const number = (value) =>
  value >= 100 ? Math.round(value).toLocaleString("en-US") : value.toFixed(value >= 10 ? 1 : 2);

export const count = (value) => value.toLocaleString("en-US");

export class Figures {
  #all = new Map();
  /** By series: why it, or one work of it, was not measured. */
  missing = new Map();
  /** By name: versions and settings for the page's head. */
  facts = [];

  put(work, who, result) {
    if (!this.#all.has(work)) this.#all.set(work, new Map());
    this.#all.get(work).set(who, result);
    console.error(`${who.padEnd(12)} ${work.padEnd(18)} ${said(result)}`);
  }

  get(work, who = DROVER) {
    return this.#all.get(work)?.get(who);
  }

  works(prefix) {
    return [...this.#all.keys()].filter((work) => work.startsWith(prefix));
  }

  miss(who, why) {
    this.missing.set(who, [...(this.missing.get(who) ?? []), why]);
    console.error(`${who.padEnd(12)} not measured: ${why}`);
  }
}

function said({ perSecond, p50, p99, rounds }) {
  const words = [];
  if (perSecond !== undefined) words.push(`${number(perSecond)}/s`);
  if (p50 !== undefined) words.push(`p50 ${number(p50)} ms, p99 ${number(p99)} ms`);
  if (rounds !== undefined) words.push(`(median of ${rounds})`);
  return words.join(" ");
}
