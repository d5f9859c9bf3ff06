/** Notices agents that go round in circles: they cost money for hours and look alive to every timeout. */
import type { AgentEvent } from "../harness/port.ts";

export interface LoopLimits {
  /** Steps in a row (thoughts, errors, retries) that bring neither a text nor a tool call. */
  emptySteps: number;
  /** Times in a row that one tool is called with the same words. */
  sameCalls: number;
}

export const LOOP_LIMITS: LoopLimits = { emptySteps: 500, sameCalls: 50 };

/** Says after each event why the agent is to be stopped; undefined while it is not. */
export function loopBreaker({
  emptySteps,
  sameCalls,
}: LoopLimits): (event: AgentEvent) => string | undefined {
  let empty = 0;
  let call = "";
  let calls = 0;
  return (event) => {
    switch (event.type) {
      case "text":
      case "result":
      case "tool_end":
      case "session":
      case "limit_notice":
        empty = 0;
        return undefined;
      case "tool_start": {
        empty = 0;
        const words = `${event.name}\0${event.text}`;
        calls = words === call ? calls + 1 : 1;
        call = words;
        return calls > sameCalls ? `the same call of ${event.name} ${calls} times in a row` : undefined;
      }
      case "thinking":
      case "error":
      case "retry_notice":
        empty += 1;
        return empty > emptySteps ? `${empty} steps without a text or a tool call` : undefined;
      default:
        return event satisfies never;
    }
  };
}
