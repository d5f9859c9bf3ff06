import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { api } from "../../convex/_generated/api.js";
import { openBackend } from "../backend/client.ts";
import { ensureNamespaces } from "../backend/ensureNamespaces.ts";
import { openLive } from "../backend/live.ts";
import type { AssignmentDetail } from "../backend/wire.ts";
import type { Settings } from "../config/settings.ts";
import { followAssignment } from "../follow/followAssignment.ts";
import { type Interrupt, listenForInterrupt } from "../interrupt.ts";
import { talkColor } from "../output/color.ts";
import { EXIT, type ExitCode } from "../output/errors.ts";
import { printData, say, wantsJson } from "../output/print.ts";
import { talkColumns, wrap } from "../output/table.ts";
import { startEmbeddedHost } from "../run/embeddedHost.ts";
import { prepareRunner } from "../run/runnerOptions.ts";
import { startStoppableRunner } from "../run/runningRunner.ts";
import { demoConfig, DEMO_NAMESPACE } from "./demoConfig.ts";
import { DEMO_NORTH_STAR, git, makeDemoRepo, testDemoRepo } from "./demoRepo.ts";
import { type DemoResult, renderResult } from "./result.ts";
import { CONTEXTS } from "./script.ts";

export interface DemoOptions {
  keep: boolean;
  json?: boolean | undefined;
}

/**
 * The whole loop in a temporary folder: repo, backend, runner, assignment. Leaves nothing behind unless told to.
 * @returns 0 only when the assignment is complete and the repo's own test passes
 */
export async function runDemo({ keep, json }: DemoOptions): Promise<ExitCode> {
  const interrupt = listenForInterrupt();
  const folder = await mkdtemp(join(tmpdir(), "drover-demo-"));
  const home = join(folder, "home");
  // Keys, data and runner state of the demo must not touch those of the person who looks at it.
  process.env.DROVER_HOME = home;
  say(talkColor.bold("Drover demo: a scripted stand-in plays the agents (no model, no key, no network)."));
  try {
    const result = await play(folder, interrupt);
    if (result === null) return EXIT.interrupted;
    if (!wantsJson({ json })) say("");
    printData({ ...result, folder: keep ? folder : null }, renderResult, { json });
    return result.assignment.status === "complete" && result.test.passed ? EXIT.ok : EXIT.failed;
  } finally {
    interrupt.release();
    if (keep) say(`kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

async function play(folder: string, { signal }: Interrupt): Promise<DemoResult | null> {
  const repo = join(folder, "text-tools");
  const home = join(folder, "home");
  await makeDemoRepo(repo);
  const host = await startEmbeddedHost(0, home);
  say(talkColor.dim(`repo ${repo}, backend ${host.url}`));
  const settings = demoSettings(host.url, repo);
  try {
    const detail = await withRunner(settings, signal);
    if (detail === null || signal.aborted) return null;
    return { ...detail, test: await testDemoRepo(repo), ...(await repoStory(repo)) };
  } finally {
    await host.stop();
  }
}

function demoSettings(url: string, repo: string): Settings {
  return {
    file: null,
    root: repo,
    config: demoConfig(repo),
    url,
    namespace: DEMO_NAMESPACE,
    token: null,
    assignment: null,
    job: null,
    insideAttempt: false,
  };
}

async function withRunner(settings: Settings, signal: AbortSignal): Promise<AssignmentDetail | null> {
  const backend = openBackend(settings);
  await ensureNamespaces(backend, settings);
  const { options } = prepareRunner(settings, { name: "demo", slots: 1 });
  const runner = await startStoppableRunner({ ...options, log: () => undefined });
  const live = openLive(settings);
  try {
    const namespace = DEMO_NAMESPACE;
    const { number } = await backend.mutation(api.assignments.create, {
      namespace,
      northStar: DEMO_NORTH_STAR,
    });
    const assignment = String(number);
    say(`${talkColor.bold(`Assignment ${assignment}`)}\n${wrap(DEMO_NORTH_STAR, "  ", talkColumns())}`);
    await backend.mutation(api.jobs.insert, {
      namespace,
      assignment,
      jobs: [{ type: "plan", context: CONTEXTS.plan }],
    });
    return (await followAssignment({ live, namespace, assignment, signal, wait: false })).detail;
  } finally {
    await live.close();
    await runner.kill();
    await runner.ended;
  }
}

async function repoStory(repo: string): Promise<Pick<DemoResult, "commits" | "diff">> {
  const commits = await git(repo, "log", "--reverse", "--format=%h %an: %s");
  const first = await git(repo, "rev-list", "--max-parents=0", "HEAD");
  return { commits: commits.split("\n"), diff: await git(repo, "diff", first, "HEAD") };
}
