import { LIMITS } from "../values/limits.ts";

/** Timers and requests of one action's context, which end with the action. */
export interface ActionTimers {
  readonly globals: Record<string, unknown>;
  /** The names of those that are under way. */
  running(): string[];
  end(): void;
}

/** Makes `setTimeout`, `setInterval` and `fetch` for a context that runs actions. */
export function actionTimers(): ActionTimers {
  const running = new Map<number, NodeJS.Timeout>();
  let controller = new AbortController();
  let requests = 0;
  let nextId = 1;
  const schedule = (start: typeof setTimeout | typeof setInterval, repeats: boolean) => {
    return (callback: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): number => {
      const id = nextId++;
      const fire = () => {
        if (!repeats) running.delete(id);
        callback(...args);
      };
      running.set(id, start(fire, Math.min(ms, LIMITS.actionTimeMs)));
      return id;
    };
  };
  const clear = (id?: number) => {
    clearTimeout(running.get(id ?? 0));
    running.delete(id ?? 0);
  };
  const globals = {
    setTimeout: schedule(setTimeout, false),
    setInterval: schedule(setInterval, true),
    clearTimeout: clear,
    clearInterval: clear,
    fetch: async (input: string | URL | Request, init: RequestInit = {}) => {
      requests++;
      try {
        const own = init.signal ?? (input instanceof Request ? input.signal : undefined);
        const signal = own ? AbortSignal.any([own, controller.signal]) : controller.signal;
        return await fetch(input, { ...init, signal });
      } finally {
        requests--;
      }
    },
    performance: Object.freeze({ now: () => performance.now(), timeOrigin: performance.timeOrigin }),
  };
  const end = () => {
    for (const id of [...running.keys()]) clear(id);
    controller.abort();
    controller = new AbortController();
  };
  const names = () => [
    ...Array<string>(running.size).fill("sleep"),
    ...Array<string>(requests).fill("fetch"),
  ];
  return { globals, running: names, end };
}
