/** Seam: graylist files and findings in, open and accepted findings out; "today" is an argument. */
import { afterEach, describe, expect, it } from "vitest";
import { bareBonesRepo, cleanTempFolders, tempFolder, writeFiles } from "../../test/portfolio/tempRepos.ts";
import { formatScanJson } from "./formats/json.ts";
import { scanPortfolio } from "./scan.ts";

afterEach(cleanTempFolders);

const accept = (fields: string) => `accept:\n  - { ${fields} }\n`;
const LICENSE = 'check: missing-license, reason: "in-house", until: 2026-06-01';

describe("accepted findings", () => {
  it("leave the open ones through the last day of their term, and are listed with their reason", async () => {
    const reposDir = tempFolder();
    bareBonesRepo(reposDir, "one", {});
    writeFiles(reposDir, { ".drover/scan.yml": accept(`repo: "o*", ${LICENSE}`) });
    const json = formatScanJson(await scanPortfolio({ reposDir, today: "2026-06-01" }));
    expect(json.findings).toHaveLength(9);
    expect(json.accepted).toMatchObject([
      { check: "missing-license", reason: "in-house", until: "2026-06-01" },
    ]);
  });

  it("are open again after it, and say so", async () => {
    const reposDir = tempFolder();
    bareBonesRepo(reposDir, "one", {});
    writeFiles(reposDir, { ".drover/scan.yml": accept(LICENSE) });
    const { findings, accepted } = await scanPortfolio({ reposDir, today: "2026-06-02" });
    expect(accepted).toEqual([]);
    expect(findings.find((finding) => finding.check === "missing-license")?.message).toContain(
      "accepted until 2026-06-01, expired",
    );
  });

  it("of one repo cover that repo only", async () => {
    const reposDir = tempFolder();
    bareBonesRepo(reposDir, "one", { ".drover/scan.yml": accept(LICENSE) });
    bareBonesRepo(reposDir, "two", {});
    const { accepted, findings } = await scanPortfolio({ reposDir, today: "2026-01-01" });
    expect(accepted.map((one) => one.repo)).toEqual(["one"]);
    expect(findings.filter((finding) => finding.check === "missing-license").map((one) => one.repo)).toEqual([
      "two",
    ]);
  });

  it.each([
    ["no reason", "check: missing-license, until: 2026-06-01"],
    ["no term", "check: missing-license, reason: x"],
    ["an unknown check", "check: missing-licence, reason: x, until: 2026-06-01"],
    ["an unknown key", `${LICENSE}, rep: x`],
  ])("with %s are refused for the house, and noted for one repo", async (_what, fields) => {
    const reposDir = tempFolder();
    bareBonesRepo(reposDir, "one", { ".drover/scan.yml": accept(fields) });
    const { notes } = await scanPortfolio({ reposDir, today: "2026-01-01" });
    expect(notes).toMatchObject([
      { repo: "one", path: ".drover/scan.yml", reason: expect.stringMatching(/^ignored: /) },
    ]);
    writeFiles(reposDir, { ".drover/scan.yml": accept(fields) });
    await expect(scanPortfolio({ reposDir, today: "2026-01-01" })).rejects.toThrow(/scan\.yml/);
  });
});
