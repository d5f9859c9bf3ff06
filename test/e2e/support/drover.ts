/** The CLI as a process, the way a person or an agent calls it, and a backend of its own in a temporary folder. */
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))));
export const LAUNCHER = join(ROOT, "bin", "drover.mjs");
/** A call that takes longer hangs, ms. */
const CALL_LIMIT_MS = 60_000;

/** Whatever JSON holds; tests say what they expect of it. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Call {
  code: number | null;
  stdout: string;
  stderr: string;
  /** stdout as JSON. */
  json: () => Json;
}

export interface CallOptions {
  cwd?: string;
  env?: Record<string, string | undefined>;
  input?: string | Buffer;
  /** Another program than the checkout's launcher. */
  launcher?: string;
}

/** Runs one command to its end. */
export function drover(args: string[], options: CallOptions = {}): Promise<Call> {
  const child = start(args, options);
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  child.stdin.on("error", () => undefined).end(options.input ?? "");
  const limit = setTimeout(() => child.kill("SIGKILL"), CALL_LIMIT_MS);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(limit);
      resolve({ code, stdout, stderr, json: () => JSON.parse(stdout) });
    });
  });
}

/** Starts a command that goes on until it is told to stop. */
export function start(args: string[], { cwd, env, launcher = LAUNCHER }: CallOptions = {}) {
  return spawn(process.execPath, [launcher, ...args], {
    cwd: cwd ?? tmpdir(),
    env: { PATH: process.env.PATH, HOME: tmpdir(), NO_COLOR: "1", ...env },
    stdio: ["pipe", "pipe", "pipe"],
  });
}

export interface Workplace {
  /** Everything of this test. */
  folder: string;
  home: string;
  /** A repo-like folder with a configuration. */
  repo: string;
  url: string;
  env: Record<string, string>;
  /** Runs a command in the repo. */
  drover: (...args: string[]) => Promise<Call>;
  stopHost: () => Promise<void>;
  close: () => Promise<void>;
}

/** A backend (`drover host`) with its own DROVER_HOME, and a folder that is set up for it. */
export async function openWorkplace(config: object = {}): Promise<Workplace> {
  const folder = mkdtempSync(join(tmpdir(), "drover-e2e-"));
  const home = join(folder, "home");
  const repo = join(folder, "repo");
  const host = start(["host", "--port", "0", "--json"], { env: { DROVER_HOME: home } });
  const url = await firstJson(host).then(({ url }) => String(url));
  const env = { DROVER_HOME: home };
  writeConfig(repo, { convexUrl: url, namespace: "shop", ...config });
  const stopHost = async () => {
    const ended = new Promise((resolve) => host.once("exit", resolve));
    if (host.exitCode !== null || host.signalCode !== null) return;
    host.kill("SIGTERM");
    await ended;
  };
  const close = async () => {
    await stopHost();
    rmSync(folder, { recursive: true, force: true });
  };
  const made = await drover(["init"], { cwd: repo, env });
  if (made.code !== 0) throw new Error(`init failed: ${made.stderr}`);
  return {
    folder,
    home,
    repo,
    url,
    env,
    stopHost,
    close,
    drover: (...args) => drover(args, { cwd: repo, env }),
  };
}

/** Writes `.drover/config.json` of a folder. */
export function writeConfig(folder: string, config: object): void {
  mkdirSync(join(folder, ".drover"), { recursive: true });
  writeFileSync(join(folder, ".drover", "config.json"), JSON.stringify(config));
}

/** The first JSON document that a process prints. */
export function firstJson(child: ReturnType<typeof start>): Promise<Json> {
  return new Promise((resolve, reject) => {
    let out = "";
    let err = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (err += text));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
      try {
        resolve(JSON.parse(out));
      } catch {
        // Not whole yet.
      }
    });
    child.once("exit", (code) => reject(new Error(`ended with ${code} before it printed JSON: ${err}`)));
  });
}
