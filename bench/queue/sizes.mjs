/** How much of each work. The small sizes make a run of some minutes, the full ones are those of the goals. */
const small = {
  fsyncs: 500,
  warm: 500,
  sequential: 300,
  flight: 3_000,
  bulk: 5_000,
  jobs: 1_000,
  peersBest: 3_000,
  latency: 100,
  pollLatency: 3,
  depth: 3,
  layers: 10,
  wide: 20,
  finished: [500, 2_000],
  pending: 2_000,
  subscribers: [1, 100],
  commits: 20,
  coldStarts: 5,
  profiled: 400,
  repeat: { most: 3, budgetMs: 2_500 },
};
const full = {
  fsyncs: 5_000,
  warm: 2_000,
  sequential: 3_000,
  flight: 20_000,
  bulk: 100_000,
  jobs: 10_000,
  peersBest: 100_000,
  latency: 300,
  pollLatency: 15,
  depth: 5,
  layers: 100,
  wide: 100,
  finished: [1_000, 100_000, 1_000_000],
  pending: 100_000,
  subscribers: [1, 100, 1_000],
  commits: 50,
  coldStarts: 20,
  profiled: 5_000,
  repeat: { most: 1, budgetMs: 1 },
};
/** Shows in seconds that everything runs; its figures say nothing. */
const tiny = {
  ...small,
  fsyncs: 50,
  warm: 20,
  sequential: 20,
  flight: 60,
  bulk: 500,
  jobs: 40,
  peersBest: 500,
  latency: 5,
  pollLatency: 1,
  layers: 3,
  wide: 5,
  depth: 2,
  finished: [50, 200],
  pending: 100,
  subscribers: [1, 5],
  commits: 3,
  coldStarts: 2,
  profiled: 50,
  repeat: { most: 1, budgetMs: 1 },
};

/** @throws Error naming the options when there is another one */
export function sizesFor(args) {
  const unknown = args.filter((arg) => !["--full", "--tiny", "--drover-only"].includes(arg));
  if (unknown.length > 0) {
    throw new Error(`unknown option ${unknown.join(" ")}: there are --full, --tiny and --drover-only`);
  }
  if (args.includes("--full")) return { name: "full", ...full };
  return args.includes("--tiny") ? { name: "tiny", ...tiny } : { name: "small", ...small };
}

export const CLAIMERS = [1, 8, 16];
