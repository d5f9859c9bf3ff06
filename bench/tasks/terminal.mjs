// A command in a terminal of its own, by tmux: what a person would see of it.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { LAUNCHER } from "./place.mjs";

/** Runs a command in a terminal of 200×60. Needs tmux. */
export async function openTerminal({ folder, env }, args) {
  const socket = join(folder, "tmux");
  const tmux = (...words) => execFileSync("tmux", ["-S", socket, ...words], { encoding: "utf8", env });
  const command = [process.execPath, LAUNCHER, ...args].map((word) => `'${word}'`).join(" ");
  tmux("-f", "/dev/null", "new-session", "-d", "-x", "200", "-y", "60", "-c", folder, `exec ${command}`);
  const pid = Number(tmux("list-panes", "-F", "#{pane_pid}").trim());
  return {
    pid: () => pid,
    screen() {
      try {
        return tmux("capture-pane", "-p");
      } catch {
        throw new Error("the command in the terminal has ended: its run folder says why");
      }
    },
    press: (key) => tmux("send-keys", key),
    close() {
      try {
        tmux("kill-server");
      } catch {
        // It ends with its last command.
      }
    },
  };
}
