import { createElement } from "react";
import { render } from "ink";
import type { Display, DisplayOrder } from "../taskRun/plainLines.ts";
import { screenActions } from "./actions.ts";
import { RunScreen } from "./RunScreen.ts";
import { screenStore } from "./store.ts";

/** How often the screen is drawn without a key, ms: drawing 200×60 each second alone is a tenth of a core. */
const REDRAW_MS = 2000;
const ENTER_PAGE = "\u001b[?1049h";
const LEAVE_PAGE = "\u001b[?1049l";

/** Opens the full screen of a run on the terminal's second page; what was there comes back when it is closed. */
export function openRunScreen(order: DisplayOrder): Display {
  const store = screenStore(order);
  process.stdout.write(ENTER_PAGE);
  const leave = () => process.stdout.write(LEAVE_PAGE);
  process.once("exit", leave);
  const app = render(createElement(RunScreen, { store, actions: screenActions(order, store) }), {
    exitOnCtrlC: false,
    patchConsole: false,
    maxFps: 10,
  });
  const timer = setInterval(store.refresh, REDRAW_MS);
  process.stdout.on("resize", store.refresh);
  return {
    change: () => undefined,
    settled: (id) => store.say(id),
    log: (text) => store.note(text),
    close() {
      clearInterval(timer);
      process.stdout.off("resize", store.refresh);
      app.unmount();
      process.off("exit", leave);
      leave();
    },
  };
}
