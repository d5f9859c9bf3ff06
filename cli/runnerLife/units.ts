/** Units by which the system keeps a runner alive. Pure: facts in, text out. */
export interface UnitFacts {
  name: string;
  /** Program and arguments. */
  command: readonly string[];
  /** Where the configuration is found. */
  folder: string;
  home: string;
  path: string;
  /** Lines NAME='value' with what must not stand in a unit, which the system shows; it need not exist. */
  environmentFile: string;
}

/**
 * A systemd unit. Only the runner itself gets the signal of a stop: it drains, and what a crash leaves is adopted by
 * the next start or ended by the runner's guard. A runner that was drained (0) or told to stop at once (130) stays
 * away: started again it would take the very work that it was to leave.
 */
export function systemdUnit({ name, command, folder, home, path, environmentFile }: UnitFacts): string {
  return [
    "[Unit]",
    `Description=Drover runner ${name}`,
    "After=network-online.target",
    "",
    "[Service]",
    `ExecStart=${command.map((word) => quoted(word.replaceAll("$", "$$$$"))).join(" ")}`,
    "ExecReload=/bin/kill -HUP $MAINPID",
    `WorkingDirectory=${folder.replaceAll("%", "%%")}`,
    `Environment=${quoted(`DROVER_HOME=${home}`)} ${quoted(`PATH=${path}`)}`,
    `EnvironmentFile=-${environmentFile.replaceAll("%", "%%")}`,
    "Restart=on-failure",
    "SuccessExitStatus=130",
    "RestartSec=5",
    "KillMode=process",
    "TimeoutStopSec=90",
    "",
    "[Install]",
    "WantedBy=default.target",
    "",
  ].join("\n");
}

/** Reads the file of variables, which launchd cannot, and becomes the program, so that signals reach it. */
const WITH_VARIABLES = 'if [ -r "$0" ]; then set -a; . "$0"; set +a; fi; exec "$@"';

/** A launchd property list. It starts the runner again unless it was drained, as the other unit does. */
export function launchdPlist({ name, command, folder, home, path, environmentFile }: UnitFacts): string {
  const text = (value: string) => `<string>${xml(value)}</string>`;
  const started = ["/bin/sh", "-c", WITH_VARIABLES, environmentFile, ...command];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0"><dict>',
    `<key>Label</key>${text(`dev.drover.runner.${name}`)}`,
    `<key>ProgramArguments</key><array>${started.map(text).join("")}</array>`,
    `<key>WorkingDirectory</key>${text(folder)}`,
    `<key>EnvironmentVariables</key><dict><key>DROVER_HOME</key>${text(home)}<key>PATH</key>${text(path)}</dict>`,
    "<key>RunAtLoad</key><true/>",
    "<key>KeepAlive</key><dict><key>SuccessfulExit</key><false/></dict>",
    "<key>AbandonProcessGroup</key><true/><key>ExitTimeOut</key><integer>90</integer>",
    "</dict></plist>",
    "",
  ].join("\n");
}

/** systemd expands %, and takes quotes and backslashes apart. A $ it expands in commands alone. */
function quoted(word: string): string {
  const plain = word.replaceAll("%", "%%");
  return `"${plain.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}

function xml(value: string): string {
  return value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
