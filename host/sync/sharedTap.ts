import type { Tap } from "./intake.ts";

/**
 * Lets several reasons hold the reading of one socket back: it is read again when the last of them has gone. Each
 * call gives the tap of one more reason.
 */
export function sharedTap(socket: Tap): () => Tap {
  let reasons = 0;
  return () => ({
    pause: () => {
      if (++reasons === 1) socket.pause();
    },
    resume: () => {
      if (--reasons === 0) socket.resume();
    },
  });
}
