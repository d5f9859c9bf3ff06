import { Argument, type Command } from "@commander-js/extra-typings";
import type { CommandTable } from "../commandEntry.ts";
import { completionScript, SHELLS } from "../completion/scripts.ts";
import { commandWords } from "../completion/words.ts";
import { printText } from "../output/printText.ts";

export function register(program: Command, all: CommandTable): void {
  program
    .command("completion")
    .description('Print the completion script of a shell, for example: eval "$(drover completion bash)"')
    .addArgument(new Argument("<shell>", "the shell").choices(SHELLS))
    .action(async (shell) => {
      printText(completionScript(shell, await commandWords(all)));
    });
}
