/** Which display a run gets: the full screen, the small one, or plain lines. */
import { muteDebug } from "../output/debug.ts";
import { usageError } from "../output/errors.ts";
import { watchLastActions } from "./lastActions.ts";
import { type Display, type DisplayOrder, plainLines } from "./plainLines.ts";

const TUI_MODES = ["full", "minimal", "off", "auto"] as const;

/** The mode of `--tui`: auto is the full screen on a terminal outside of CI, else none. @throws CliError (exit 2) */
export function tuiMode(flag: string | undefined, env = process.env): "full" | "minimal" | "off" {
  const mode = TUI_MODES.find((one) => one === (flag ?? "auto"));
  if (mode === undefined)
    throw usageError(`--tui must be one of ${TUI_MODES.join(", ")}, got ${JSON.stringify(flag)}`);
  const terminal = process.stderr.isTTY && process.stdout.isTTY && process.stdin.isTTY;
  if (mode === "auto") return terminal && (env.CI ?? "") === "" ? "full" : "off";
  // A screen needs a terminal, whoever asks for one.
  return terminal ? mode : "off";
}

/** Opens the display of a mode; the full screen's libraries are read only when it is wanted. */
export async function openDisplay(mode: "full" | "minimal" | "off", order: DisplayOrder): Promise<Display> {
  if (mode === "off") return plainLines(order);
  const display =
    mode === "full"
      ? (await fullScreen()).openRunScreen(order)
      : (await import("./minimal.ts")).openMinimal(order);
  const actions = watchLastActions(order);
  const speakAgain = muteDebug();
  return {
    ...display,
    close() {
      actions.close();
      display.close();
      speakAgain();
    },
  };
}

/**
 * React reads NODE_ENV once, when it is loaded, and is slower without "production". The variable does not stay: what
 * agents run (npm install, say) would behave differently under it.
 */
async function fullScreen() {
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    return await import("../screen/openScreen.ts");
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  }
}
