/** Seam: the executor over a real store whose COMMIT can be made to fail; functions are plain closures here. */
import { expect, it, onTestFinished, vi } from "vitest";
import { openDataFile } from "../storage/dataFile.ts";
import { join } from "node:path";
import { tempFolder } from "../fixtures/harness.ts";
import type { ConvexJson } from "../values/json.ts";
import { Committer } from "./committer.ts";
import { type Commit, type Guard, KILLED, type Task } from "./task.ts";
import { DocumentStream } from "./documentStream.ts";
import { openStore } from "./store.ts";
import type { Transaction } from "./transaction.ts";

async function setup(guard: Guard = (step) => step()) {
  const data = await openDataFile(join(tempFolder(), "data.sqlite"));
  onTestFinished(() => data.close());
  const statements: string[] = [];
  const failing = new Set<string>();
  const { driver } = data;
  const store = openStore({
    ...driver,
    exec: (sql) => {
      statements.push(sql);
      if (failing.delete(sql)) throw new Error(`disk full at ${sql}`);
      driver.exec(sql);
    },
  });
  const commits: Commit[] = [];
  const committer = new Committer(store, guard, { onCommit: (commit) => commits.push(commit) });
  const rows = async () => (await committer.read(task((tx) => allRows(tx)))).value as ConvexJson[];
  return { committer, commits, statements, failing, store, rows };
}

const task = (work: (tx: Transaction) => unknown): Task<unknown> => ({
  run: (tx) => ({ commit: true, value: work(tx) }),
  runaway: () => "ran away",
});
const insert = (n: number) => task((tx) => tx.insert("rows", { n }));

function allRows(tx: Transaction): number[] {
  const source = { type: "FullTableScan", tableName: "rows", order: null } as const;
  const stream = new DocumentStream(tx, { source, operators: [] });
  const found: number[] = [];
  for (let json = stream.next(); json !== null; json = stream.next())
    found.push((JSON.parse(json) as { n: number }).n);
  return found;
}

it("puts mutations that are queued in one turn under one COMMIT, in their order, each with its own timestamp", async () => {
  const { committer, commits, statements, rows } = await setup();
  // A batch also ends after its time, which on a busy machine comes after any number of mutations.
  const clock = vi.spyOn(performance, "now").mockReturnValue(0);
  onTestFinished(() => clock.mockRestore());
  const outcomes = await Promise.all(Array.from({ length: 20 }, (_, n) => committer.write(insert(n))));
  expect(statements.filter((sql) => sql === "COMMIT")).toHaveLength(1);
  expect(commits).toHaveLength(1);
  const ts = outcomes.map((outcome) => outcome.ts);
  expect(ts).toEqual([...ts].sort((a, b) => (a < b ? -1 : 1)));
  expect(new Set(ts).size).toBe(20);
  expect(await rows()).toEqual(Array.from({ length: 20 }, (_, n) => n));
});

it("fails the whole batch and publishes nothing when COMMIT fails, and then works again", async () => {
  const { committer, commits, failing, store, rows } = await setup();
  await committer.write(insert(0));
  const before = store.clock.latest;
  failing.add("COMMIT");
  const results = await Promise.allSettled([1, 2, 3].map((n) => committer.write(insert(n))));
  expect(results.map((result) => result.status)).toEqual(["rejected", "rejected", "rejected"]);
  expect(store.clock.latest).toBe(before);
  expect(commits).toHaveLength(1);
  await committer.write(insert(4));
  expect(await rows()).toEqual([0, 4]);
});

it("takes back only the mutation that asks for it", async () => {
  const { committer, rows } = await setup();
  const refused: Task<unknown> = {
    run: (tx) => ({ commit: false, value: tx.insert("rows", { n: 99 }) }),
    runaway: () => null,
  };
  await Promise.all([committer.write(insert(1)), committer.write(refused), committer.write(insert(2))]);
  expect(await rows()).toEqual([1, 2]);
});

it("runs the others again when one of a batch breaks the host or runs away", async () => {
  let kill = false;
  const { committer, rows } = await setup((step) => {
    const result = step();
    return kill ? ((kill = false), KILLED.runaway) : result;
  });
  const broken = task(() => {
    throw new Error("not foreseen");
  });
  const results = await Promise.allSettled(
    [insert(1), broken, insert(2)].map((each) => committer.write(each)),
  );
  expect(results.map((result) => result.status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  const spinning = task((tx) => {
    kill = true;
    return tx.insert("rows", { n: 99 });
  });
  const killed = await Promise.all([committer.write(insert(3)), committer.write(spinning)]);
  expect(killed[1].value).toBe("ran away");
  expect(await rows()).toEqual([1, 2, 3]);
});

it("runs a task again, with more patience, when it was killed before it had used its time", async () => {
  let kills = 2;
  const patiences: number[] = [];
  const { committer, rows } = await setup((step, patience = 0) => {
    patiences.push(patience);
    const result = step();
    return kills-- > 0 ? KILLED.starved : result;
  });
  const results = await Promise.all([insert(1), insert(2)].map((each) => committer.write(each)));
  expect(results).toHaveLength(2);
  expect(Math.max(...patiences)).toBeGreaterThan(0);
  expect(await rows()).toEqual([1, 2]);
});

it("lets queries see only what is committed", async () => {
  const { committer, rows } = await setup();
  const first = rows();
  const write = committer.write(insert(1));
  expect(await first).toEqual([]);
  await write;
  expect(await rows()).toEqual([1]);
});

it("goes on under fake timers, because it keeps the real setImmediate", async () => {
  const { committer } = await setup();
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  await committer.write(insert(1));
});

it("finishes what is queued when it is closed, and refuses what comes after", async () => {
  const { committer } = await setup();
  const queued = committer.write(insert(1));
  await committer.close();
  await expect(queued).resolves.toBeDefined();
  await expect(committer.write(insert(2))).rejects.toThrow("shutting down");
});
