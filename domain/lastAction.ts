/** Kinds of events that say what an agent does; the others only say that it lives. */
const ACTIONS: ReadonlySet<string> = new Set([
  "text",
  "tool_start",
  "retry_notice",
  "limit_notice",
  "error",
  "result",
]);

/** Which of the events of an attempt, newest first, tells what the agent is at: the newest one where none does. */
export function lastAction<E extends { kind: string; text: string }>(events: readonly E[]): E | undefined {
  return events.find(({ kind, text }) => ACTIONS.has(kind) && text.trim() !== "") ?? events[0];
}
