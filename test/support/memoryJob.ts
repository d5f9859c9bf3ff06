/** A job of the backend in memory, as a claim gives it and as tests look at it. */
import type { Claimed, EndedAttempt, EventRow, Outcome } from "../../runner/connect/types.ts";

export interface MemoryJob {
  id: string;
  handle: string;
  status: "pending" | "running" | "settled" | "parked";
  attempt: number;
  session: string | undefined;
  claimed: Claimed;
  cancel: boolean;
  outcome?: Outcome;
  rows: EndedAttempt[];
  late: Outcome[];
  events: EventRow[];
}

/** A ready job; `job` and `more` override parts of its claim. */
export function newJob(
  handle: string,
  job: Partial<Claimed["job"]>,
  more: Partial<Claimed> & Pick<Claimed, "renewInMs">,
): MemoryJob {
  const id = `job-${handle}`;
  const claimed: Claimed = {
    job: {
      id,
      handle,
      type: "script",
      class: "script",
      title: handle,
      context: "true",
      timeoutMs: 60_000,
      idleTimeoutMs: null,
      cascade: ["script"],
      attempt: 0,
      fallsThrough: false,
      private: false,
      ...job,
    },
    assignment: {
      id: "assignment-1",
      number: 1,
      northStar: "make it so",
      artifacts: "",
      decisions: "",
      policy: "static",
    },
    previous: null,
    jobs: [],
    reminder: false,
    namespace: "app",
    ...more,
  };
  return {
    id,
    handle,
    status: "pending",
    attempt: 0,
    session: undefined,
    claimed,
    cancel: false,
    rows: [],
    late: [],
    events: [],
  };
}
