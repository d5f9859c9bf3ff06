import type { CommandUnknownOpts } from "@commander-js/extra-typings";
import type { CommandTable } from "../commandEntry.ts";
import { loadCommand } from "../loadCommand.ts";

/** What a shell can complete after a command's name. */
export interface CommandWords {
  name: string;
  summary: string;
  words: { word: string; summary: string }[];
}

/** Every command with its options and subcommands, read from commander's own lists. */
export async function commandWords(all: CommandTable): Promise<CommandWords[]> {
  const entries = Object.entries(all);
  const listed = await Promise.all(
    entries.map(async ([name, entry]) => {
      const command = (await loadCommand(entry, all)).commands.find((c) => c.name() === name);
      return { name, summary: entry.summary, words: command === undefined ? [] : wordsOf(command) };
    }),
  );
  const names = listed.map(({ name, summary }) => ({ word: name, summary }));
  return [...listed, { name: "help", summary: "explain a command or a topic", words: names }];
}

function wordsOf(command: CommandUnknownOpts): CommandWords["words"] {
  const deeper = command.commands.flatMap((child) => [
    { word: child.name(), summary: firstSentence(child.description()) },
    ...wordsOf(child),
  ]);
  const options = command.options
    .filter((option) => !option.hidden && option.long !== undefined)
    .map((option) => ({ word: option.long ?? "", summary: firstSentence(option.description) }));
  const choices = command.registeredArguments.flatMap((argument) =>
    (argument.argChoices ?? []).map((word) => ({ word, summary: "" })),
  );
  const all = [...deeper, ...choices, ...options];
  return all.filter(({ word }, i) => all.findIndex((other) => other.word === word) === i);
}

function firstSentence(text: string): string {
  return (text.split("\n")[0] ?? "").replace(/\s*\(.*$/, "").trim();
}
