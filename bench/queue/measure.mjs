// What every work is measured with: calls per second and latencies. Times are of the wall, as the caller sees them.

/** Runs `count` calls, `width` of them in flight, and gives the rate and the latencies in ms. */
export async function rate(count, width, call) {
  const took = [];
  let next = 0;
  const begun = performance.now();
  const lane = async () => {
    while (next < count) {
      const i = next++;
      const before = performance.now();
      await call(i);
      took.push(performance.now() - before);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, count) }, lane));
  return { perSecond: (count / (performance.now() - begun)) * 1000, ...percentiles(took) };
}

export function percentiles(took) {
  const sorted = [...took].sort((a, b) => a - b);
  const at = (share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { p50: at(0.5), p99: at(0.99) };
}

/** Counts up to `count`; resolves with the seconds since it was made. */
export function untilCount(count) {
  const begun = performance.now();
  let seen = 0;
  let finish;
  const done = new Promise((resolve) => (finish = resolve));
  const one = () => {
    if (++seen === count) finish((performance.now() - begun) / 1000);
  };
  return { one, done };
}

/** Rejects instead of waiting for ever on a peer that does not answer. */
export async function within(ms, what, work) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: nothing within ${ms / 1000} s`)), ms);
  });
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Runs a work up to `most` times while it stays within `budgetMs`, and gives the median round. */
export async function rounds(work, { most, budgetMs }) {
  const all = [];
  const begun = performance.now();
  const spent = () => performance.now() - begun;
  do all.push(await work());
  while (all.length < most && (spent() * (all.length + 1)) / all.length < budgetMs);
  const sorted = all.sort((a, b) => a.perSecond - b.perSecond);
  return { ...sorted[Math.floor((sorted.length - 1) / 2)], rounds: all.length };
}

/** Graphs as layers; a node names its parents by their place in the layer above. */
export const shapes = {
  tree: (depth) =>
    Array.from({ length: depth }, (_, at) => ({
      nodes: 10 ** at,
      parentsOf: (i) => [Math.floor(i / 10)],
    })),
  layers: (count, wide) =>
    Array.from({ length: count }, () => ({ nodes: wide, parentsOf: (i) => [i, (i + 1) % wide] })),
};
