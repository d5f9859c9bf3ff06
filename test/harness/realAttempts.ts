/** A place, a provider and the events of one attempt with a real CLI; for test files that drive several. */
import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import { runAttempt } from "../../runner/attempt/runAttempt.ts";
import type { AttemptInput, AttemptReport } from "../../runner/attempt/types.ts";
import type { AgentEvent, Profile } from "../../runner/harness/port.ts";
import { ATTEMPT_MARKER } from "../../runner/process/tree.ts";
import { startProvider, type Provider } from "../provider/provider.ts";
import type { Script } from "../provider/types.ts";
import { pidsWithVariable } from "../support/processes.ts";
import { realProfile, type RealKind } from "./realClis.ts";

export interface RealAttempts {
  /** Folder of the present test; gone after it. */
  root: () => string;
  /** The repo in it, empty. */
  cwd: () => string;
  events: () => AgentEvent[];
  provider: () => Provider;
  profile: (kind: RealKind, scenario: string, params?: Record<string, string | number>) => Promise<Profile>;
  run: (profile: Profile, over?: Partial<AttemptInput>) => Promise<AttemptReport>;
  /** Processes that bear the attempt's mark. */
  marked: () => Promise<number[]>;
}

/** A command of an agent that says when it runs, and runs until it is stopped; for the scenario `long-shell`. */
export const ENDLESS = "echo begun > begun.txt; tail -f /dev/null";

/** Waits until the agent runs `ENDLESS`. */
export async function untilBegun({ cwd }: RealAttempts): Promise<void> {
  while (!existsSync(join(cwd(), "begun.txt"))) await sleep(50);
}

/** Cancels an attempt while its agent runs `ENDLESS`, and looks for what is left. */
export async function cancelInTool(
  real: RealAttempts,
  start: (signal: AbortSignal) => Promise<AttemptReport>,
): Promise<void> {
  const control = new AbortController();
  const running = start(control.signal);
  await untilBegun(real);
  expect((await real.marked()).length).toBeGreaterThan(1);
  control.abort("canceled");
  expect(await running).toMatchObject({ endedBy: "canceled", verdict: { kind: "cancelled", ok: false } });
  expect(await real.marked()).toEqual([]);
}

/** Hooks for the file that calls it: one provider for all tests, a fresh place for each, and no process left by any. */
export function useRealAttempts(scripted?: Script): RealAttempts {
  let provider: Provider;
  let root: string;
  let id: string;
  let events: AgentEvent[];
  const cwd = () => join(root, "repo");
  const marked = () => pidsWithVariable(ATTEMPT_MARKER, id);

  beforeAll(async () => {
    provider = await startProvider(scripted === undefined ? {} : { scripted });
  });
  afterAll(() => provider.close());
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), "drover-real-"));
    await Promise.all([mkdir(cwd()), mkdir(join(root, "home"))]);
    id = randomUUID();
    events = [];
    provider.requests.length = 0;
  });
  afterEach(async () => {
    expect(await marked()).toEqual([]);
    await rm(root, { recursive: true, maxRetries: 3 });
  });

  return {
    root: () => root,
    cwd,
    marked,
    events: () => events,
    provider: () => provider,
    profile: (kind, scenario, params) =>
      realProfile(kind, { baseUrl: provider.url(scenario, params), home: join(root, "home") }),
    run(profile, over = {}) {
      const input: AttemptInput = {
        ...{ id, profile, env: {}, prompt: "Do it now.", cwd: cwd(), dir: join(root, randomUUID()) },
        limits: { timeoutMs: 170_000, idleTimeoutMs: null, outputBytes: 50_000_000 },
        signal: new AbortController().signal,
        onEvent: (event) => events.push(event),
        ...over,
      };
      return runAttempt(input, { inheritedEnv: { PATH: process.env.PATH } });
    },
  };
}
