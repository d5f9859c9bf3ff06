/** Keys of the screen: from what was pressed to what changes. */
import type { ScreenActions } from "./actions.ts";
import type { Panel, ScreenStore } from "./store.ts";

export interface Pressed {
  input: string;
  upArrow?: boolean;
  downArrow?: boolean;
  pageUp?: boolean;
  pageDown?: boolean;
  return?: boolean;
  escape?: boolean;
  tab?: boolean;
  backspace?: boolean;
  delete?: boolean;
  ctrl?: boolean;
}

export const HELP = [
  "j k ↑ ↓ move    g G first, last    PgUp PgDn page    tab panel",
  "enter details   esc back           / filter          ? help",
  "x cancel        R retry            r retry with another profile",
  "p pause or go on                   q quit (asks while work runs)",
];
const PANELS: readonly Panel[] = ["tasks", "agents", "log"];
const PAGE = 10;

/** Does what a key means in the present mode. */
export function pressKey(key: Pressed, store: ScreenStore, actions: ScreenActions): void {
  if (key.ctrl === true && key.input === "c") return actions.quit();
  const { mode } = store.get();
  if (mode === "filter" || mode === "profile") return typeKey(key, store, actions);
  if (mode === "confirmQuit") return key.input === "y" ? actions.quit() : store.set({ mode: "list" });
  if (closes(key, mode !== "list")) return store.set({ mode: "list", details: [] });
  if (!move(key, store)) command(key, store, actions);
}

/** Keys that close what lies over the list. */
function closes(key: Pressed, isOver: boolean): boolean {
  if (key.escape === true || !isOver) return key.escape === true;
  return key.return === true || key.input === "q" || key.input === "?";
}

function typeKey(key: Pressed, store: ScreenStore, actions: ScreenActions): void {
  const { mode, typed } = store.get();
  const change = (text: string) =>
    store.set(mode === "filter" ? { typed: text, filter: text } : { typed: text });
  if (key.escape === true)
    return store.set({ mode: "list", typed: "", ...(mode === "filter" ? { filter: "" } : {}) });
  if (key.backspace === true || key.delete === true) return change(typed.slice(0, -1));
  if (key.return !== true) return change(typed + key.input);
  const handle = chosen(store);
  store.set({ mode: "list", typed: "" });
  if (mode === "profile" && handle !== "" && typed !== "") actions.retry(handle, typed);
}

function move(key: Pressed, store: ScreenStore): boolean {
  const { selected, view } = store.get();
  const to = (place: number) => {
    store.set({ selected: place });
    return true;
  };
  if (key.input === "j" || key.downArrow === true) return to(selected + 1);
  if (key.input === "k" || key.upArrow === true) return to(selected - 1);
  if (key.pageDown === true) return to(selected + PAGE);
  if (key.pageUp === true) return to(selected - PAGE);
  if (key.input === "g") return to(0);
  return key.input === "G" ? to(view.rows.length - 1) : false;
}

function command(key: Pressed, store: ScreenStore, actions: ScreenActions): void {
  const { panel } = store.get();
  const handle = chosen(store);
  if (key.tab === true)
    return store.set({ panel: PANELS[(PANELS.indexOf(panel) + 1) % PANELS.length] ?? "tasks" });
  if (key.return === true) return handle === "" ? undefined : actions.details(handle);
  COMMANDS[key.input]?.({ store, actions, handle });
}

interface Order {
  store: ScreenStore;
  actions: ScreenActions;
  /** The chosen job; empty where it has not shown yet. */
  handle: string;
}

const COMMANDS: Readonly<Partial<Record<string, (order: Order) => void>>> = {
  q: ({ store, actions }) => {
    const { running, queued } = store.get().view.counts;
    if (running + queued > 0) store.set({ mode: "confirmQuit" });
    else actions.quit();
  },
  "?": ({ store }) => store.set({ mode: "help" }),
  "/": ({ store }) => store.set({ mode: "filter", typed: "" }),
  p: ({ actions }) => actions.pause(),
  " ": ({ actions }) => actions.pause(),
  x: ({ actions, handle }) => (handle === "" ? undefined : actions.cancel(handle)),
  R: ({ actions, handle }) => (handle === "" ? undefined : actions.retry(handle)),
  r: ({ store }) => store.set({ mode: "profile", typed: "" }),
};

function chosen(store: ScreenStore): string {
  const { view, selected } = store.get();
  return view.rows[selected]?.handle ?? "";
}
