import { api } from "../../convex/_generated/api.js";
import { openLive } from "../backend/live.ts";
import type { Session } from "../backend/session.ts";
import type { WatchedQueue } from "../backend/wire.ts";
import { listenForInterrupt } from "../interrupt.ts";
import { color } from "../output/color.ts";
import { EXIT, type ExitCode } from "../output/errors.ts";
import { printLine, say, wantsJson } from "../output/print.ts";
import { openScreen } from "../output/screen.ts";
import { renderWatch } from "../views/queueView.ts";

/** Running times on the screen move on between two changes of the queue, ms. */
const REDRAW_MS = 1000;

/** Shows the queue until Ctrl+C, which is how one leaves: exit code 0. */
export async function watchQueue(session: Session): Promise<ExitCode> {
  const { backend, namespace } = session;
  // One-shot first: it fails at once where the socket would try for ever.
  const first = await backend.query(api.scheduler.watchQueue, { namespace });
  return wantsJson(session.flags) ? printChanges(session) : drawChanges(session, first);
}

async function printChanges({ settings, namespace, flags }: Session): Promise<ExitCode> {
  const interrupt = listenForInterrupt();
  const live = openLive(settings);
  live.onConnection((connected) => say(connected ? "connected again" : "connection lost, trying again"));
  try {
    for await (const queue of live.follow(api.scheduler.watchQueue, { namespace }, interrupt.signal)) {
      printLine(queue, () => "", { ...flags, json: true });
    }
    return EXIT.ok;
  } finally {
    interrupt.release();
    await live.close();
  }
}

async function drawChanges({ settings, namespace }: Session, first: WatchedQueue): Promise<ExitCode> {
  const interrupt = listenForInterrupt();
  const live = openLive(settings);
  const screen = openScreen();
  let queue = first;
  let connected = true;
  const draw = () => {
    const state = connected ? "" : color.yellow("  connection lost, trying again");
    screen.draw(`${renderWatch(namespace, queue, Date.now())}\n\n${color.dim("Ctrl+C leaves")}${state}`);
  };
  live.onConnection((now) => {
    connected = now;
    draw();
  });
  const ticker = setInterval(draw, REDRAW_MS);
  process.stdout.on("resize", draw);
  try {
    draw();
    for await (const now of live.follow(api.scheduler.watchQueue, { namespace }, interrupt.signal)) {
      queue = now;
      draw();
    }
    return EXIT.ok;
  } finally {
    clearInterval(ticker);
    process.stdout.off("resize", draw);
    screen.close();
    interrupt.release();
    await live.close();
  }
}
