/** The state of the screen beside the run itself: what is chosen, filtered, opened, and the log. */
import { settledLine, type DisplayOrder } from "../taskRun/plainLines.ts";
import { clock } from "../output/time.ts";
import { screenView, type ScreenView } from "./view.ts";

/** Lines of the log that are kept. */
const MAX_LOG = 200;

export type Panel = "tasks" | "agents" | "log";
export type Mode = "list" | "details" | "help" | "filter" | "confirmQuit" | "profile";

export interface ScreenState {
  view: ScreenView;
  selected: number;
  panel: Panel;
  mode: Mode;
  filter: string;
  /** What is being typed: a filter or a profile. */
  typed: string;
  details: string[];
  log: readonly string[];
}

export interface ScreenStore {
  get: () => ScreenState;
  set(change: Partial<ScreenState>): void;
  refresh: () => void;
  subscribe: (listener: () => void) => () => void;
  /** A task has ended. */
  say(id: string): void;
  note(text: string): void;
}

export function screenStore(order: DisplayOrder): ScreenStore {
  const listeners = new Set<() => void>();
  const look = (filter: string) => screenView(order.model, { ...order, now: Date.now(), filter });
  let state: ScreenState = {
    view: look(""),
    selected: 0,
    panel: "tasks",
    mode: "list",
    filter: "",
    typed: "",
    details: [],
    log: [],
  };
  const tell = () => listeners.forEach((listener) => listener());
  const store: ScreenStore = {
    get: () => state,
    set(change) {
      const next = { ...state, ...change };
      if (change.filter !== undefined) next.view = look(next.filter);
      next.selected = Math.max(0, Math.min(next.selected, next.view.rows.length - 1));
      state = next;
      tell();
    },
    refresh: () => store.set({ view: look(state.filter) }),
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    // Drawn with the next refresh: a run of scripts ends dozens of tasks a second.
    say(id) {
      state = { ...state, log: withLine(state.log, settledLine(order.model, id)) };
    },
    note: (text) => store.set({ log: withLine(state.log, text) }),
  };
  return store;
}

function withLine(log: readonly string[], text: string): string[] {
  return [...log.slice(1 - MAX_LOG), `${clock(Date.now())} ${text}`];
}
