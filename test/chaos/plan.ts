/** What the run will do, thrown before it starts: the jobs, and the faults with their times. */
import type { Dice } from "./dice.ts";

export const RUNNERS = ["one", "two", "three"] as const;
export type RunnerName = (typeof RUNNERS)[number];

export interface PlannedJob {
  key: string;
  format: "plain" | "stream";
  kind: string;
  ticks: number;
  lock: string | null;
  after: string[];
  /** Ms after its assignment's insertion at which it is canceled. */
  cancelAfterMs?: number;
}

export type Fault =
  | { kind: "killRunner"; runner: RunnerName; downMs: number; point?: string }
  | { kind: "stopRunner"; runner: RunnerName; ms: number }
  | { kind: "restartHost"; signal: "SIGKILL" | "SIGTERM"; downMs: number }
  | { kind: "drop" | "goSilent" | "cutNext"; runner: RunnerName }
  | { kind: "partition"; runner: RunnerName; ms: number }
  | { kind: "stepClock"; runner: RunnerName; ms: number }
  | { kind: "fullDisk"; runner: RunnerName; ms: number };

export interface Plan {
  batches: PlannedJob[][];
  /** Faults with the time to wait before each, ms. */
  faults: { afterMs: number; fault: Fault }[];
}

/** Jobs of one assignment: what one query shows of it at once. */
const BATCH = 50;
const LOCKS = 12;
/** Runners that die at a named point die of the first job that passes it. */
const POINTS = [
  "beforeClaim",
  "claimed",
  "beforeSpawn",
  "spawned",
  "childExited",
  "outboxWritten",
  "reported",
];

/** Throws the plan of a run. */
export function makePlan(
  dice: Dice,
  { jobs, leaseMs, faults }: { jobs: number; leaseMs: number; faults: number },
): Plan {
  const batches: PlannedJob[][] = [];
  for (let made = 0; made < jobs; made += BATCH) {
    const batch: PlannedJob[] = [];
    for (let i = 0; i < Math.min(BATCH, jobs - made); i += 1)
      batch.push(job(dice, { key: `job-${made + i}`, earlier: batch }));
    batches.push(batch);
  }
  return {
    batches,
    faults: Array.from({ length: faults }, () => ({
      afterMs: dice.between(300, 2500),
      fault: fault(dice, leaseMs),
    })),
  };
}

function job(dice: Dice, { key, earlier }: { key: string; earlier: PlannedJob[] }): PlannedJob {
  const format = dice.pick([
    [3, "stream"],
    [2, "plain"],
  ] as const);
  const kind = dice.pick([
    [10, "slow"],
    [2, "crash"],
    [2, "fork"],
    [1, "loud"],
    ...(format === "stream"
      ? ([
          [2, "hang"],
          [2, "half"],
        ] as const)
      : ([[1, "fail"]] as const)),
  ] as [number, string][]);
  const parent = earlier[dice.between(0, Math.max(earlier.length - 1, 0))];
  const canceled = dice.next() < 0.04;
  return {
    key,
    format,
    kind,
    ticks: dice.pick([
      [6, dice.between(0, 8)],
      [2, dice.between(10, 30)],
    ]),
    lock: dice.next() < 0.4 ? `lock-${dice.between(1, LOCKS)}` : null,
    after: parent !== undefined && dice.next() < 0.2 ? [parent.key] : [],
    ...(canceled ? { cancelAfterMs: dice.between(200, 8000) } : {}),
  };
}

function fault(dice: Dice, leaseMs: number): Fault {
  const runner = dice.pick(RUNNERS.map((name) => [1, name] as const));
  const ms = dice.between(200, leaseMs * 2);
  const kind = dice.pick([
    [5, "killRunner"],
    [3, "stopRunner"],
    [2, "restartHost"],
    [2, "drop"],
    [2, "goSilent"],
    [2, "cutNext"],
    [2, "partition"],
    [1, "stepClock"],
    [1, "fullDisk"],
  ] as const);
  switch (kind) {
    case "killRunner": {
      const point = dice.pick(POINTS.map((name) => [1, name] as const));
      const downMs = dice.between(0, leaseMs * 1.5);
      return { kind, runner, downMs, ...(dice.next() < 0.4 ? { point } : {}) };
    }
    case "restartHost":
      return { kind, signal: dice.next() < 0.7 ? "SIGKILL" : "SIGTERM", downMs: dice.between(0, 2000) };
    case "drop":
    case "goSilent":
    case "cutNext":
      return { kind, runner };
    case "stepClock":
      return { kind, runner, ms: dice.between(-7_200_000, 7_200_000) };
    case "stopRunner":
    case "partition":
      return { kind, runner, ms };
    case "fullDisk":
      return { kind, runner, ms: Math.min(ms, 2000) };
    default:
      return kind satisfies never;
  }
}
