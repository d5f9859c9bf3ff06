/**
 * The real agent CLIs for opt-in tests: installed from npm at pinned versions into a cache, and set up to speak to the
 * provider double with dummy keys. Nothing of the user's own configuration is read or written.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { OutputKind, Profile } from "../../runner/harness/port.ts";

/** The CLIs that are proven in every case; agents of the `acp` kind are some of them under another command. */
export const REAL_KINDS = ["claude", "codex", "gemini", "opencode"] as const satisfies OutputKind[];
/** Those of which only the ground is proven. */
export const OTHER_KINDS = ["qwen", "cline", "kilocode"] as const satisfies OutputKind[];
export type RealKind = OutputKind;

const PACKAGES: Record<RealKind, readonly [name: string, version: string]> = {
  // Newer ones declare Node 22.
  claude: ["@anthropic-ai/claude-code", "2.1.197"],
  codex: ["@openai/codex", "0.169.0"],
  gemini: ["@google/gemini-cli", "0.61.0"],
  opencode: ["opencode-ai", "1.18.33"],
  qwen: ["@qwen-code/qwen-code", "0.24.4"],
  cline: ["cline", "3.0.65"],
  kilocode: ["@kilocode/cli", "7.7.7"],
};

/** The pinned version of a CLI. */
export const pinnedVersion = (kind: RealKind) => PACKAGES[kind][1];

export interface RealPlace {
  /** The provider's URL for a scenario, without a suffix: `provider.url("text")`. */
  baseUrl: string;
  /** An existing folder that becomes the CLI's HOME. */
  home: string;
}

/**
 * A profile that runs the real CLI against the double. Installs the CLI when the cache (DROVER_HARNESS_CACHE, else
 * the system's temporary folder) does not hold it; that needs the npm registry and up to 400 MB.
 */
export async function realProfile(kind: RealKind, place: RealPlace): Promise<Profile> {
  const command = await installCli(kind);
  const made = await SETUPS[kind](place);
  const env = {
    HOME: place.home,
    XDG_CONFIG_HOME: null,
    XDG_DATA_HOME: null,
    XDG_CACHE_HOME: null,
    XDG_STATE_HOME: null,
  };
  return { name: `real-${kind}`, type: kind, command, ...made, env: { ...env, ...made.env } };
}

/** The command that starts the CLI, after installing it where needed. */
export async function installCli(kind: RealKind): Promise<string[]> {
  const [name, version] = PACKAGES[kind];
  const cache = process.env.DROVER_HARNESS_CACHE ?? join(tmpdir(), "drover-harness");
  const folder = join(cache, `${kind}-${version}`);
  if (!existsSync(folder)) await install(`${name}@${version}`, folder);
  return commandIn(kind, join(folder, "node_modules"));
}

/** Into a folder of its own first, so that an installation that was broken off is not taken for a whole one. */
async function install(what: string, folder: string): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const part = await mkdtemp(`${folder}.part-`);
  try {
    await writeFile(join(part, "package.json"), '{"private":true}\n');
    // Scripts stay off: the programs lie in optional dependencies, nothing of the packages need run here.
    const flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--save-exact"];
    // `npm run` hands this project's own strictness on, and two of them ask for a later Node than they need.
    flags.push("--engine-strict=false");
    await promisify(execFile)("npm", ["install", ...flags, what], { cwd: part });
    await rename(part, folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTEMPTY" && error.code !== "EEXIST") throw error; // another run was quicker
    });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

async function commandIn(kind: RealKind, modules: string): Promise<string[]> {
  const target = `${process.platform}-${process.arch}`;
  switch (kind) {
    case "claude":
      return [join(modules, `@anthropic-ai/claude-code-${target}/claude`)];
    case "codex": {
      const vendor = join(modules, `@openai/codex-${target}/vendor`);
      return [join(vendor, (await readdir(vendor))[0] ?? "", "bin/codex")];
    }
    case "gemini":
      return [process.execPath, join(modules, "@google/gemini-cli/bundle/gemini.js")];
    case "opencode":
      return [join(modules, `opencode-${target}/bin/opencode`)];
    case "qwen":
      return [process.execPath, join(modules, "@qwen-code/qwen-code/cli-entry.js")];
    case "cline":
      return [join(modules, `@cline/cli-${target}/bin/cline`)];
    case "kilocode":
      return [join(modules, `@kilocode/cli-${target}/bin/kilo`)];
  }
  return kind satisfies never;
}

type Setup = Pick<Profile, "model" | "args"> & { env: Record<string, string | null> };

const SETUPS: Record<RealKind, (place: RealPlace) => Setup | Promise<Setup>> = {
  claude: ({ baseUrl, home }) => ({
    model: "claude-opus-4-5",
    env: {
      ANTHROPIC_BASE_URL: baseUrl,
      ANTHROPIC_API_KEY: "sk-ant-api03-dummy",
      CLAUDE_CONFIG_DIR: join(home, ".claude"),
      DISABLE_TELEMETRY: "1",
      DISABLE_ERROR_REPORTING: "1",
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: "1",
    },
  }),
  codex: async ({ baseUrl, home }) => {
    const codexHome = join(home, ".codex");
    await mkdir(codexHome, { recursive: true });
    const provider = `{name="double",base_url="${baseUrl}/v1",wire_api="responses",env_key="DOUBLE_API_KEY"}`;
    return {
      model: "gpt-5-double",
      args: ["-c", 'model_provider="double"', "-c", `model_providers.double=${provider}`],
      env: { CODEX_HOME: codexHome, DOUBLE_API_KEY: "sk-dummy" },
    };
  },
  gemini: async ({ baseUrl, home }) => {
    await mkdir(join(home, ".gemini"), { recursive: true });
    // A base URL of one's own is refused unless the way to log in is chosen.
    const settings = { security: { auth: { selectedType: "gemini-api-key" } } };
    await writeFile(join(home, ".gemini/settings.json"), JSON.stringify(settings));
    return {
      model: "gemini-2.5-pro",
      env: { GEMINI_API_KEY: "dummy", GOOGLE_GEMINI_BASE_URL: baseUrl, GEMINI_TELEMETRY_ENABLED: "false" },
    };
  },
  qwen: ({ baseUrl }) => ({
    model: "double-model",
    args: ["--auth-type", "openai"],
    env: { OPENAI_BASE_URL: `${baseUrl}/v1`, OPENAI_API_KEY: "sk-dummy" },
  }),
  cline: async ({ baseUrl, home }) => {
    const folder = join(home, ".cline/data/settings");
    await mkdir(folder, { recursive: true });
    const provider = "openai-compatible";
    const settings = { provider, apiKey: "sk-dummy", model: "double-model", baseUrl: `${baseUrl}/v1` };
    const now = new Date().toISOString();
    const providers = { [provider]: { settings, updatedAt: now, tokenSource: "manual" } };
    const file = { version: 1, providers, lastUsedProvider: provider };
    await writeFile(join(folder, "providers.json"), JSON.stringify(file));
    return { model: "double-model", env: {} };
  },
  kilocode: async ({ baseUrl, home }) => {
    const file = await openaiCompatible(baseUrl, join(home, "kilo.json"));
    return {
      model: "double/double-model",
      env: {
        KILO_CONFIG: file,
        KILO_DISABLE_MODELS_FETCH: "1",
        KILO_DISABLE_LSP_DOWNLOAD: "1",
        KILO_TELEMETRY_LEVEL: "off",
      },
    };
  },
  opencode: async ({ baseUrl, home }) => {
    const file = await openaiCompatible(baseUrl, join(home, "opencode.json"));
    return {
      model: "double/double-model",
      env: {
        OPENCODE_CONFIG: file,
        OPENCODE_DISABLE_MODELS_FETCH: "1",
        OPENCODE_DISABLE_LSP_DOWNLOAD: "1",
      },
    };
  },
};

/** What a runner puts before the CLI, in `folder`: agents call it like a program. Gives its path. */
export async function wrapper(folder: string): Promise<string> {
  const file = join(folder, "drover");
  const cli = fileURLToPath(new URL("../../bin/drover.mjs", import.meta.url));
  await writeFile(file, `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`, { mode: 0o700 });
  return file;
}

/** The settings of OpenCode and its relatives for a provider of one's own; gives the file. */
async function openaiCompatible(baseUrl: string, file: string): Promise<string> {
  const cost = { input: 1, output: 10, cache_read: 0.1 };
  const models = { "double-model": { name: "Double", limit: { context: 200_000, output: 8_000 }, cost } };
  const options = { baseURL: `${baseUrl}/v1`, apiKey: "dummy" };
  const provider = { double: { npm: "@ai-sdk/openai-compatible", name: "Double", options, models } };
  await writeFile(file, JSON.stringify({ provider }));
  return file;
}
