/**
 * The bridge to an agent that speaks the Agent Client Protocol. Runners start programs that take a prompt on stdin and
 * print lines; this program is one for an agent that wants a conversation instead, and so everything that holds for a
 * program (process group, marker, output file, adoption after the runner's death, kill) holds for such an agent.
 */
import { agentStream } from "./agentStream.ts";
import { startAgent } from "./agentProcess.ts";
import { converse } from "./converse.ts";
import { bridgeOrder } from "./order.ts";

const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(signal, () => stop.abort());

const order = bridgeOrder.parse(JSON.parse(process.argv[2] ?? "{}"));
const prompt = await readStdin();
const agent = await startAgent(order.agent);
if (agent === undefined) process.exit(1);
const answered = await converse(agentStream(agent), { order, prompt, stop: stop.signal });
await agent.end();
// Not by running out of work: a pipe that a grandchild holds open would keep this process for as long.
process.exit(answered ? 0 : 1);

async function readStdin(): Promise<string> {
  let text = "";
  for await (const chunk of process.stdin.setEncoding("utf8")) text += String(chunk);
  return text;
}
