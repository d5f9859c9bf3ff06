/** What a step of the model works on: the transaction, its time, and the work that it leaves for later. */
import type { Scheduler } from "convex/server";
import type { Role } from "../../../domain/roles.ts";
import type { Doc } from "../../_generated/dataModel.js";
import type { DatabaseReader, DatabaseWriter } from "../../_generated/server.js";
import type { Task } from "./task.ts";

/** What an agent's token lives and dies with. */
export interface AgentBinding {
  assignment: string;
  job: string;
  attempt: number;
  session: string;
}

/** Who calls, as the signed token says it. */
export interface Caller {
  role: Role;
  namespaces: "*" | readonly string[];
  pools: "*" | readonly string[];
  /** Role agent only: what the token lives and dies with. */
  agent?: AgentBinding;
}

export interface Reading {
  db: DatabaseReader;
}

/** A mutation under way. `now` is the frozen clock (ms); `tasks` is drained, or scheduled, before it commits. */
export interface Tx {
  db: DatabaseWriter;
  scheduler: Scheduler;
  now: number;
  tasks: Task[];
}

export interface Authorized {
  caller: Caller;
}

/** A caller that may act in this namespace. */
export interface Scoped extends Authorized {
  namespace: Doc<"namespaces">;
}

export type ScopedReading = Reading & Scoped;
export type ScopedTx = Tx & Scoped;
