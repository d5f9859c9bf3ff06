/** About 100 bytes, as Drover's own bench jobs carry. */
export const payload = {
  repo: "example/repository",
  task: "a text about as long as the short line that names a small job, to here",
};

/** A worker that has just started may look for jobs once more; latencies are those of one that sleeps. */
export const QUIET_MS = 500;
