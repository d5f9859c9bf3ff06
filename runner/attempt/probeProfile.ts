/** Is a profile's program here, and which version? The model is never asked. */
import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { childEnvironment } from "../harness/environment.ts";
import { harnessFor } from "../harness/index.ts";
import type { Profile } from "../harness/port.ts";
import { lastLine } from "../harness/words.ts";
import { findProgram } from "../process/findProgram.ts";

const exec = promisify(execFile);
/** The slowest CLI needs several seconds for its version on a busy machine. */
const PROBE_TIMEOUT_MS = 60_000;
const versions = new Map<string, string>();

export interface Probe {
  installed: boolean;
  version?: string;
  /** Why it cannot be used, or why its version is unknown. */
  detail?: string;
}

/** Looks the program up and asks it for its version, where that is safe. */
export async function probeProfile(profile: Profile): Promise<Probe> {
  const harness = harnessFor(profile);
  const built = childEnvironment({ harness, profile, inherited: process.env, defaults: {}, ours: {} });
  if (!built.ok) return { installed: false, detail: built.detail };
  const [name, ...before] = profile.command ?? (harness.program === null ? [] : [harness.program]);
  if (!name) return { installed: false, detail: `profile "${profile.name}" names no command` };
  const program = findProgram(name, { cwd: process.cwd(), path: built.env.PATH });
  if (!program)
    return { installed: false, detail: `the program "${name}" is not installed or not executable` };
  if (!harness.versionArgs) return { installed: true };
  return askVersion(profile, { program, args: [...before, ...harness.versionArgs], env: built.env });
}

/** The version that the last probe of this profile's program found. */
export function knownVersion(profile: Profile): string | undefined {
  return versions.get(keyOf(profile));
}

async function askVersion(
  profile: Profile,
  { program, args, env }: { program: string; args: string[]; env: Record<string, string> },
): Promise<Probe> {
  const tmp = await mkdtemp(join(tmpdir(), "drover-probe-"));
  try {
    const { stdout } = await exec(program, args, {
      env: { ...env, TMPDIR: tmp, GEMINI_CLI_NO_RELAUNCH: "true", DISABLE_AUTOUPDATER: "1" },
      timeout: PROBE_TIMEOUT_MS,
      killSignal: "SIGKILL",
    });
    const version = /\d+\.\d+(\.\d+)?[\w.+-]*/.exec(stdout)?.[0];
    if (!version)
      return { installed: true, detail: `it printed no version: ${lastLine(stdout) ?? "nothing"}` };
    versions.set(keyOf(profile), version);
    return { installed: true, version };
  } catch (error) {
    const { stderr, message } = error as { stderr?: string; message: string };
    return {
      installed: false,
      detail: `${program} ${args.join(" ")} failed: ${lastLine(stderr ?? "") ?? message}`,
    };
  } finally {
    await rm(tmp, { recursive: true, force: true, maxRetries: 3 });
  }
}

function keyOf(profile: Profile): string {
  return JSON.stringify([profile.type, profile.command ?? null]);
}
