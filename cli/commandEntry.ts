import type { Command } from "@commander-js/extra-typings";

/** What a command file exports. Only `completion` looks at the other commands. */
export interface CommandModule {
  register(program: Command, all: CommandTable): void;
}

export interface CommandEntry {
  /** One line for the overview; the command's own help says more. */
  summary: string;
  load: () => Promise<CommandModule>;
  /** Names that older systems used for it. */
  aliases?: readonly string[];
  /** False for commands that never talk to a backend: they take no --url, --namespace and --token. */
  backend?: boolean;
}

export type CommandTable = Readonly<Record<string, CommandEntry>>;
