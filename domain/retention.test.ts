/** What is kept for how long, from the namespace, the deployment and the defaults. */
import { describe, expect, it } from "vitest";
import { DEFAULT_RETENTION, retentionInForce } from "./retention.ts";

describe("the retention in force", () => {
  it("is the default where nobody has set anything", () => {
    expect(retentionInForce({}, undefined)).toEqual(DEFAULT_RETENTION);
    expect(retentionInForce({}, "")).toEqual(DEFAULT_RETENTION);
  });

  it("is the namespace's own before the deployment's, key by key", () => {
    const deployment = '{"finishedDays": 5, "finishedAssignments": 7, "eventsDays": 1, "sessionsDays": 0.5}';
    expect(retentionInForce({ finishedDays: 2 }, deployment)).toEqual({
      ...{ finishedDays: 2, finishedAssignments: 7, eventsDays: 1, sessionsDays: 0.5 },
    });
    expect(retentionInForce({ finishedAssignments: 3 }, undefined).finishedAssignments).toBe(3);
  });

  it.each(["no JSON", "[]", "null", "7", '{"days": 1}', '{"eventsDays": "1"}', '{"eventsDays": -1}'])(
    "is refused where the deployment says %s, naming the keys",
    (text) => {
      expect(() => retentionInForce({}, text)).toThrow(/DROVER_RETENTION: expected JSON .* finishedDays/);
    },
  );
});
