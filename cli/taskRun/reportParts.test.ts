/** Seam: reports in, the text of their file out. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunReport } from "../../domain/report/model.ts";
import { reportParts } from "./reportParts.ts";

const text = fc.string({ unit: "binary" });
const result = fc.record(
  { task_id: text, error: text, attempts: fc.array(fc.record({ runner: text })), duration: fc.nat() },
  { requiredKeys: ["task_id"] },
);

describe("the parts of a report", () => {
  it("together are the report as JSON with two spaces, whatever its texts hold", () => {
    fc.assert(
      fc.property(fc.dictionary(text, result), text, text, (results, error, filter) => {
        const report = { run_id: "x", error, results, filter, total_tasks: 1 } as unknown as RunReport;
        expect([...reportParts(report)].join("")).toBe(`${JSON.stringify(report, null, 2)}\n`);
      }),
    );
  });

  it("of many tasks are many", () => {
    const results = Object.fromEntries(
      Array.from({ length: 2000 }, (_, i) => [`t${i}`, { task_id: `t${i}`, error: "x".repeat(100) }]),
    );
    const parts = [...reportParts({ run_id: "x", results } as unknown as RunReport)];
    expect(parts.length).toBeGreaterThan(3);
    expect(JSON.parse(parts.join(""))).toEqual({ run_id: "x", results });
  });
});
