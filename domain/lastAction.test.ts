/** Seam: the events of one attempt in, the one to show out. */
import { describe, expect, it } from "vitest";
import { lastAction } from "./lastAction.ts";

const event = (kind: string, text = kind) => ({ kind, text });

describe("the last action of an agent", () => {
  it("is the newest event that says what it does, not the answer of a tool nor a thought", () => {
    const events = [
      event("thinking"),
      event("tool_end", "ok"),
      event("tool_start", "npm test"),
      event("text"),
    ];
    expect(lastAction(events)?.text).toBe("npm test");
  });

  it("is the newest of any kind where none says so, and none without events", () => {
    expect(lastAction([event("session"), event("gap")])?.kind).toBe("session");
    expect(lastAction([event("text", " "), event("thinking")])?.kind).toBe("text");
    expect(lastAction([])).toBeUndefined();
  });
});
