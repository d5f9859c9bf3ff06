/** Time as the runner uses it; tests put their own in its place. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "./options.ts";

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
};
