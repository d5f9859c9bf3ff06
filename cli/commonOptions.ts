import { type Command, type CommandUnknownOpts, Option } from "@commander-js/extra-typings";
import type { CommonFlags } from "./config/settings.ts";

const HEADING = "Common options:";
const JSON_OPTION: OptionSpec = ["--json", "print JSON (also when stdout is no terminal)"];
const VERBOSE_OPTION: OptionSpec = ["-v, --verbose", "say also what is called, and how long it takes"];
const BACKEND_OPTIONS: readonly OptionSpec[] = [
  ["--namespace <name>", "the queue to use (DROVER_NAMESPACE, or the configuration)"],
  ["--url <url>", "the backend to use (DROVER_URL, or convexUrl of the configuration)"],
  ["--token <token>", "access token (better given as DROVER_TOKEN: others can see command lines)"],
  ["--config <file>", "configuration file (DROVER_CONFIG, else .drover/config.json here or above)"],
];
type OptionSpec = readonly [flags: string, description: string];

/** Gives every command of a program the common options that it does not declare itself. */
export function addCommonOptions(program: Command, backend: boolean): void {
  const specs = [JSON_OPTION, VERBOSE_OPTION, ...(backend ? BACKEND_OPTIONS : [])];
  for (const command of leaves(program)) {
    for (const [flags, description] of specs) {
      const option = new Option(flags, description).helpGroup(HEADING);
      if (!command.options.some((present) => present.long === option.long)) command.addOption(option);
    }
  }
}

/** The common flags of a command that is being run. */
export function commonFlags(command: { opts(): unknown }): CommonFlags {
  return command.opts() as CommonFlags;
}

/** Separates common options that stand before the command's name from the rest. */
export function splitLeadingOptions(argv: readonly string[]): { leading: string[]; rest: string[] } {
  const specs = [JSON_OPTION, VERBOSE_OPTION, ...BACKEND_OPTIONS].map(([flags]) => new Option(flags));
  let at = 0;
  for (; at < argv.length; at++) {
    const [word = ""] = (argv[at] ?? "").split("=");
    const option = specs.find(({ long, short }) => long === word || short === word);
    if (option === undefined) break;
    if (option.required && !(argv[at] ?? "").includes("=")) at++;
  }
  return { leading: argv.slice(0, at), rest: argv.slice(at) };
}

function leaves(command: CommandUnknownOpts): CommandUnknownOpts[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}
