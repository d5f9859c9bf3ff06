/** The states of an assignment and the legal transitions between them. See SPEC.md §4. */
export const ASSIGNMENT_STATES = ["pending", "active", "blocked", "complete", "failed", "canceled"] as const;
export type AssignmentState = (typeof ASSIGNMENT_STATES)[number];

export const TERMINAL_ASSIGNMENT_STATES = ["complete", "failed", "canceled"] as const;

export const ASSIGNMENT_TRANSITIONS: Readonly<Record<AssignmentState, readonly AssignmentState[]>> = {
  pending: ["active", "blocked", "complete", "failed", "canceled"],
  active: ["blocked", "complete", "failed", "canceled"],
  blocked: ["active", "complete", "failed", "canceled"],
  complete: ["active"],
  failed: ["active"],
  canceled: ["active"],
};

export function isTerminalAssignment(state: AssignmentState): boolean {
  return (TERMINAL_ASSIGNMENT_STATES as readonly AssignmentState[]).includes(state);
}

/** Who adds follow-up jobs: a PM job after every settled job, nobody, or a table of stages. */
export const POLICIES = ["pm", "static", "pipeline"] as const;
export type Policy = (typeof POLICIES)[number];

/** Who must act on a blocked assignment. */
export const BLOCK_OWNERS = ["human", "pm", "runner"] as const;
export type BlockOwner = (typeof BLOCK_OWNERS)[number];
