/**
 * Lets only so many attempts of a profile run at once. The claim already looks at that; but a job that falls to the
 * profile within its claim, or a claim that was under way, must wait here.
 */
import type { Profile } from "../harness/port.ts";

export interface ProfileGate {
  /** Resolves when there is a place, or when `signal` aborts, with the function that gives it back. */
  enter(profile: Profile, signal: AbortSignal): Promise<() => void>;
}

interface Waiting {
  name: string;
  limit: number;
  admit: () => void;
}

export function profileGate(): ProfileGate {
  const inside = new Map<string, number>();
  const waiting: Waiting[] = [];
  const count = (name: string, by: number) => inside.set(name, (inside.get(name) ?? 0) + by);
  const leave = (name: string) => {
    count(name, -1);
    const next = waiting.findIndex((one) => one.name === name && (inside.get(name) ?? 0) < one.limit);
    if (next >= 0) waiting.splice(next, 1)[0]?.admit();
  };
  return {
    async enter({ name, maxConcurrent = Infinity }, signal) {
      if ((inside.get(name) ?? 0) < maxConcurrent) count(name, 1);
      else if (!(await turn({ name, limit: maxConcurrent }, signal))) return () => undefined;
      let left = false;
      return () => {
        if (!left) leave(name);
        left = true;
      };
    },
  };

  /** False when the signal came first. */
  function turn(wish: Omit<Waiting, "admit">, signal: AbortSignal): Promise<boolean> {
    return new Promise((resolve) => {
      // Counted at once: whoever enters before this one goes on must see its place as taken.
      const admit = () => {
        signal.removeEventListener("abort", abort);
        count(wish.name, 1);
        resolve(true);
      };
      const entry: Waiting = { ...wish, admit };
      const abort = () => {
        const at = waiting.indexOf(entry);
        if (at >= 0) waiting.splice(at, 1);
        resolve(false);
      };
      if (signal.aborted) return resolve(false);
      signal.addEventListener("abort", abort, { once: true });
      waiting.push(entry);
      return undefined;
    });
  }
}
