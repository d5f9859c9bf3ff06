/** A command in a real terminal of a size, by tmux: keys go in, and what a person would see comes out. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import { LAUNCHER } from "./drover.ts";

/** How long something may take to be seen, ms: the machine may be busy. */
const SEEN_WITHIN_MS = 60_000;

export function hasTmux(): boolean {
  try {
    execFileSync("tmux", ["-V"]);
    return true;
  } catch {
    return false;
  }
}

export interface Terminal {
  /** The lines on the screen; with `colors` the escape sequences too. */
  screen: (colors?: boolean) => string;
  /** Presses keys by tmux' names: `j`, `Enter`, `Escape`, `C-c`. */
  press: (...keys: string[]) => void;
  resize: (columns: number, rows: number) => void;
  /** Waits until the screen shows a text (true) or no longer does (false). */
  shows: (text: string | RegExp, wanted?: boolean) => Promise<void>;
  /** Waits until the command has ended. */
  ended: () => Promise<void>;
  close: () => void;
}

interface Wish {
  cwd: string;
  env: Record<string, string>;
  columns: number;
  rows: number;
}

/** Starts a command of Drover in a terminal; its last screen stays until it is closed. */
export function openTerminal(args: string[], { cwd, env, columns, rows }: Wish): Terminal {
  // Sockets have short names only.
  const folder = mkdtempSync(join(tmpdir(), "dt-"));
  const tmux = (...words: string[]) =>
    execFileSync("tmux", ["-S", join(folder, "s"), ...words], {
      encoding: "utf8",
      env: { PATH: process.env.PATH, HOME: folder, LANG: "C.UTF-8", TERM: "xterm-256color", ...env },
    });
  const command = [process.execPath, LAUNCHER, ...args].map((word) => `'${word}'`).join(" ");
  const size = ["-x", String(columns), "-y", String(rows)];
  tmux(
    "-u",
    "-f",
    "/dev/null",
    "new-session",
    "-d",
    ...size,
    "-c",
    cwd,
    `${command}; echo "[ended $?]"; cat`,
  );
  tmux("set-option", "-g", "escape-time", "0");
  const screen = (colors = false) => tmux("capture-pane", "-p", ...(colors ? ["-e"] : []));
  const shows: Terminal["shows"] = (text, wanted = true) => {
    const looked = expect.poll(() => screen(), { timeout: SEEN_WITHIN_MS, interval: 100 });
    return wanted ? looked.toMatch(text) : looked.not.toMatch(text);
  };
  return {
    screen,
    shows,
    press: (...keys) => keys.forEach((key) => tmux("send-keys", key)),
    resize: (width, height) => {
      tmux("resize-window", "-x", String(width), "-y", String(height));
    },
    ended: () => shows("[ended "),
    close() {
      try {
        tmux("kill-server");
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
}
