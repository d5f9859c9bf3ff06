/**
 * One timer for all who look at something equally often: eight attempts with timers of their own would wake the runner
 * some sixty times a second, and what they read is read once for all of them when they look together.
 */

/** Calls `look` again and again until the function that it gives is called. */
export type Repeat = (look: () => void) => () => void;

/** A timer that runs while somebody looks, every `ms`; who began earlier is called earlier. */
export function sharedTimer(ms: number): Repeat {
  const looks = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  return (look) => {
    looks.add(look);
    timer ??= setInterval(() => looks.forEach((one) => one()), ms);
    return () => {
      looks.delete(look);
      if (looks.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    };
  };
}

/** How often the output, the silence and the waits of what runs are looked at, ms. */
const TICK_MS = 250;

export const everyTick = sharedTimer(TICK_MS);
