/** Carries out the faults of a plan, one after the other, and heals everything at the end. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { RUNNERS, type Fault, type Plan, type RunnerName } from "./plan.ts";
import { canFillDisk, end, setDiskFull, type World } from "./world.ts";

/** How long a runner that is to die at a named point is waited for, ms. */
const POINT_WAIT_MS = 5000;
const LOOK_MS = 100;

/** Carries the faults out. Several may hold at once; returns when all are over. */
export async function injectFaults(
  world: World,
  faults: Plan["faults"],
  isOver: () => boolean,
): Promise<number> {
  const under: Promise<void>[] = [];
  for (const { afterMs, fault } of faults) {
    await sleep(afterMs);
    if (isOver()) break;
    under.push(carryOut(world, fault));
  }
  await Promise.all(under);
  return under.length;
}

/** Everything runs and every connection works from now on. */
export async function heal(world: World): Promise<void> {
  for (const proxy of Object.values(world.proxies)) proxy.heal();
  if (!isRunning(world.host())) await world.startHost();
  for (const name of RUNNERS) {
    world.runner(name)?.kill("SIGCONT");
    if (!isRunning(world.runner(name))) world.startRunner(name);
  }
}

async function carryOut(world: World, fault: Fault): Promise<void> {
  switch (fault.kind) {
    case "killRunner":
      return killRunner(world, fault);
    case "restartHost":
      return restartHost(world, fault);
    case "stopRunner":
      return during(fault.ms, (on) => void world.runner(fault.runner)?.kill(on ? "SIGSTOP" : "SIGCONT"));
    case "drop":
      return world.proxies[fault.runner].drop();
    case "goSilent":
      return world.proxies[fault.runner].goSilent();
    case "cutNext":
      return world.proxies[fault.runner].cutNext();
    case "partition":
      return during(fault.ms, (on) => world.proxies[fault.runner][on ? "partition" : "heal"]());
    case "stepClock":
      writeFileSync(join(world.homeOf(fault.runner), "clock"), String(fault.ms));
      return void world.runner(fault.runner)?.kill("SIGUSR2");
    case "fullDisk": {
      const pid = world.runner(fault.runner)?.pid;
      return !canFillDisk || pid === undefined ? undefined : during(fault.ms, (on) => setDiskFull(pid, on));
    }
    default:
      return fault satisfies never;
  }
}

async function during(ms: number, set: (on: boolean) => void): Promise<void> {
  set(true);
  await sleep(ms);
  set(false);
}

async function killRunner(
  world: World,
  { runner, downMs, point }: { runner: RunnerName; downMs: number; point?: string },
): Promise<void> {
  const child = world.runner(runner);
  if (child !== undefined) await end(child);
  await sleep(downMs);
  // Another fault may have started it meanwhile; two processes of one name refuse each other anyway.
  if (isRunning(world.runner(runner))) return;
  world.startRunner(runner, point === undefined ? {} : { DROVER_FAULT: `${point}:kill` });
  const armed = world.runner(runner);
  if (point === undefined || armed === undefined) return;
  for (let waited = 0; waited < POINT_WAIT_MS && isRunning(armed); waited += LOOK_MS) await sleep(LOOK_MS);
  // A slow one would die of its point later, after the healing, with nobody to start it again.
  await end(armed);
  if (!isRunning(world.runner(runner))) world.startRunner(runner);
}

async function restartHost(
  world: World,
  { signal, downMs }: { signal: "SIGKILL" | "SIGTERM"; downMs: number },
): Promise<void> {
  const child = world.host();
  if (child !== undefined) await end(child, signal);
  await sleep(downMs);
  if (!isRunning(world.host())) await world.startHost();
}

export function isRunning(child: ReturnType<World["host"]>): boolean {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}
