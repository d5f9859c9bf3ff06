/**
 * The port of the harness adapters: what each kind of agent CLI must be able to tell. Adapters parse and describe;
 * they start nothing and decide nothing. Facts about the CLIs were taken from recordings (test/transcripts).
 */
import { HARNESS_TYPES, type HarnessType, OUTPUT_TYPES } from "../../domain/harnessKinds.ts";
import type { Verdict, VerdictKind } from "../../domain/verdict.ts";

export const HARNESS_KINDS = HARNESS_TYPES;
export type HarnessKind = HarnessType;

/** What a `command` may claim to print: the JSON lines of one of these. */
export const OUTPUT_KINDS = OUTPUT_TYPES;
export type OutputKind = (typeof OUTPUT_KINDS)[number];

/** All kinds whose stdout is a stream of JSON lines. */
export const STREAM_KINDS = [...OUTPUT_KINDS, "acp"] as const;
export type StreamKind = (typeof STREAM_KINDS)[number];

/** A named harness configuration. Two profiles of one type are two accounts. */
export interface Profile {
  name: string;
  type: HarnessKind;
  model?: string;
  /** Set in the child: `env:NAME` is taken from the runner's environment, `""` is empty, `null` unsets. */
  env?: Record<string, string | null>;
  /** Further arguments, placed after the adapter's own. */
  args?: string[];
  /** Replaces the program (and may prefix arguments); required for `command` and `acp`. */
  command?: string[];
  /** How to read the stdout of a `command`; plain text when absent. */
  output?: OutputKind;
  /** `bypass` (default): no question is asked. `restricted`: edits in the folder, no free shell. */
  permissions?: "bypass" | "restricted";
  /** Attempts of it that one runner has at once; absent: as many as it has slots. */
  maxConcurrent?: number;
  /** Its provider keeps what it is sent: it never gets a private repo. */
  dataCollection?: boolean;
}

/** Most characters of text that one event carries: events are for the eye, the file holds everything. */
export const EVENT_TEXT_LIMIT = 2_000;

export type AgentEvent =
  | { type: "session"; id: string; text: string }
  | { type: "text"; text: string }
  | { type: "thinking"; text: string }
  | { type: "tool_start"; id: string; name: string; text: string }
  | { type: "tool_end"; id: string; ok: boolean; text: string }
  | { type: "retry_notice"; kind: VerdictKind; delayMs?: number; text: string }
  | { type: "limit_notice"; rejected: boolean; retryAt?: number; text: string }
  | { type: "error"; text: string }
  | { type: "result"; ok: boolean; text: string };

/** Why an attempt ended; everything but `exit` is our own doing. */
export type EndedBy =
  | "exit"
  | "timeout"
  | "idle"
  | "canceled"
  | "lease_lost"
  | "shutdown"
  | "after_result"
  | "output_limit"
  | "loop";

export interface RunEnd {
  exitCode: number | null;
  exitSignal: string | null;
  endedBy: EndedBy;
  /** The end of stderr (see STDERR_TAIL_BYTES of the attempt). */
  stderr: string;
  /** Now, in ms since the epoch: reset times are often given relative to it. */
  now: number;
  /** The attempt resumed an earlier session, so the CLI's totals may include earlier runs. */
  resumed: boolean;
}

/** Reads the output of one attempt. Pure: the same bytes give the same events, however they are chunked. */
export interface Reader {
  push(stdout: Uint8Array): AgentEvent[];
  /** Stdout has ended: a last line without a line feed is read now. */
  end(): AgentEvent[];
  /** Some CLIs announce their waits on stderr only. */
  pushStderr?(stderr: Uint8Array): AgentEvent[];
  /** The bytes of the file that `Harness.evidenceFile` named. */
  pushEvidence?(bytes: Uint8Array): void;
  /** The terminal event is the last thing seen: the process has nothing more to do. */
  readonly finished: boolean;
  /** Set while the CLI is waiting or failing by itself, unset by its next progress. */
  readonly trouble: Trouble | undefined;
  readonly agentSession: string | undefined;
  readonly version: string | undefined;
  verdict(end: RunEnd): Verdict;
}

export interface Trouble {
  kind: VerdictKind;
  text: string;
  retryAt?: number;
  /** Waiting on is useless: stop now and let the cascade decide. */
  stopNow?: boolean;
}

export interface LaunchOrder {
  profile: Profile;
  prompt: string;
  /** The file that will hold the prompt. */
  promptFile: string;
  /** The attempt's TMPDIR. */
  tmp: string;
  resume?: string;
  /** The command of the MCP server with the tool `report`, for CLIs that can be told of one by the command line. */
  reportTool?: readonly string[];
  /** True when the child will run as root. */
  root: boolean;
}

export interface Launch {
  /** The program and all arguments. */
  argv: string[];
  /** Defaults of the adapter; the profile's own values win. */
  env: Record<string, string>;
  /** What goes to stdin, which is then closed; `null` closes it at once. */
  stdin: string | null;
  /** Written before the start, below `tmp`. */
  files?: readonly { path: string; text: string }[];
}

export interface Harness {
  kind: HarnessKind;
  /** The program looked up in PATH unless the profile names a command. */
  program: string | null;
  /** Arguments that make the program print its version and exit; `null` when it cannot be asked safely. */
  versionArgs: string[] | null;
  /** Secret-like environment names that this harness needs and that are therefore inherited. */
  keepsSecret: RegExp | null;
  launch: (order: LaunchOrder) => Launch;
  read: () => Reader;
  /** A file with facts that the CLI does not print (found after the exit), or null. */
  evidenceFile?: (place: { env: Record<string, string>; agentSession: string }) => Promise<string | null>;
}

/** The program with the adapter's and then the profile's arguments. */
export function commandLine(profile: Profile, program: string, args: readonly string[]): string[] {
  return [...(profile.command ?? [program]), ...args, ...(profile.args ?? [])];
}
