/** What the tests of the official CLI share: a host that waits for a deploy, a project, and the CLI as a process. */
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { type HostOptions, type RunningHost, startHost } from "../../host/host.ts";

const ROOT = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const CLI = join(ROOT, "node_modules", "convex", "bin", "main.js");
const APP = join(ROOT, "host", "fixtures", "app", "convex");
export const ADMIN_KEY = "embedded|0123456789abcdef";

export type CliProcess = ReturnType<typeof runCli>;

export interface CliProject {
  readonly folder: string;
  /** Runs `convex …` in the project against a host and gives what it printed; rejects when it fails. */
  convex(host: { url: string; key?: string }, ...args: string[]): CliProcess;
  /** Writes a module of the project. */
  write(file: string, text: string): void;
  erase(file: string): void;
  remove(): void;
}

export async function emptyHost(options: Partial<HostOptions> = {}): Promise<RunningHost> {
  return await startHost({ data: ":memory:", port: 0, sitePort: 0, adminKey: ADMIN_KEY, ...options });
}

/** A folder with package.json and the fixture app, as a user of Convex has it. */
export function cliProject(): CliProject {
  const folder = mkdtempSync(join(tmpdir(), "drover-convex-cli-"));
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  cpSync(APP, join(folder, "convex"), { recursive: true });
  const manifest = { name: "app", type: "module", dependencies: { convex: "*" } };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  return {
    folder,
    convex: ({ url, key = ADMIN_KEY }, ...args) =>
      runCli(folder, { CONVEX_SELF_HOSTED_URL: url, CONVEX_SELF_HOSTED_ADMIN_KEY: key }, args),
    write: (file, text) => writeFileSync(join(folder, "convex", file), text),
    erase: (file) => rmSync(join(folder, "convex", file)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function runCli(folder: string, env: Record<string, string>, args: string[]) {
  return execa(process.execPath, [CLI, ...args], {
    cwd: folder,
    all: true,
    // Nothing of the developer's own Convex account may leak in.
    extendEnv: false,
    env: { PATH: process.env["PATH"], HOME: folder, ...env },
    stdin: "ignore",
    timeout: 60_000,
  });
}

/** Waits until what a running command has printed so far fits. */
export async function untilPrinted(command: CliProcess, fits: (text: string) => boolean): Promise<void> {
  await new Promise<void>((resolve) => {
    let text = "";
    const read = (chunk: unknown) => {
      text += String(chunk);
      if (fits(text)) resolve();
    };
    command.stdout.on("data", read);
    command.stderr.on("data", read);
  });
}

/** Ends a command that would run for ever. */
export async function endOf(command: CliProcess): Promise<{ all: string }> {
  command.kill("SIGKILL");
  return await command.catch((error: unknown) => error as { all: string });
}
