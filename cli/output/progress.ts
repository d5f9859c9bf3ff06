/** A counting line on stderr while many repos are worked on; silent when stderr is no terminal. `end` wipes it. */
export function progressLine(verb: string): {
  tick: (name: string, done: number, total: number) => void;
  end: () => void;
} {
  const isShown = process.stderr.isTTY;
  return {
    tick: (name, done, total) => {
      // A repo's name may hold a terminal sequence.
      const plain = name.replace(/[\u0000-\u001f\u007f-\u009f]/g, "?").slice(0, 40);
      if (isShown) process.stderr.write(`\r\u001b[K${verb} ${done}/${total} ${plain}`);
    },
    end: () => {
      if (isShown) process.stderr.write("\r\u001b[K");
    },
  };
}
