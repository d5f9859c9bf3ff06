/** Seam: the fan-out with subscribers that only write down what they are told. */
import { expect, it } from "vitest";
import { FanOut, type Subscriber } from "./fanOut.ts";

const turn = () => new Promise((resolve) => setImmediate(resolve));

function subscribers(count: number) {
  const told: [number, bigint][] = [];
  const all = Array.from({ length: count }, (_, i): Subscriber => ({
    refreshed: (ts) => told.push([i, ts]),
  }));
  const at = (i: number) => all[i] as Subscriber;
  return { all, at, told, who: () => told.map(([i]) => i) };
}

const NOBODY: ReadonlySet<Subscriber> = new Set();

it("tells who has asked before all others, and the others some in a turn", async () => {
  const { all, at, told, who } = subscribers(200);
  new FanOut(() => false).tell(1n, new Set([at(150)]), all.slice(0, 100));
  expect(who()[0]).toBe(150);
  expect(told.length).toBeLessThan(100);
  while (told.length < 101) await turn();
  expect(who().slice(1)).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

it("tells who is left when the next refresh comes of that one alone", async () => {
  const { all, told } = subscribers(100);
  const fanOut = new FanOut(() => false);
  fanOut.tell(1n, NOBODY, all);
  const first = told.length;
  fanOut.tell(2n, NOBODY, []);
  while (told.length < 100) await turn();
  await turn();
  expect(told.filter(([, ts]) => ts === 1n)).toHaveLength(first);
  expect(new Set(told.map(([i]) => i)).size).toBe(100);
});

it("tells nobody of a refresh that a commit has overtaken, and goes on with the next", async () => {
  const { all, told } = subscribers(100);
  let isOutdated = false;
  const fanOut = new FanOut(() => isOutdated);
  fanOut.tell(1n, NOBODY, all);
  isOutdated = true;
  const first = told.length;
  for (let i = 0; i < 5; i++) await turn();
  expect(told).toHaveLength(first);
  isOutdated = false;
  fanOut.tell(2n, NOBODY, []);
  while (told.length < 100) await turn();
  expect(told.slice(first).every(([, ts]) => ts === 2n)).toBe(true);
});

it("comes to everybody, however fast refreshes follow each other", () => {
  const { all, told } = subscribers(300);
  const fanOut = new FanOut(() => true);
  for (let ts = 1n; ts <= 20n; ts++) fanOut.tell(ts, NOBODY, all);
  expect(new Set(told.map(([i]) => i)).size).toBe(300);
});

it("tells nothing to a subscriber that has gone", async () => {
  const { all, at, told, who } = subscribers(100);
  const fanOut = new FanOut(() => false);
  fanOut.tell(1n, NOBODY, all);
  fanOut.cancel(at(99));
  while (told.length < 99) await turn();
  await turn();
  expect(who()).not.toContain(99);
});
