/** What the bridge is told (one JSON argument; the prompt comes on stdin) and what it tells (JSON lines on stdout). */
import * as z from "zod";

export const bridgeOrder = z.object({
  /** The agent's program and arguments. */
  agent: z.array(z.string()).min(1),
  permissions: z.enum(["bypass", "restricted"]),
  model: z.string().optional(),
  /** The agent's session to go on with. */
  resume: z.string().optional(),
  /** The command of the MCP server with the tool `report`. */
  reportTool: z.array(z.string()).min(1).optional(),
});
export type BridgeOrder = z.infer<typeof bridgeOrder>;

/** What happened beside the protocol. */
export type BridgeNote =
  /** The agent's program could not be started. */
  | { what: "not_started"; code: string; text: string }
  /** The agent's process ended. */
  | { what: "exited"; code: number | null; signal: string | null }
  /** A line of the agent's stdout that is no message. */
  | { what: "junk"; text: string }
  /** A question that was answered with no. */
  | { what: "denied"; id: string; title: string }
  /** The agent has no means to go on with an earlier session. */
  | { what: "no_resume" }
  /** The agent does not offer the model that the profile names, or speaks another protocol. */
  | { what: "unfit"; text: string }
  /** A step failed without an answer of the agent: the connection closed, or its answer fits no schema. */
  | { what: "broken"; text: string };

/** One line of the transcript: a message of the agent, the heading of one to it, or a note. */
export type BridgeLine =
  | { from: "agent"; msg: unknown }
  | { from: "client"; msg: { id?: unknown; method: string } }
  | { from: "bridge"; msg: BridgeNote };
