/** A screen that is drawn again and again on the terminal's second page, so that the scrollback stays clean. */
export interface Screen {
  draw(text: string): void;
  close(): void;
}

const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const CLEAR_LINE = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";

/** Opens the second page; call only when stdout is a terminal. */
export function openScreen(): Screen {
  process.stdout.write(ENTER);
  let open = true;
  const close = () => {
    if (open) process.stdout.write(LEAVE);
    open = false;
  };
  // Whatever ends the process, the terminal must get its cursor and first page back.
  process.once("exit", close);
  return {
    draw: (text) => {
      const rows = process.stdout.rows > 0 ? process.stdout.rows : 24;
      const lines = text.split("\n").slice(0, rows);
      // Lines are overwritten, not cleared first: clearing the screen on every change flickers.
      process.stdout.write(HOME + lines.map((line) => line + CLEAR_LINE).join("\r\n") + CLEAR_BELOW);
    },
    close: () => {
      process.off("exit", close);
      close();
    },
  };
}
