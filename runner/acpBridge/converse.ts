import { client, methods, type ClientContext, type Stream } from "@agentclientprotocol/sdk";
import { setTimeout as sleep } from "node:timers/promises";
import type { BridgeOrder } from "./order.ts";
import { decide } from "./permission.ts";
import { openSession } from "./session.ts";
import { note } from "./transcript.ts";

/** How long the agent may take to end its turn after it was asked to, ms; the runner kills after five seconds. */
const CANCEL_GRACE_MS = 2_000;

/**
 * One turn with the agent: open a session, hand over the prompt, answer its questions. Resolves to true when the turn
 * ended with an answer of the agent. A failure that is an answer of the agent is in the transcript already.
 */
export async function converse(
  stream: Stream,
  { order, prompt, stop }: { order: BridgeOrder; prompt: string; stop: AbortSignal },
): Promise<boolean> {
  const cwd = process.cwd();
  const app = client({ name: "drover" })
    .onRequest(methods.client.session.requestPermission, ({ params }) => {
      const { allowed, response } = decide(params, { permissions: order.permissions, cwd });
      const { toolCallId: id, title } = params.toolCall;
      if (!allowed) note({ what: "denied", id, title: title ?? params.toolCall.kind ?? "a tool" });
      return response;
    })
    // Taken from the transcript; without a handler the SDK would complain of each on stderr.
    .onNotification("*", () => undefined);
  try {
    return await app.connectWith(stream, (agent) => takeTurn(agent, { order, prompt, stop }));
  } catch (error) {
    note({ what: "broken", text: error instanceof Error ? error.message : String(error) });
    return false;
  }
}

async function takeTurn(
  agent: ClientContext,
  { order, prompt, stop }: { order: BridgeOrder; prompt: string; stop: AbortSignal },
): Promise<boolean> {
  const sessionId = await openSession(agent, order);
  if (sessionId === undefined || stop.aborted) return false;
  const cancelled = new Promise<false>((resolve) => {
    const cancel = async () => {
      await agent.notify(methods.agent.session.cancel, { sessionId });
      await sleep(CANCEL_GRACE_MS);
      resolve(false);
    };
    stop.addEventListener("abort", () => void cancel().catch(() => resolve(false)));
  });
  const ended = agent
    .request(methods.agent.session.prompt, { sessionId, prompt: [{ type: "text", text: prompt }] })
    .then(() => true);
  return Promise.race([ended, cancelled]);
}
