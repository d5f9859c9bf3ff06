/**
 * How many attempts of one profile this runner has at once: some providers refuse, or slow down, what comes side by
 * side. An attempt that finds no seat waits in its slot, in the order of arrival; its time limit has not begun.
 */
import type { Profile } from "../harness/port.ts";

export interface Seats {
  /** Waits for a seat and gives the function that leaves it. A stop ends the waiting; the seat is taken all the same. */
  take(profile: string, signal: AbortSignal): Promise<() => void>;
}

interface Room {
  most: number;
  taken: number;
  waiting: (() => void)[];
}

/** Seats for the profiles that bound them; the others have as many as there are slots. */
export function openSeats(profiles: Iterable<Pick<Profile, "name" | "maxConcurrent">>): Seats {
  const rooms = new Map<string, Room>();
  for (const { name, maxConcurrent } of profiles)
    if (maxConcurrent !== undefined) rooms.set(name, { most: maxConcurrent, taken: 0, waiting: [] });
  return {
    async take(profile, signal) {
      const room = rooms.get(profile);
      if (room === undefined) return () => undefined;
      if (room.taken >= room.most) await turnOf(room, signal);
      room.taken += 1;
      return () => leave(room);
    },
  };
}

function turnOf(room: Room, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      signal.removeEventListener("abort", stop);
      resolve();
    };
    const stop = () => {
      room.waiting = room.waiting.filter((one) => one !== go);
      resolve();
    };
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", stop, { once: true });
    room.waiting.push(go);
  });
}

function leave(room: Room): void {
  room.taken -= 1;
  // One that was stopped sits for a moment beyond the bound: nobody is called for its seat.
  if (room.taken < room.most) room.waiting.shift()?.();
}
