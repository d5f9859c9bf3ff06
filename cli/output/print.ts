/** The only place that writes to stdout and stderr: data on stdout, talk on stderr. */
import { talkColor } from "./color.ts";
import { talkColumns, wrap } from "./table.ts";

export interface PrintOptions {
  /** True when `--json` was given. */
  json?: boolean | undefined;
}

/**
 * Prints the one document of a command: JSON when asked for or when stdout is no terminal, else for people.
 * @param human what a person sees instead; called only when it is shown
 */
export function printData<T>(value: T, human: (value: T) => string, options: PrintOptions = {}): void {
  process.stdout.write(`${wantsJson(options) ? JSON.stringify(value, null, 2) : human(value)}\n`);
}

/** One line of a stream (`logs -f`, `watch`): JSON lines when no person reads it. */
export function printLine<T>(value: T, human: (value: T) => string, options: PrintOptions): void {
  process.stdout.write(`${wantsJson(options) ? JSON.stringify(value) : human(value)}\n`);
}

export function wantsJson({ json }: PrintOptions): boolean {
  return json === true || !process.stdout.isTTY;
}

/** Says something to the person: progress, hints, what to do next. Never data. A terminal gets it wrapped at words. */
export function say(text: string): void {
  process.stderr.write(`${process.stderr.isTTY ? wrap(text, "", talkColumns()) : text}\n`);
}

/** Says what went wrong. */
export function sayError(message: string): void {
  say(`${talkColor.red("drover:")} ${message}`);
}

let whenClosed: (() => void) | null = null;

/** A reader that has seen enough (`drover jobs | head -1`) is no failure: end quietly. */
export function endQuietlyOnClosedPipe(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      if (whenClosed === null) process.exit(process.exitCode ?? 0);
      whenClosed();
    });
  }
}

/** What a closed pipe means from now on, for work that must not break off; null: the end, as always. */
export function onClosedPipe(action: (() => void) | null): void {
  whenClosed = action;
}

/** Resolves when everything that was written has left the process: pipes may be slower than its end. */
export async function flushOutput(): Promise<void> {
  const flushed = (stream: NodeJS.WriteStream) => new Promise((resolve) => stream.write("", resolve));
  await Promise.all([process.stdout, process.stderr].map(flushed));
}
