/**
 * Named points between the steps of a job at which a test waits, throws or kills. Free in production: without a
 * handler a point is one lookup in an empty map.
 */
export const FAULT_POINTS = [
  "beforeClaim",
  "claimed",
  "beforeSpawn",
  "spawned",
  "childExited",
  "outboxWritten",
  "reported",
  "draining",
] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

type FaultHandler = (detail: string) => void | Promise<void>;

const handlers = new Map<FaultPoint, FaultHandler>();

/** Passes the point `name`; `detail` is the job's handle where there is one. Rejects with what the handler throws. */
export async function faultPoint(name: FaultPoint, detail = ""): Promise<void> {
  const handler = handlers.get(name);
  if (handler !== undefined) await handler(detail);
}

/** True when somebody waits at the point, so that costly looking for it is only done then. */
export function isArmed(name: FaultPoint): boolean {
  return handlers.has(name);
}

/** Sets the handler of a point and gives a function that removes it. */
export function onFault(name: FaultPoint, handler: FaultHandler): () => void {
  handlers.set(name, handler);
  return () => {
    if (handlers.get(name) === handler) handlers.delete(name);
  };
}

/**
 * Sets handlers from `DROVER_FAULT` ("claimed:kill,reported:throw"), for runners that are a test's child process.
 * Throws a plain error that lists the legal words for an unknown point or action.
 */
export function armFaults(setting: string | undefined): void {
  for (const part of (setting ?? "").split(",").filter(Boolean)) {
    const [name = "", action = ""] = part.split(":");
    const point = FAULT_POINTS.find((one) => one === name);
    const handler = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
    if (point === undefined || handler === undefined)
      throw new Error(
        `DROVER_FAULT: expected "<point>:<action>" with a point of ${FAULT_POINTS.join(", ")} ` +
          `and an action of ${Object.keys(ACTIONS).join(", ")}, but got "${part}".`,
      );
    onFault(point, handler);
  }
}

const never = new Promise<void>(() => undefined);

const ACTIONS: Record<string, FaultHandler> = {
  kill: () => {
    process.kill(process.pid, "SIGKILL");
    // The signal is delivered a moment later: no line after the point may run.
    return never;
  },
  throw: (detail) => {
    throw new Error(`fault injected (${detail})`);
  },
  hang: () => never,
};
