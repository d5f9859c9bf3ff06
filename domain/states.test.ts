/** The tables of states: what every reader of them relies on. */
import { describe, expect, it } from "vitest";
import { ASSIGNMENT_STATES, ASSIGNMENT_TRANSITIONS, isTerminalAssignment } from "./assignmentState.ts";
import { canJobMove, isTerminalJob, JOB_STATES, JOB_TRANSITIONS } from "./jobState.ts";
import { isRole } from "./roles.ts";

describe("the states of a job", () => {
  it("lead out of a terminal state only by a retry, to pending", () => {
    for (const state of JOB_STATES.filter(isTerminalJob)) {
      expect(JOB_TRANSITIONS[state].filter((to) => to !== "pending")).toEqual([]);
    }
    expect(canJobMove("complete", "pending")).toBe(false);
    expect(canJobMove("failed", "pending")).toBe(true);
  });

  it("can all be reached from pending", () => {
    const reached = new Set<string>(["pending"]);
    for (let before = 0; before !== reached.size;) {
      before = reached.size;
      for (const state of JOB_STATES)
        if (reached.has(state)) JOB_TRANSITIONS[state].forEach((to) => reached.add(to));
    }
    expect([...reached].sort()).toEqual([...JOB_STATES].sort());
  });
});

describe("the states of an assignment", () => {
  it("let a person reopen what has ended, and nothing else", () => {
    for (const state of ASSIGNMENT_STATES.filter(isTerminalAssignment)) {
      expect(ASSIGNMENT_TRANSITIONS[state]).toEqual(["active"]);
    }
  });
});

describe("isRole", () => {
  it("knows the four roles and no other name", () => {
    expect(["admin", "runner", "agent", "viewer", "root", ""].map(isRole)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
    ]);
  });
});
