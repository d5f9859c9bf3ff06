/**
 * House rules as tests: what no linter checks. Each failure names the file and what to do instead.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { cruise } from "dependency-cruiser";
import { createRequire } from "node:module";
import { describe, expect, it } from "vitest";
import { drawArrows, withArrows } from "../../scripts/arrows.mjs";

const require = createRequire(import.meta.url);
const tracked = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { encoding: "utf8" })
  .split("\n")
  .filter((path) => path !== "" && existsSync(path));
const isCode = (path: string) => /\.(ts|tsx|mjs)$/.test(path) && !/_generated|fixtures|\.d\.ts$/.test(path);
const read = (path: string) => readFileSync(path, "utf8");
const folders = ["domain", "convex", "runner", "cli", "host", "portfolio"];

describe("the house", () => {
  it("has no product file above 300 lines: split it by step", () => {
    const long = tracked
      .filter((path) => isCode(path) && !/\.test\.ts$|^test\//.test(path))
      .filter((path) => read(path).split("\n").length > 301);
    expect(long).toEqual([]);
  });

  it("gives every test of a file its own title", () => {
    const doubled = tracked
      .filter((path) => path.endsWith(".test.ts"))
      .flatMap((path) => {
        const titles = [...read(path).matchAll(/^\s*(?:it|test)\(\s*["'`](.+?)["'`],/gm)].map((m) => m[1]);
        return titles.filter((title, i) => titles.indexOf(title) !== i).map((title) => `${path}: ${title}`);
      });
    expect(doubled).toEqual([]);
  });

  it("skips no test without a reason on the line above", () => {
    const bare = tracked
      .filter((path) => path.endsWith(".test.ts") && path !== "test/house/tidy.test.ts")
      .flatMap((path) => {
        const lines = read(path).split("\n");
        return lines.flatMap((line, i) =>
          /\b(it|test|describe)\.(skip|only|todo)\b/.test(line) && !/\/\/ \w+/.test(lines[i - 1] ?? "")
            ? [`${path}:${i + 1}`]
            : [],
        );
      });
    expect(bare).toEqual([]);
  });

  it("names no machine path and no registry host in tracked text", () => {
    const machine = new RegExp(["/(wo", "rk|fa", "rm)/[a-z]|/ro", "ot/|registry\\.np", "mjs"].join(""));
    const found = tracked
      .filter((path) => /\.(ts|mjs|cjs|md|json|yml)$|^\.ci\//.test(path))
      .filter((path) => machine.test(read(path)));
    expect(found).toEqual([]);
  });

  it("has every test that the list of faults names", () => {
    const named = read("test/faults.md").match(/[\w./]+\.test\.ts/g) ?? [];
    expect(named.length).toBeGreaterThan(30);
    expect(named.filter((path) => !existsSync(path))).toEqual([]);
  });

  it("gives every document exactly one title", () => {
    const odd = tracked
      .filter((path) => path.endsWith(".md") && !path.startsWith("templates/") && !/fixtures/.test(path))
      .filter((path) => {
        const prose = read(path).replace(/^```[\s\S]*?^```/gm, "");
        return (prose.match(/^# /gm) ?? []).length !== 1;
      });
    expect(odd).toEqual([]);
  });
});

describe("the arrows between folders", () => {
  it("point downhill only, and the cruise really saw the modules", async () => {
    const config = require("../../.dependency-cruiser.cjs") as { forbidden: []; options: object };
    const result = await cruise(folders, {
      ...config.options,
      validate: true,
      ruleSet: { forbidden: config.forbidden },
    });
    const output = result.output as { summary: { violations: object[]; totalCruised: number } };
    const modules = tracked.filter((p) => folders.includes(p.split("/")[0] ?? "") && isCode(p));
    expect(output.summary.violations).toEqual([]);
    // A parser that does not understand the code passes with nothing seen; that must not look green.
    expect(output.summary.totalCruised).toBeGreaterThanOrEqual(modules.length);
  });

  it("are drawn in ARCHITECTURE.md as they are: npm run arrows", async () => {
    const text = read("ARCHITECTURE.md");
    expect(text).toBe(withArrows(text, await drawArrows()));
  });
});
