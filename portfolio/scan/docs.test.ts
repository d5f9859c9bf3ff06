/** Seam: the reference page against the code. A check that the page does not know, or tells otherwise, is a defect of both. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { CORE_CHECKS, EXTRA_CHECKS } from "./checks/all.ts";
import type { Check } from "./check.ts";

const page = readFileSync(new URL("../../docs/portfolio.md", import.meta.url), "utf8");
const rows = [...page.matchAll(/^\| +(\d+) +\| +`([\w-]+)` +\| +(\w+) +\| +(\w+) +\| +(.*?) +\|/gm)].map(
  (match) => match.slice(1, 6),
);
const expected = (checks: readonly Check[]) =>
  checks.map((check, i) => [String(i + 1), check.id, check.category, check.severity, check.trigger]);

describe("the tables of docs/portfolio.md", () => {
  it("list every check with its number, id, category, severity and trigger", () => {
    expect(rows).toEqual([...expected(CORE_CHECKS), ...expected(EXTRA_CHECKS)]);
  });
});
