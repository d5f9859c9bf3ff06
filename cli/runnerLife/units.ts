/** Units by which the system keeps a runner alive. Pure: facts in, text out. */
export interface UnitFacts {
  name: string;
  /** Program and arguments. */
  command: readonly string[];
  /** Where the configuration is found. */
  folder: string;
  home: string;
  path: string;
}

/**
 * A systemd unit. Only the runner itself gets the signal of a stop: it drains, and what a crash leaves is adopted by
 * the next start or ended by the runner's guard.
 */
export function systemdUnit({ name, command, folder, home, path }: UnitFacts): string {
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
    "Restart=always",
    "RestartSec=5",
    "KillMode=process",
    "TimeoutStopSec=90",
    "",
    "[Install]",
    "WantedBy=default.target",
    "",
  ].join("\n");
}

/** A launchd property list. */
export function launchdPlist({ name, command, folder, home, path }: UnitFacts): string {
  const text = (value: string) => `<string>${xml(value)}</string>`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">',
    '<plist version="1.0"><dict>',
    `<key>Label</key>${text(`dev.drover.runner.${name}`)}`,
    `<key>ProgramArguments</key><array>${command.map(text).join("")}</array>`,
    `<key>WorkingDirectory</key>${text(folder)}`,
    `<key>EnvironmentVariables</key><dict><key>DROVER_HOME</key>${text(home)}<key>PATH</key>${text(path)}</dict>`,
    "<key>RunAtLoad</key><true/><key>KeepAlive</key><true/>",
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
