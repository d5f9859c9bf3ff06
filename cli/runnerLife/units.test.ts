/** Seam: the texts of the units; that systemd takes one is shown where systemd-analyze is there. */
import { describe, expect, it } from "vitest";
import { launchdPlist, systemdUnit } from "./units.ts";

const FACTS = {
  name: "box",
  command: ["/usr/bin/node", "/opt/my drover/bin/drover.mjs", "runner", "run", "--name", "box"],
  folder: "/srv/me/100% mine",
  home: "/srv/me/.drover",
  path: '/usr/bin:/srv/me/a"b$c',
};

describe("a systemd unit", () => {
  it("quotes what systemd would take apart or expand", () => {
    const unit = systemdUnit(FACTS);
    expect(unit).toContain('ExecStart="/usr/bin/node" "/opt/my drover/bin/drover.mjs" "runner" "run"');
    expect(unit).toContain("WorkingDirectory=/srv/me/100%% mine");
    expect(unit).toContain('"PATH=/usr/bin:/srv/me/a\\"b$$c"');
  });

  it("signals the runner alone, so that it can drain, and starts it again", () => {
    expect(systemdUnit(FACTS)).toMatch(/KillMode=process\n/);
    expect(systemdUnit(FACTS)).toMatch(/Restart=always\n/);
  });
});

describe("a launchd agent", () => {
  it("escapes what XML would read as markup", () => {
    const plist = launchdPlist({ ...FACTS, folder: "/srv/me/<a&b>" });
    expect(plist).toContain("<string>/srv/me/&lt;a&amp;b&gt;</string>");
    expect(plist).toContain("<string>dev.drover.runner.box</string>");
  });
});
