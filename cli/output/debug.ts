/** Talk for those who gave `--verbose`: what is called and how long it takes, and what a runner in this process does. */
import { talkColor } from "./color.ts";
import { say } from "./print.ts";
import { clock } from "./time.ts";

let wanted = false;
let muted = false;

/** From now on `debug` speaks. */
export function speakDebug(): void {
  wanted = true;
}

/** Silences it while a screen is open, which every line would break; gives what ends the silence. */
export function muteDebug(): () => void {
  muted = true;
  return () => (muted = false);
}

/** Says something that only `--verbose` shows; `text` is not made otherwise. */
export function debug(text: () => string): void {
  if (wanted && !muted) say(talkColor.dim(`${clock(Date.now())} ${text()}`));
}
