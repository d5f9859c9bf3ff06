/** The graph of one insert call: circles are found with a true path, splices end at true sinks. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { findCycle, sinksFrom, type Edge } from "./dag.ts";

const graph = fc.integer({ min: 1, max: 12 }).chain((n) =>
  fc.record({
    n: fc.constant(n),
    edges: fc.array(fc.tuple(fc.nat(n - 1), fc.nat(n - 1)), { maxLength: 25 }),
  }),
);
const reaches = (edges: readonly Edge[], from: number): Set<number> => {
  const seen = new Set([from]);
  for (let before = 0; before !== seen.size;) {
    before = seen.size;
    for (const [a, b] of edges) if (seen.has(a)) seen.add(b);
  }
  return seen;
};

describe("findCycle", () => {
  it("finds none in a diamond, a chain and no edges at all", () => {
    expect(
      findCycle(4, [
        [0, 1],
        [0, 2],
        [1, 3],
        [2, 3],
      ]),
    ).toBeNull();
    expect(
      findCycle(3, [
        [0, 1],
        [1, 2],
      ]),
    ).toBeNull();
    expect(findCycle(2, [])).toBeNull();
  });

  it("gives the path of a circle, first node again at its end", () => {
    expect(
      findCycle(3, [
        [0, 1],
        [1, 2],
        [2, 0],
      ]),
    ).toHaveLength(4);
    expect(findCycle(2, [[1, 1]])).toEqual([1, 1]);
  });

  it("finds one exactly when a node reaches itself, and the path follows the edges", () => {
    fc.assert(
      fc.property(graph, ({ n, edges }) => {
        const circular = edges.some(([from, to]) => reaches(edges, to).has(from));
        const cycle = findCycle(n, edges);
        expect(cycle !== null).toBe(circular);
        for (const [i, node] of (cycle ?? []).slice(1).entries()) {
          expect(edges).toContainEqual([cycle?.[i], node]);
        }
        if (cycle !== null) expect(cycle[0]).toBe(cycle[cycle.length - 1]);
      }),
    );
  });
});

describe("sinksFrom", () => {
  it("gives the end of a chain, both ends of a fork, and a lone start itself", () => {
    expect(
      sinksFrom(
        [0],
        [
          [0, 1],
          [1, 2],
        ],
      ),
    ).toEqual([2]);
    expect(
      sinksFrom(
        [0],
        [
          [0, 1],
          [0, 2],
        ],
      ),
    ).toEqual([1, 2]);
    expect(sinksFrom([1], [])).toEqual([1]);
  });

  it("gives exactly what is reachable and leads nowhere", () => {
    fc.assert(
      fc.property(graph, ({ edges }) => {
        const forward = edges.filter(([a, b]) => a < b);
        const reached = reaches(forward, 0);
        const ends = [...reached].filter((node) => !forward.some(([from]) => from === node));
        expect(sinksFrom([0], forward)).toEqual(ends.sort((a, b) => a - b));
      }),
    );
  });
});
