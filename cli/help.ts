import { COMMANDS, COMMANDS_BY_GROUP } from "./commandTable.ts";
import { color } from "./output/color.ts";
import { EXIT_MEANINGS } from "./output/errors.ts";
import { table } from "./output/table.ts";

/** The overview: every command with one line. */
export function overview(): string {
  const groups = Object.entries(COMMANDS_BY_GROUP).map(([group, commands]) => {
    const rows = Object.entries(commands).map(([name, { summary }]) => [`  ${name}`, summary]);
    return `${color.bold(group)}\n${table(aligned(rows))}`;
  });
  return [
    "Drover is a reactive job queue for coding agents.",
    `${color.bold("Usage")}: drover <command> [options]`,
    ...groups,
    [
      "`drover help <command>` says more about one command, `drover help exit-codes` what they return,",
      "`drover help environment` what variables they read. Data goes to stdout, talk to stderr.",
    ].join("\n"),
  ].join("\n\n");
}

const TOPICS: Readonly<Record<string, () => string>> = {
  "exit-codes": () =>
    table(Object.entries(EXIT_MEANINGS).map(([code, meaning]) => [code.padStart(4), meaning])),
  environment: () =>
    table([
      ["DROVER_HOME", "keys, data and runner state of this machine (default ~/.drover)"],
      ["DROVER_CONFIG", "configuration file instead of .drover/config.json here or above"],
      ["DROVER_URL", "the backend's address; beats convexUrl of the file"],
      ["DROVER_NAMESPACE", "the queue to use; beats the file"],
      ["DROVER_TOKEN", "access token where this machine does not hold the key"],
      ["DROVER_CLI", "inside a job: the path of the CLI that is signed in for it"],
      ["DROVER_TIMEOUT_MS", "longest time of a job, in ms; beats timeoutMs of the file"],
      ["DROVER_SLOTS", "jobs that the runner runs at once; beats slots of the file"],
      ["DROVER_ASSIGNMENT", "set inside a job: the assignment that commands mean"],
      ["DROVER_JOB", "set inside a job: the job that commands mean"],
      ["NO_COLOR", "no colours"],
    ]),
};

/** The text of a help topic, or null when there is none of that name. */
export function topicText(name: string): string | null {
  return Object.hasOwn(TOPICS, name) ? (TOPICS[name]?.() ?? null) : null;
}

/** All groups share one column, so that the eye finds the summaries. */
function aligned(rows: string[][]): string[][] {
  const width = Math.max(...Object.keys(COMMANDS).map((name) => name.length)) + 2;
  return rows.map(([name = "", summary = ""]) => [name.padEnd(width), summary]);
}
