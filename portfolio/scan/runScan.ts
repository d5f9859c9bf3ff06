import { atomicWrite } from "../files/atomicWrite.ts";
import { clean } from "../../domain/clean.ts";
import { expandPath } from "../files/paths.ts";
import { DEFAULT_RUNNER, readSettings } from "../settings/settings.ts";
import { formatScanJson } from "./formats/json.ts";
import { formatScanSarif } from "./formats/sarif.ts";
import { formatScanTasks } from "./formats/tasks.ts";
import { formatScanText } from "./formats/text.ts";
import type { ScanResult } from "./model.ts";
import { parseCategories, parseSeverity, scanPortfolio } from "./scan.ts";

export const SCAN_FORMATS = ["text", "json", "tasks", "sarif"] as const;
export type ScanFormat = (typeof SCAN_FORMATS)[number];

/** The flags of `drover scan` as typed. */
export type ScanFlags = {
  reposDir?: string | undefined;
  format: ScanFormat;
  filterRepo?: string | undefined;
  severity?: string | undefined;
  check: string[];
  owner?: string | undefined;
  runner?: string | undefined;
  config: string;
  output?: string | undefined;
  color: boolean;
};

/** Carries out one `drover scan`: `text` is the answer when no `--output` was given, `talk` are lines for stderr. */
export async function runScan(flags: ScanFlags): Promise<{ text?: string; talk: string[] }> {
  const settings = readSettings(expandPath(flags.config));
  const today = new Date().toISOString().slice(0, 10);
  const result = await scanPortfolio({
    reposDir: expandPath(flags.reposDir ?? settings.reposDir ?? "."),
    ...(flags.filterRepo === undefined ? {} : { only: flags.filterRepo }),
    ...(flags.severity === undefined ? {} : { severity: parseSeverity(flags.severity) }),
    exclude: settings.excludeRepos,
    categories: parseCategories(flags.check),
    today,
  });
  const talk: string[] = [];
  const text = render(result, { flags, settings, today, talk });
  if (flags.output === undefined) return { text, talk };
  atomicWrite(expandPath(flags.output), text);
  return { talk: [...talk, `wrote ${flags.output}`] };
}

type Rendering = {
  flags: ScanFlags;
  settings: ReturnType<typeof readSettings>;
  today: string;
  talk: string[];
};

function render(result: ScanResult, { flags, settings, today, talk }: Rendering): string {
  switch (flags.format) {
    case "text":
      return formatScanText(result, { color: flags.color && flags.output === undefined });
    case "json":
      return toText(formatScanJson(result));
    case "sarif":
      return toText(formatScanSarif(result));
    case "tasks": {
      const file = formatScanTasks(result, {
        ...(flags.owner === undefined ? {} : { owner: flags.owner }),
        runner: flags.runner ?? settings.defaultRunner ?? DEFAULT_RUNNER,
        profiles: settings.runners,
        defaultFallbacks: settings.defaultFallbacks,
        today,
      });
      if (file.tasks === 0) talk.push("no critical or warning findings: the task file has no tasks");
      if (file.guessedOwners.length > 0)
        talk.push(
          `no origin remote in ${file.guessedOwners.map(clean).join(", ")}: took the owner of the other repos`,
        );
      return toText(file.value);
    }
    default:
      return flags.format satisfies never;
  }
}

function toText(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
