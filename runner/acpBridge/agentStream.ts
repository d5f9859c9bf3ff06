/**
 * The agent's pipes as the SDK's stream of messages, with a copy of everything in the transcript. Not the SDK's own
 * reader of lines: that one answers a line that is no JSON (a banner, a warning) with an error to the agent.
 */
import type { AnyMessage, Stream } from "@agentclientprotocol/sdk";
import { clip, parseObject } from "../harness/json.ts";
import { createLineSplitter, type Line } from "../harness/lines.ts";
import type { AgentProcess } from "./agentProcess.ts";
import { note, tell } from "./transcript.ts";

/** Longest message of an agent, in bytes: one update may hold a whole file twice. */
const MESSAGE_LIMIT_BYTES = 64 * 1024 * 1024;
/** How much of a line that is no message is kept, in characters. */
const JUNK_LIMIT = 500;

/** The stream for a connection with `agent`. */
export function agentStream(agent: AgentProcess): Stream {
  return { readable: incoming(agent), writable: outgoing(agent) };
}

function incoming({ stdout }: AgentProcess): ReadableStream<AnyMessage> {
  const lines = createLineSplitter(MESSAGE_LIMIT_BYTES);
  let isOpen = true;
  return new ReadableStream<AnyMessage>({
    start(controller) {
      const take = (read: Line[]) =>
        read.forEach((line) => {
          const message = messageOf(line);
          if (message !== undefined && isOpen) controller.enqueue(message);
        });
      stdout.on("data", (bytes: Buffer) => take(lines.push(bytes)));
      stdout.once("close", () => {
        take(lines.end());
        if (isOpen) controller.close();
        isOpen = false;
      });
    },
    // What the agent says after the turn still goes into the transcript.
    cancel: () => {
      isOpen = false;
    },
  });
}

function messageOf({ text }: Line): AnyMessage | undefined {
  if (text.trim() === "") return undefined;
  const message = parseObject(text);
  if (message === undefined) {
    note({ what: "junk", text: clip(text, JUNK_LIMIT) });
    return undefined;
  }
  tell({ from: "agent", msg: message });
  return message as AnyMessage;
}

/** Of what goes to the agent the transcript has the heading alone: the prompt lies in a file of its own. */
function outgoing({ stdin }: AgentProcess): WritableStream<AnyMessage> {
  return new WritableStream<AnyMessage>({
    write(message) {
      if ("method" in message) {
        const id = "id" in message ? { id: message.id } : {};
        tell({ from: "client", msg: { ...id, method: message.method } });
      }
      return new Promise((resolve) => stdin.write(`${JSON.stringify(message)}\n`, () => resolve()));
    },
  });
}
