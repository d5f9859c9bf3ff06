import { CommanderError, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { meantHint } from "../domain/didYouMean.ts";
import { commandNames, COMMANDS, findCommand } from "./commandTable.ts";
import { splitLeadingOptions } from "./commonOptions.ts";
import { overview, topicText } from "./help.ts";
import { loadCommand } from "./loadCommand.ts";
import { CliError, EXIT, type ExitCode, usageError } from "./output/errors.ts";
import { sayError } from "./output/print.ts";
import { printText } from "./output/printText.ts";

/**
 * Runs one call of the CLI.
 * @param argv the words after the program's name
 * @returns the exit code; every failure has been said on stderr
 */
export async function run(argv: readonly string[]): Promise<ExitCode> {
  try {
    return await dispatch(argv);
  } catch (error) {
    return report(error);
  }
}

async function dispatch(argv: readonly string[]): Promise<ExitCode> {
  const { leading, rest } = splitLeadingOptions(argv);
  const [name, ...words] = rest;
  if (name === undefined || name === "--help" || name === "-h") return show(overview());
  if (name === "--version" || name === "-V") return dispatch(["version", ...words]);
  if (name === "help") return help(words);
  const entry = findCommand(name);
  if (entry === null) throw unknownCommand(name);
  const program = await loadCommand(entry, COMMANDS);
  checkSubcommand(program, rest);
  await program.parseAsync(placed(program, rest, leading), { from: "user" });
  return (process.exitCode as ExitCode | undefined) ?? EXIT.ok;
}

async function help(words: string[]): Promise<ExitCode> {
  const [name, ...deeper] = words;
  if (name === undefined || name.startsWith("-")) return show(overview());
  const topic = topicText(name);
  if (topic !== null) return show(topic);
  const entry = findCommand(name);
  if (entry === null) throw unknownCommand(name);
  return dispatch([name, ...deeper, "--help"]);
}

function show(text: string): ExitCode {
  printText(text);
  return EXIT.ok;
}

function unknownCommand(name: string): CliError {
  const what = name.startsWith("-") ? "option" : "command";
  const known =
    what === "option"
      ? ["--help", "--version", "--json", "--config", "--url", "--namespace"]
      : commandNames();
  return new CliError(
    `unknown ${what} "${name}"${meantHint(name, known)}: \`drover help\` lists the commands`,
    EXIT.usage,
  );
}

/**
 * A word behind a group is the name of a subcommand unless the group's default takes words. Commander would count it as
 * one argument too many of that default, a command that nobody named. @throws CliError (exit 2)
 */
function checkSubcommand(program: CommandUnknownOpts, [name, word]: string[]): void {
  const group = program.commands.find((c) => c.name() === name || c.aliases().includes(name ?? ""));
  if (group === undefined || word === undefined || word.startsWith("-")) return;
  const names = group.commands.flatMap((c) => [c.name(), ...c.aliases()]);
  const { _defaultCommandName } = group as unknown as { _defaultCommandName?: string | null };
  const fallback = group.commands.find((c) => c.name() === _defaultCommandName);
  if (fallback === undefined || fallback.registeredArguments.length > 0) return;
  if ([...names, "help"].includes(word)) return;
  throw usageError(
    `unknown command "${group.name()} ${word}"${meantHint(word, names)}: expected one of ${names.join(", ")}`,
  );
}

/** Puts options that stood before the command behind its words: `drover --json token list` is understood. */
function placed(program: CommandUnknownOpts, words: string[], leading: string[]): string[] {
  let command = program;
  let depth = 0;
  for (const word of words) {
    const next = command.commands.find((c) => c.name() === word || c.aliases().includes(word));
    if (next === undefined) break;
    command = next;
    depth++;
  }
  return [...words.slice(0, depth), ...leading, ...words.slice(depth)];
}

function report(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (error instanceof CliError) {
    if (error.message !== "") sayError(error.message);
    return error.exitCode;
  }
  // A bug: the stack is what a report of it needs.
  sayError(error instanceof Error ? (error.stack ?? error.message) : String(error));
  return EXIT.failed;
}
