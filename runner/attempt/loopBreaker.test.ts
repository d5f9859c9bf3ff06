/** Seam: the pure rule; that a process is ended by it is tested in runAttempt.test.ts. */
import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../harness/port.ts";
import { loopBreaker } from "./loopBreaker.ts";

const call = (text: string): AgentEvent => ({ type: "tool_start", id: "1", name: "bash", text });
const thought: AgentEvent = { type: "thinking", text: "hm" };
const first = (events: AgentEvent[]) => {
  const saw = loopBreaker({ emptySteps: 3, sameCalls: 2 });
  return events.map(saw).findIndex((why) => why !== undefined);
};

describe("the loop breaker", () => {
  it("stops an agent that calls one tool with the same words again and again", () => {
    expect(first([call("ls"), call("ls"), call("ls")])).toBe(2);
  });

  it("lets different calls pass, however many", () => {
    expect(first(Array.from({ length: 100 }, (_, i) => call(`ls ${i % 2}`)))).toBe(-1);
  });

  it("stops an agent that neither says nor does anything", () => {
    expect(first([thought, thought, thought, thought])).toBe(3);
    expect(first([thought, thought, { type: "text", text: "a" }, thought, thought, thought])).toBe(-1);
  });
});
