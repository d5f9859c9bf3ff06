// A folder with a task file, repos, and a host and a runner of their own: what the figures of task files are measured in.
import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
export const LAUNCHER = join(ROOT, "bin", "drover.mjs");
/** Repos of the file: more than there are slots, so that locks are met and do not rule. */
const REPOS = 200;
/** Ticks per second of /proc/PID/stat on Linux. */
const TICKS = 100;

/** Writes a file of `count` tasks, a quarter of which wait for another one. */
export function openPlace(count) {
  const folder = mkdtempSync(join(tmpdir(), "drover-bench-"));
  for (let i = 0; i < REPOS; i++) mkdirSync(join(folder, "repos", `r${i}`), { recursive: true });
  const tasks = Array.from({ length: count }, (_, i) => ({
    id: `t${i}`,
    repo: `o/r${i % REPOS}`,
    priority: 1 + (i % 3),
    title: `Task ${i}`,
    prompt: `sleep 2 # ${"what an agent would be told, in two hundred characters or so ".repeat(4)}`,
    depends_on: i >= REPOS && i % 4 === 0 ? [`t${i - REPOS}`] : [],
  }));
  writeFileSync(join(folder, "tasks.json"), JSON.stringify({ default_runner: "script", tasks }));
  const repos = Object.fromEntries(
    Array.from({ length: REPOS }, (_, i) => [`o/r${i}`, join(folder, "repos", `r${i}`)]),
  );
  mkdirSync(join(folder, ".drover"));
  writeFileSync(join(folder, ".drover", "config.json"), JSON.stringify({ namespace: "bench", repos }));
  const env = {
    ...process.env,
    DROVER_HOME: join(folder, "home"),
    DROVER_URL: "http://127.0.0.1:0",
    NO_COLOR: "1",
  };
  return { folder, env, close: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Starts a command; `use` tells what it has used so far, `ended` resolves when it is gone. */
export function begin({ folder, env }, args) {
  const begun = performance.now();
  const child = spawn(process.execPath, [LAUNCHER, ...args], {
    cwd: folder,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [out, err] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (err += text));
  let use = { cpu: 0, peakMiB: 0 };
  const timer = setInterval(() => (use = useOf(child.pid) ?? use), 100);
  const ended = new Promise((resolve) =>
    child.once("close", (code) => {
      clearInterval(timer);
      resolve({ code, out, err, seconds: (performance.now() - begun) / 1000, ...use });
    }),
  );
  const text = () => ({ out, err });
  return { child, ended, text, use: () => useOf(child.pid) };
}

/** CPU seconds and the highest memory of a process, from /proc. */
export function useOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    const peak = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
    return { cpu: (Number(stat[11]) + Number(stat[12])) / TICKS, peakMiB: Number(peak) / 1024 };
  } catch {
    return undefined;
  }
}

/** Waits until `look` gives something; a peer that never does ends the benchmark. */
export async function until(what, look, seconds = 90) {
  const end = performance.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`${what}: nothing within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
