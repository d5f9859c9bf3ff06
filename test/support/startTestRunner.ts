/** A runner with short settings for tests, in a temporary home. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startRunner, type RunnerHandle } from "../../runner/daemon.ts";
import type { LogEntry, RunnerOptions } from "../../runner/options.ts";
import type { MemoryBackend } from "./memoryBackend.ts";

export interface TestPlace {
  home: string;
  /** Where jobs without a repository run. */
  checkout: string;
  remove(): Promise<void>;
}

export async function testPlace(): Promise<TestPlace> {
  const root = await mkdtemp(join(tmpdir(), "drover-runner-"));
  const checkout = await mkdtemp(join(root, "checkout-"));
  return { home: root, checkout, remove: () => rm(root, { recursive: true, force: true }) };
}

export interface TestRunner extends RunnerHandle {
  log: LogEntry[];
}

/** Starts a runner over a backend in memory. */
export async function startTestRunner(
  backend: MemoryBackend,
  place: TestPlace,
  change: Partial<RunnerOptions> = {},
): Promise<TestRunner> {
  const log: LogEntry[] = [];
  const handle = await startRunner({
    url: "http://127.0.0.1:1",
    name: "one",
    host: "here",
    version: "0.0.0",
    home: place.home,
    namespaces: { app: { repos: {}, defaultPath: place.checkout } },
    profiles: [],
    slots: 2,
    pools: ["default"],
    token: () => Promise.resolve("runner-token"),
    agentToken: (fence) => Promise.resolve(`agent-token-of-${fence.session}`),
    cli: { command: ["true"] },
    log: (entry) => void log.push(entry),
    connect: () => backend.connect(),
    ...change,
  });
  return Object.assign(handle, { log });
}
