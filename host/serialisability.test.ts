/**
 * Seam: real clients over real sockets. Each transaction reads ranges (lists) and appends a unique value to one, so the
 * final lists give the order of the writes, and every read says what came before it and what did not. The history is
 * serialisable when these orders have no circle (the method of Elle, Kingsbury and Alvaro 2020).
 */
import { expect, it } from "vitest";
import { convexClient, fixtureHost, mutation, query } from "./fixtures/harness.ts";

const CLIENTS = 8;
const EACH = 40;
const KEYS = ["a", "b", "c", "d"];

interface Done {
  value: string;
  seen: Record<string, string[]>;
}
type Lists = Record<string, string[]>;

it.each([[false], [true]])(
  "a random history is serialisable (conflict simulation: %s)",
  async (simulateConflicts) => {
    const host = await fixtureHost({ simulateConflicts });
    const clients = Array.from({ length: CLIENTS }, () => convexClient(host.url));
    const done: Done[] = [];
    await Promise.all(
      clients.map(async (client, c) => {
        // Three in flight per client, so that transactions of one socket meet as well.
        await Promise.all(
          [0, 1, 2].map(async (lane) => {
            for (let i = 0; i < EACH / 3; i++) {
              const value = `${c}-${lane}-${i}`;
              const reads = KEYS.filter(() => Math.random() < 0.5);
              const to = KEYS[Math.floor(Math.random() * KEYS.length)]!;
              const call = client.mutation(mutation("history:readAndAppend"), { reads, to, value });
              // Under simulation a call may lose all its tries: then it must have left nothing.
              const seen = await call.catch(() => null);
              if (seen !== null) done.push({ value, seen });
            }
          }),
        );
      }),
    );
    const lists: Lists = await clients[0]!.query(query("history:lists"), { keys: KEYS });
    expect(Object.values(lists).flat().sort()).toEqual(done.map(({ value }) => value).sort());
    for (const { seen } of done) {
      for (const [key, list] of Object.entries(seen)) expect(lists[key]!.slice(0, list.length)).toEqual(list);
    }
    expect(circle(edgesOf(done, lists))).toBe(false);
  },
);

it("finds the circle of a write skew", () => {
  const done = [
    { value: "x", seen: { b: [] } },
    { value: "y", seen: { a: [] } },
  ];
  expect(circle(edgesOf(done, { a: ["x"], b: ["y"] }))).toBe(true);
});

/** Which transactions come after each: by the order of the lists, and by what each read saw and did not see. */
function edgesOf(done: Done[], lists: Lists): Map<string, Set<string>> {
  const edges = new Map(done.map(({ value }) => [value, new Set<string>()]));
  const add = (from: string | undefined, to: string | undefined) => {
    if (from !== undefined && to !== undefined && from !== to) edges.get(from)?.add(to);
  };
  for (const list of Object.values(lists)) list.forEach((value, i) => add(value, list[i + 1]));
  for (const { value, seen } of done) {
    for (const [key, list] of Object.entries(seen)) {
      add(list.at(-1), value);
      add(
        value,
        lists[key]![list.length] === value ? lists[key]![list.length + 1] : lists[key]![list.length],
      );
    }
  }
  return edges;
}

/** True when the edges lead back to where they began: what is left after taking away all that nothing precedes. */
function circle(edges: Map<string, Set<string>>): boolean {
  const before = new Map([...edges.keys()].map((value) => [value, 0]));
  for (const next of edges.values()) for (const value of next) before.set(value, before.get(value)! + 1);
  const free = [...before].filter(([, count]) => count === 0).map(([value]) => value);
  let taken = 0;
  for (let value = free.pop(); value !== undefined; value = free.pop()) {
    taken++;
    for (const next of edges.get(value)!) {
      before.set(next, before.get(next)! - 1);
      if (before.get(next) === 0) free.push(next);
    }
  }
  return taken < edges.size;
}
