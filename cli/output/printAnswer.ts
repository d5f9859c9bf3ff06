import { CliError } from "./errors.ts";
import { printData } from "./print.ts";
import { printText } from "./printText.ts";

export type FormatFlags = { json?: true | undefined; format?: string | undefined };

/** `printData`, except that a format which the user named wins over what stdout is. An unknown name is a usage error. */
export function printAnswer<T>(value: T, human: (value: T) => string, flags: FormatFlags): void {
  const { format } = flags;
  if (format !== undefined && format !== "text" && format !== "json") {
    throw new CliError(`unknown format ${JSON.stringify(format)}: expected text or json`, 2);
  }
  if (format === "text" && !flags.json) printText(human(value));
  else printData(value, human, { json: flags.json === true || format === "json" });
}
