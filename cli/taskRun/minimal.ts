import { openScreen } from "../output/screen.ts";
import { screenView } from "../screen/view.ts";
import { minimalLines } from "../screen/minimalLines.ts";
import type { Display, DisplayOrder } from "./plainLines.ts";

const REDRAW_MS = 500;

/** A live list of at most 20 lines, redrawn twice a second: for small terminals and slow connections. */
export function openMinimal(order: DisplayOrder): Display {
  const screen = openScreen();
  const draw = () => {
    const view = screenView(order.model, { ...order, now: Date.now(), filter: "" });
    screen.draw(minimalLines(view, process.stdout.columns || 80).join("\n"));
  };
  const timer = setInterval(draw, REDRAW_MS);
  draw();
  return {
    change: () => undefined,
    settled: () => undefined,
    log: () => undefined,
    close() {
      clearInterval(timer);
      screen.close();
    },
  };
}
