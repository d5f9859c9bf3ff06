/** Prints a document as it is, whatever stdout is: for formats that the user named (`--format text`, `--format md`). */
export function printText(text: string): void {
  process.stdout.write(text.endsWith("\n") ? text : `${text}\n`);
}
