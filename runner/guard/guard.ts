/**
 * What ends the children of a runner that was killed itself: a shell that holds the reading end of a pipe. The runner
 * writes down it how long its lease still holds; when the pipe closes without a farewell, the shell waits for that
 * long and then ends every process with the runner's mark, so that nothing works on a job that the queue is about to
 * give to somebody else. The same when the runner is stopped (a debugger, Ctrl+Z) and writes nothing until the lease is
 * over; then the shell goes on reading. A runner that is started again in time stops the shell and adopts its children.
 */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { constants } from "node:fs";
import { access, readFile, rm } from "node:fs/promises";
import { z } from "zod";
import { identityOf, isAlive, type ProcessIdentity } from "../process/identity.ts";
import { ATTEMPT_MARKER } from "../process/tree.ts";
import { writePrivate } from "../state/privateFile.ts";

/** Seconds between TERM and KILL: what is deaf to TERM must be gone within the margin that the lease has left. */
const GRACE_S = 1;

const SYSTEM_PATH = "/usr/bin:/bin";
/** The shortest time that is written, seconds: `read -t 0` does not wait, it only asks. */
const LEAST_S = 0.05;
/**
 * How often the guard hears of an unchanged lease: every sixtieth of what is left of it, within these bounds, ms. A
 * runner that is killed right before leaves its guard waiting by so much too long.
 */
const AGAIN_PART = 60;
const AGAIN_LEAST_MS = 200;
const AGAIN_MOST_MS = 2000;
/** Ends that lie closer together are the same, ms. */
const SAME_END_MS = 20;

/**
 * Reads the seconds that are left, line by line, until the pipe closes, or until none came for so long: a `read` that
 * timed out says so by a status above 128 in bash; where the shell has no such `read`, only the closed pipe is noticed.
 * What starts while it ends the old is spared: a runner that goes on has a new lease then.
 * Where there is no /proc, `ps` shows the environment of one's own processes.
 */
const SCRIPT = `
left=0
marked() {
  if [ -d /proc/self ]; then
    grep -laF "$1" /proc/[0-9]*/environ 2>/dev/null | sed 's#/proc/##; s#/environ##'
  else
    ps -axEww -o pid=,command= | grep -F "$1" | grep -v grep | awk '{print $1}'
  fi
}
end() {
  found=$(marked "$1")
  for pid in $found; do kill -TERM "$pid" 2>/dev/null; done
  for i in $(seq ${GRACE_S * 10}); do
    left=
    for pid in $(marked "$1"); do case " "$(echo $found)" " in *" $pid "*) left="$left $pid" ;; esac; done
    [ -z "$left" ] && return
    sleep 0.1
  done
  for pid in $left; do kill -KILL "$pid" 2>/dev/null; done
}
if [ -n "$BASH_VERSION" ]; then
  wait=3600
  while :; do
    read -r -t "$wait" line
    status=$?
    if [ "$status" = 0 ]; then left=$line; wait=$line; continue; fi
    [ "$status" -gt 128 ] || break
    end "$0"
    left=0
    wait=3600
  done
else
  while read -r line; do left=$line; done
fi
[ -z "$(marked "$0")" ] && exit
sleep "$left"
end "$0"
`;

const Identities = z.array(z.object({ pid: z.number(), startTime: z.string() }));

export interface Guard {
  /** The lease holds for so long, ms; called several times a second. */
  leaseLeft: (ms: number) => void;
  /**
   * Ends the guards of earlier processes of this runner. To be called when a session has taken over what those left:
   * until then their clock is the right one, for the new process may not reach the backend before the lease ends.
   */
  relieve: () => Promise<void>;
  /** Farewell: the runner ends in order and leaves no children. */
  stop: () => Promise<void>;
}

/** Starts the guard of the runner whose processes carry `mark`. */
export async function startGuard(root: string, mark: string): Promise<Guard> {
  const file = join(root, "guard.json");
  let earlier = await livingGuards(file);
  const [program, ...flags] = await shell();
  const child = spawn(program, [...flags, "-c", SCRIPT, `${ATTEMPT_MARKER}=${mark}:`], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    // Nothing else: bash runs what BASH_ENV names before its script, and a hook that waits there would disarm it.
    env: { PATH: process.env.PATH ?? SYSTEM_PATH },
  });
  // A guard that is gone is no reason to stop: it is a net under the lease, not the lease.
  child.on("error", () => undefined);
  child.stdin.on("error", () => undefined);
  child.unref();
  const identity = child.pid === undefined ? undefined : await identityOf(child.pid);
  const own = identity === undefined ? [] : [identity];
  const isNews = newsOf();
  const note = (guards: ProcessIdentity[]) => writePrivate(file, JSON.stringify(guards));
  note([...earlier, ...own]);
  return {
    leaseLeft(ms) {
      if (child.stdin.writable && isNews(ms))
        child.stdin.write(`${Math.max(ms / 1000, LEAST_S).toFixed(2)}\n`);
    },
    async relieve() {
      if (earlier.length === 0) return;
      for (const guard of earlier) if (await isAlive(guard)) end(guard);
      earlier = [];
      note(own);
    },
    async stop() {
      if (identity !== undefined) end(identity);
      child.stdin.destroy();
      await (earlier.length === 0 ? rm(file, { force: true }) : note(earlier));
    },
  };
}

/**
 * True when the guard must hear that the lease holds for `ms` more: its end has moved, or it was told long ago. The
 * shell counts by itself meanwhile, and every line wakes it, eight times for eight jobs that start together.
 */
function newsOf(): (ms: number) => boolean {
  let toldAt = -Infinity;
  let toldEnd = -Infinity;
  return (ms) => {
    const now = performance.now();
    const again = Math.min(Math.max(ms / AGAIN_PART, AGAIN_LEAST_MS), AGAIN_MOST_MS);
    if (Math.abs(now + ms - toldEnd) < SAME_END_MS && now - toldAt < again) return false;
    toldAt = now;
    toldEnd = now + ms;
    return true;
  };
}

/**
 * Without --norc, bash takes a socket on stdin (Node's pipes are sockets) for a remote login and runs ~/.bashrc first:
 * whatever waits in there disarms the guard.
 */
async function shell(): Promise<[program: string, ...flags: string[]]> {
  return access("/bin/bash", constants.X_OK).then(
    () => ["/bin/bash", "--norc"],
    () => ["/bin/sh"],
  );
}

async function livingGuards(file: string): Promise<ProcessIdentity[]> {
  const text = await readFile(file, "utf8").catch(() => "[]");
  const known = Identities.safeParse(safeJson(text)).data ?? [];
  const alive = await Promise.all(known.map(isAlive));
  return known.filter((_, i) => alive[i]);
}

/** The group, because the shell may be waiting for a `sleep` of its own. */
function end({ pid }: ProcessIdentity): void {
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended in between.
  }
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
