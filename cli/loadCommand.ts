import { Command } from "@commander-js/extra-typings";
import type { CommandEntry, CommandTable } from "./commandEntry.ts";
import { addCommonOptions } from "./commonOptions.ts";
import { speakDebug } from "./output/debug.ts";
import { say } from "./output/print.ts";
import { printText } from "./output/printText.ts";

/** A program that knows one command; what commander says goes through our own output. */
export async function loadCommand(entry: CommandEntry, all: CommandTable): Promise<Command> {
  const program = new Command("drover").exitOverride().configureOutput({
    writeErr: (text) => say(text.trimEnd().replace(/^error: /, "drover: ")),
    writeOut: printText,
  });
  program.helpCommand(false).showHelpAfterError("(add --help for usage)");
  (await entry.load()).register(program, all);
  addCommonOptions(program, entry.backend !== false);
  program.hook("preAction", (_program, command) => {
    if ((command.opts() as { verbose?: boolean }).verbose === true) speakDebug();
  });
  return program;
}
