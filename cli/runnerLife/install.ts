import { mkdirSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { Option, type Command } from "@commander-js/extra-typings";
import { commonFlags } from "../commonOptions.ts";
import { loadSettings, requireNamespace } from "../config/settings.ts";
import { droverHome, HOME_MODE } from "../keys/home.ts";
import { printData, say } from "../output/print.ts";
import { cliCommand } from "../run/cliCommand.ts";
import { runnerName } from "../run/runnerOptions.ts";
import { unitFlags, unitSecrets } from "./unitEnvironment.ts";
import { launchdPlist, systemdUnit, type UnitFacts } from "./units.ts";

const KINDS = ["systemd", "launchd"] as const;
type Kind = (typeof KINDS)[number];

/** `runner install`. */
export function registerInstall(runner: Command): void {
  runner
    .command("install")
    .description("Write a unit that keeps a runner of this repo alive (systemd user unit, or launchd agent).")
    .option("--name <name>", "its name (default: the machine's)")
    .addOption(new Option("--kind <kind>", "which system (default: this machine's)").choices(KINDS))
    .option("--print", "print the unit instead of writing it")
    .action(({ name: given, kind, print }, command) => {
      const flags = commonFlags(command);
      const name = runnerName(given);
      const settings = loadSettings(flags);
      requireNamespace(settings);
      const chosen: Kind = kind ?? (process.platform === "darwin" ? "launchd" : "systemd");
      const environmentFile = join(droverHome(), "runners", name, "environment");
      const facts: UnitFacts = {
        name,
        command: [...cliCommand(), "runner", "run", "--name", name, ...unitFlags(flags)],
        ...{ folder: settings.root, home: droverHome(), path: process.env.PATH ?? "", environmentFile },
      };
      const text = chosen === "systemd" ? systemdUnit(facts) : launchdPlist(facts);
      const file = print === true ? null : write(chosen, name, text);
      if (file !== null) mkdirSync(dirname(environmentFile), { recursive: true, mode: HOME_MODE });
      const needs = unitSecrets(settings);
      printData(
        { kind: chosen, file, text, environmentFile, needs },
        (unit) => unit.file ?? unit.text,
        flags,
      );
      if (needs.length > 0)
        say(
          `a unit has nothing of this terminal: write ${needs.join(", ")} as lines NAME='value' to ${environmentFile} (mode 600)`,
        );
      if (file !== null) say(`start it with: ${nextStep(chosen, name, file)}`);
    });
}

function write(kind: Kind, name: string, text: string): string {
  const file =
    kind === "systemd"
      ? join(homedir(), ".config", "systemd", "user", `drover-runner-${name}.service`)
      : join(homedir(), "Library", "LaunchAgents", `dev.drover.runner.${name}.plist`);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

function nextStep(kind: Kind, name: string, file: string): string {
  if (kind === "launchd") return `launchctl bootstrap gui/$(id -u) ${file}`;
  return `systemctl --user daemon-reload && systemctl --user enable --now drover-runner-${name} (and loginctl enable-linger, to have it without a login)`;
}
