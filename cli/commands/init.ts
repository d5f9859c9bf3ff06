import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { Command } from "@commander-js/extra-typings";
import { NAME_PATTERN, type Config } from "../../domain/config.ts";
import { JOB_TYPES } from "../../domain/jobTypes.ts";
import { openBackend } from "../backend/client.ts";
import { ensureNamespaces } from "../backend/ensureNamespaces.ts";
import { commonFlags } from "../commonOptions.ts";
import { CONFIG_FOLDER } from "../config/findConfig.ts";
import { type RepoFacts, repoFacts } from "../config/repoSlug.ts";
import { DEFAULT_URL, loadSettings, readConfig } from "../config/settings.ts";
import { probedName, probeProfiles, profilesOf, type ProbedProfile } from "../harnesses/profiles.ts";
import { color } from "../output/color.ts";
import { CliError, EXIT, usageError } from "../output/errors.ts";
import { printData, say } from "../output/print.ts";

/** The order in which an installed agent becomes the default. */
const PREFERENCE = ["claude", "codex", "gemini", "opencode", "qwen", "cline", "kilocode"];
/** Longest time of a job that `init` writes down, ms: half an hour. */
const TIMEOUT_MS = 1_800_000;
/** A backend that is there answers at once; `init` does not wait for one that is not, ms. */
const PROBE_TIMEOUT_MS = 3000;

export function register(program: Command): void {
  program
    .command("init")
    .description("Set this repo up: find its name, the agents installed here, and write .drover/config.json.")
    .option("--force", "replace a configuration that is there")
    .action(async ({ force }, command) => {
      const flags = commonFlags(command);
      const facts = await repoFacts(process.cwd());
      const file = join(facts.root, CONFIG_FOLDER, "config.json");
      const kept = existsSync(file) && force !== true;
      const probed = (await probeProfiles(profilesOf(kept ? readConfig(file) : {}))).filter(
        (p) => p.profile.type !== "script",
      );
      const config = kept
        ? readConfig(file)
        : newConfig(facts, probed, { namespace: flags.namespace, url: flags.url });
      if (!kept) writeConfig(file, config);
      const registered = await tryRegister(file, flags);
      const installed = probed.filter((p) => p.installed).map(probedName);
      const done = {
        file,
        created: !kept,
        namespace: config.namespace,
        repo: config.repo,
        harnesses: installed,
        registered,
      };
      printData(done, () => summary(done), flags);
      sayNext(installed.length > 0, registered);
    });
}

interface Chosen {
  namespace: string | undefined;
  url: string | undefined;
}

function newConfig({ slug }: RepoFacts, probed: ProbedProfile[], { namespace, url }: Chosen): Config {
  const name = namespace ?? basename(slug);
  if (!NAME_PATTERN.test(name)) {
    throw usageError(
      `"${name}" cannot be a namespace (letters, digits, ., _ and -): give one with --namespace NAME`,
    );
  }
  const installed = PREFERENCE.filter((kind) => probed.some((p) => p.profile.name === kind && p.installed));
  const [first = "claude", ...others] = installed;
  const types = Object.entries(JOB_TYPES).filter(([, rule]) => rule.class === "agent");
  return {
    convexUrl: url ?? DEFAULT_URL,
    namespace: name,
    repo: slug,
    repos: { [slug]: "." },
    timeoutMs: TIMEOUT_MS,
    harnessDefaults: Object.fromEntries(
      ["default", ...types.map(([type]) => type)].map((type) => [type, first]),
    ),
    cascade: others,
  };
}

function writeConfig(file: string, config: Config): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${JSON.stringify(config, null, 2)}\n`);
  } catch (error) {
    throw new CliError(`cannot write ${file}: ${(error as Error).message}`, EXIT.failed);
  }
}

/** Makes the namespace known where a backend answers; `up` does it otherwise. */
async function tryRegister(
  file: string,
  flags: { url?: string | undefined; token?: string | undefined },
): Promise<boolean> {
  const settings = loadSettings({ ...flags, config: file });
  try {
    await ensureNamespaces(openBackend(settings, PROBE_TIMEOUT_MS), settings);
    return true;
  } catch (error) {
    if (error instanceof CliError && error.exitCode === EXIT.unreachable) return false;
    throw error;
  }
}

interface Done {
  file: string;
  created: boolean;
  namespace: string | undefined;
  repo: string | undefined;
  harnesses: string[];
  registered: boolean;
}

function summary({ file, created, namespace, repo, harnesses, registered }: Done): string {
  return [
    `${created ? "wrote" : "kept"} ${file}${created ? "" : color.dim(" (--force replaces it)")}`,
    `namespace ${color.bold(namespace ?? "?")}, repo ${repo ?? "?"}`,
    harnesses.length === 0 ? color.yellow("no agent CLI found here") : `agents: ${harnesses.join(", ")}`,
    registered
      ? "the backend knows the namespace"
      : color.dim("no backend answers yet: `drover up` will register the namespace"),
  ].join("\n");
}

function sayNext(hasAgent: boolean, hasBackend: boolean): void {
  if (!hasAgent)
    say(
      "install claude, codex, gemini or opencode, then `drover init --force`; or declare a profile under harnesses",
    );
  say("next:");
  if (!hasBackend) say("  drover up                          start a backend and a runner");
  say('  drover create "what you want"      write down an intent');
  say('  drover insert-job 1 --type plan --context "how would you do it?"');
  if (hasBackend) say("  drover watch                       follow the queue");
}
