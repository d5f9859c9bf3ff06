/**
 * The screens of a run in a real terminal, driven by keys. Seam: tmux. Not asserted: every cell of the layout
 * (cli/screen/screen.test.ts), nor times.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import stringWidth from "string-width";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openTaskPlace, statesOf, task, type TaskPlace } from "./support/taskPlace.ts";
import { hasTmux, openTerminal, type Terminal } from "./support/terminal.ts";

let place: TaskPlace;
let terminal: Terminal | undefined;
beforeEach(() => (place = openTaskPlace()));
afterEach(() => {
  terminal?.close();
  terminal = undefined;
  place.close();
});

const waits = (name: string) => `until test -e ${join(place.folder, name)}; do sleep 0.1; done`;
const list = () =>
  place.tasks([
    task("alpha", `echo reading the plan; ${waits("go-alpha")}`, { title: "The first of them" }),
    task("beta", waits("go-beta"), {
      repo: "o/b",
      title: "A long title that no terminal of eighty columns has room for",
    }),
    task("gamma", "true", { depends_on: ["alpha"] }),
    task("delta", "echo broken >&2; exit 3", { repo: "o/b", priority: -1 }),
  ]);
const open = (mode: string, size: { columns: number; rows: number }, env: Record<string, string> = {}) => {
  const args = ["run", "--tasks", "tasks.json", "--repos-dir", "repos", "--tui", mode];
  terminal = openTerminal(args, { cwd: place.folder, env: { ...place.env, ...env }, ...size });
  return terminal;
};
const SMALL = { columns: 80, rows: 24 };
const LARGE = { columns: 200, rows: 60 };
const report = () => {
  const runs = join(place.folder, ".runforge");
  const [run = ""] = readdirSync(runs);
  return JSON.parse(readFileSync(join(runs, run, "report.json"), "utf8")) as never;
};
const fits = (screen: string, { columns, rows }: typeof SMALL) => {
  const lines = screen.trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(rows);
  for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
};

// Without tmux there is no terminal to press keys in: it is a Debian package, which .ci/run installs where it may.
describe.skipIf(!hasTmux())("the full screen", () => {
  it("obeys its keys at 80×24 and after a resize to 200×60, and gives the terminal back", async () => {
    list();
    const { press, shows, resize, screen, ended } = open("full", SMALL);
    await shows(/▶ {2}alpha/);
    await shows(/▶ {2}beta/);
    await shows(/✗ {2}delta/);
    fits(screen(), SMALL);
    expect(screen()).toContain("slots 2/4");
    press("?");
    await shows("g G first, last");
    press("?");
    await shows("g G first, last", false);
    press("/", "b", "e", "t");
    await shows("filter: bet");
    await shows(/▶ {2}alpha/, false);
    press("Escape");
    await shows(/▶ {2}alpha/);
    press("g", "Enter");
    await shows("error failed: exit code 3: broken");
    await shows(/attempt 1 {2}script {2}failed/);
    press("Escape");
    await shows("error failed", false);
    press("p");
    await shows("PAUSED");
    press("p");
    await shows("PAUSED", false);
    resize(LARGE.columns, LARGE.rows);
    await shows("A long title that no terminal of eighty columns has room for");
    await shows(/▶ {2}alpha .*reading the plan/);
    fits(screen(), LARGE);
    resize(SMALL.columns, SMALL.rows);
    await shows("A long title that no terminal of eighty columns has room for", false);
    fits(screen(), SMALL);
    press("/", "g", "a", "m", "m", "a", "Enter", "x");
    await shows(/cancel 1\.\d: canceled/);
    press("/", "Escape");
    await shows(/▶ {2}alpha/);
    press("j", "x");
    await shows(/cancel 1\.\d: requested/);
    await shows(/2\/4 done|failed, /);
    press("q");
    await shows("stop the run?");
    press("n");
    await shows("stop the run?", false);
    press("q", "y");
    await ended();
    expect(screen()).toContain("[ended 130]");
    expect(report()).toMatchObject({ interrupted: true, total_tasks: 4 });
    expect(existsSync("/tmp/runforge-status.d/0")).toBe(false);
  });

  it("draws no colour with NO_COLOR, and colours without", async () => {
    // Background and foreground colours; inverse and bold are none.
    const colored = new RegExp(`${String.fromCharCode(27)}\\[(?:[0-9;]*;)?(?:3[0-7]|38;|9[0-7]|4[0-7])`);
    list();
    const plain = open("full", SMALL, { NO_COLOR: "1" });
    await plain.shows(/✗ {2}delta/);
    expect(plain.screen(true)).not.toMatch(colored);
    plain.press("C-c");
    await plain.ended();
    plain.close();
    const bright = open("full", SMALL);
    await bright.shows(/✗ {2}delta/);
    expect(bright.screen(true)).toMatch(colored);
    place.write("go-alpha", "");
    place.write("go-beta", "");
    await bright.ended();
    expect(bright.screen()).toContain("FAILED [1/4]");
    expect(bright.screen()).toContain("[ended 1]");
  });
});

// As above: needs tmux.
describe.skipIf(!hasTmux())("the small display", () => {
  it("fits into 40×10, and Ctrl+C leaves a whole report", async () => {
    list();
    const { press, shows, screen, ended } = open("minimal", { columns: 40, rows: 10 });
    await shows("▶  alpha");
    fits(screen(), { columns: 40, rows: 10 });
    press("C-c");
    await ended();
    expect(statesOf(report())).toEqual({ alpha: 4, beta: 4, gamma: 5, delta: 4 });
  });
});
