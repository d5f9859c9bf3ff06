/** Prints a command's answer: JSON with `--json` or when stdout is no terminal, else the text for people. */
export function printData<T>(value: T, human: (value: T) => string, opts: { json?: boolean } = {}): void {
  const asJson = opts.json === true || !process.stdout.isTTY;
  const text = asJson ? JSON.stringify(value, null, 2) : human(value);
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}

/** Talk: progress, hints and warnings go to stderr, so that stdout stays pure data. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
