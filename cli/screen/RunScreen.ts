import { Box, Text, useInput, useStdout } from "ink";
import { createElement as h, useSyncExternalStore, type ReactElement } from "react";
import type { ScreenActions } from "./actions.ts";
import { pressKey } from "./keys.ts";
import { screenLines, type Line } from "./lines.ts";
import type { ScreenStore } from "./store.ts";
import { typedKeys } from "./typedKeys.ts";

/** The whole screen: lines that are laid out already, so that drawing costs next to nothing. */
export function RunScreen({ store, actions }: { store: ScreenStore; actions: ScreenActions }): ReactElement {
  const state = useSyncExternalStore(store.subscribe, store.get);
  const { stdout } = useStdout();
  // Keys that come faster than they are read arrive as one text.
  useInput((input, key) => {
    const typed = input.length > 1 ? typedKeys(input) : [{ ...key, input }];
    for (const one of typed) pressKey(one, store, actions);
  });
  const size = { columns: stdout.columns || 80, rows: stdout.rows || 24 };
  return h(Box, { flexDirection: "column" }, ...screenLines(state, size).map(drawLine));
}

function drawLine({ text, color, inverse, dim }: Line, i: number): ReactElement {
  const plain = process.env.NO_COLOR !== undefined && process.env.NO_COLOR !== "";
  const look = {
    wrap: "truncate" as const,
    ...(inverse === true ? { inverse } : {}),
    ...(plain || color === undefined ? {} : { color }),
    ...(dim === true && !plain ? { dimColor: true } : {}),
  };
  return h(Text, { key: i, ...look }, text === "" ? " " : text);
}
