/** The words of an insert on its way from wish to rows. */
import type { Doc } from "../../_generated/dataModel.js";
import type { Source } from "./refs.ts";
import type { NewJob } from "../shared/shapes.ts";

export interface InsertWish {
  jobs: readonly NewJob[];
  parallel: boolean;
  /** The agent's job that inserts; absent for a person. */
  by?: Doc<"jobs"> | undefined;
}

export interface PlannedJob {
  wish: NewJob;
  /** The job that its key already names: nothing is written for it. */
  existing: Doc<"jobs"> | null;
  sources: Source[];
}

export interface Plan {
  jobs: PlannedJob[];
  splices: Splice[];
  by?: Doc<"jobs"> | undefined;
}

/** One old edge X → successor, and the new jobs that come between. */
export interface Splice {
  edge: Doc<"edges">;
  source: Doc<"jobs">;
  successor: Doc<"jobs">;
  /** Indexes within the call: the last of the new jobs that follow X. */
  sinks: number[];
}
