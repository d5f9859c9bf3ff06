/** Seam: the texts of the units; that systemd takes one is shown where systemd-analyze is there. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { launchdPlist, systemdUnit } from "./units.ts";

const has = (program: string) => spawnSync(program, ["--version"]).status === 0;
const FACTS = {
  name: "box",
  command: ["/usr/bin/node", "/opt/my drover/bin/drover.mjs", "runner", "run", "--name", "box"],
  folder: "/srv/me/100% mine",
  home: "/srv/me/.drover",
  path: '/usr/bin:/srv/me/a"b$c',
  environmentFile: "/srv/me/.drover/100% box/environment",
};

describe("a systemd unit", () => {
  it("quotes what systemd would take apart or expand", () => {
    const unit = systemdUnit(FACTS);
    expect(unit).toContain('ExecStart="/usr/bin/node" "/opt/my drover/bin/drover.mjs" "runner" "run"');
    expect(unit).toContain("WorkingDirectory=/srv/me/100%% mine");
    expect(unit).toContain('"PATH=/usr/bin:/srv/me/a\\"b$c"');
    const dear = systemdUnit({ ...FACTS, command: ["/opt/a$b", "100%"] });
    expect(dear).toContain('ExecStart="/opt/a$$b" "100%%"');
  });

  it.skipIf(!has("systemd-analyze"))("is one that systemd finds nothing wrong with", () => {
    const folder = mkdtempSync(join(tmpdir(), "drover unit-100% "));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const unit = systemdUnit({ ...FACTS, command: [process.execPath, "runner"], folder });
    const file = join(folder, "drover-runner-box.service");
    writeFileSync(file, unit);
    const seen = spawnSync("systemd-analyze", ["verify", file], { encoding: "utf8" });
    expect(seen).toMatchObject({ status: 0, stderr: "" });
  });

  it("signals the runner alone, so that it can drain, and starts it again unless it was told to end", () => {
    expect(systemdUnit(FACTS)).toMatch(/KillMode=process\n/);
    expect(systemdUnit(FACTS)).toMatch(/Restart=on-failure\nSuccessExitStatus=130\n/);
  });

  it("reads what it must not show from a file that need not be there", () => {
    expect(systemdUnit(FACTS)).toContain("EnvironmentFile=-/srv/me/.drover/100%% box/environment\n");
  });
});

describe("a launchd agent", () => {
  it("escapes what XML would read as markup", () => {
    const plist = launchdPlist({ ...FACTS, folder: "/srv/me/<a&b>" });
    expect(plist).toContain("<string>/srv/me/&lt;a&amp;b&gt;</string>");
    expect(plist).toContain("<string>dev.drover.runner.box</string>");
  });

  it("starts the program with the variables of its file, and without the file", () => {
    const folder = mkdtempSync(join(tmpdir(), "drover plist "));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const environmentFile = join(folder, "environment");
    const command = [process.execPath, "-p", "`${process.pid} ${process.env.A_KEY}`"];
    const plist = launchdPlist({ ...FACTS, command, environmentFile });
    const words = [
      ...(/ProgramArguments<.key><array>(.*)<.array>/.exec(plist)?.[1] ?? "").matchAll(
        /<string>(.*?)<.string>/g,
      ),
    ];
    const [program = "", ...args] = words.map(([, word = ""]) => word.replaceAll("&amp;", "&"));
    const start = () => spawnSync(program, args, { encoding: "utf8", env: {} });
    const without = start();
    expect(without.stdout).toBe(`${without.pid} undefined\n`);
    writeFileSync(environmentFile, "A_KEY='one $two'\n");
    const given = start();
    expect(given.stdout).toBe(`${given.pid} one $two\n`);
  });

  // A parser that is not ours: plutil is on Macs alone.
  it.skipIf(!has("python3"))("is a property list that says the same as the facts", () => {
    const read = "import json, plistlib, sys; print(json.dumps(plistlib.loads(sys.stdin.buffer.read())))";
    const input = launchdPlist({ ...FACTS, folder: "/srv/me/<a&b>" });
    const { stdout } = spawnSync("python3", ["-c", read], { input, encoding: "utf8" });
    expect(JSON.parse(stdout)).toMatchObject({
      WorkingDirectory: "/srv/me/<a&b>",
      EnvironmentVariables: { DROVER_HOME: FACTS.home, PATH: FACTS.path },
      KeepAlive: { SuccessfulExit: false },
    });
    expect(JSON.parse(stdout).ProgramArguments.slice(-FACTS.command.length)).toEqual(FACTS.command);
  });
});
