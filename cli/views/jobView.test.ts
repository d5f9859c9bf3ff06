/** Seam: what the backend tells of a job in, what a person reads out. */
import { expect, it } from "vitest";
import type { JobDetail } from "../backend/wire.ts";
import { renderJob } from "./jobView.ts";

const usage = { input: 1000, cached: 200, output: 34, reasoning: 12 };
const attempt = { id: "a", startedAt: 0, endedAt: 1000, verdict: "success" };
const detail = (job: object, attempts: object[]) =>
  ({
    job: {
      ...{ handle: "1.1", type: "plan", title: "t", status: "complete", createdAt: 0, assignmentNumber: 1 },
      ...{ cascade: ["one"], waitingFor: [], cancelRequested: false, ...job },
    },
    attempts,
    edges: { waitsFor: [], blocks: [] },
  }) as unknown as JobDetail;
const shown = (job: object, attempts: object[]) => renderJob(detail(job, attempts), 2000);

it("a job shows what each attempt used and cost", () => {
  const text = shown({ usage, costUsd: 0.5 }, [
    { ...attempt, number: 1, profile: "one", usage, costUsd: 0.5 },
    { ...attempt, number: 2, profile: "two", usage },
  ]);
  expect(text).toContain("1,000 input, 200 cached, 34 output (12 reasoning)");
  expect(text).toMatch(/cost +\$0\.5000/);
  expect(text).toMatch(/one .*1,234 tokens, \$0\.5000/);
  expect(text).toMatch(/two .*1,234 tokens, no price/);
});

it("a job whose CLI tells no price does not seem to cost nothing", () => {
  expect(shown({ usage, costUsd: 0 }, [])).toMatch(/cost +no price told, as with a subscription/);
  expect(shown({}, [{ ...attempt, number: 1, profile: "one" }])).not.toContain("price");
});
