/**
 * A plugin for OpenCode that tells on stderr what it waits for. When a provider refuses, OpenCode retries for a minute,
 * or for as long as `retry-after` says, without a word on stdout; its log has the message alone, and the answer with
 * the reset comes with its last error. Plugins are its documented way to hear of that at once.
 */
import { parseObject, type Json } from "../json.ts";

const PREFIX = "drover-wait ";

/**
 * Before it loads any plugin, OpenCode waits for an installation from npm, which it has begun for each new home anyway:
 * without a network, a minute and more. The plugin takes these back, so that the agent's own npm is as ever.
 */
export const BRIEF_INSTALL = { npm_config_fetch_retries: "0", npm_config_fetch_timeout: "10000" };

/** Plain JavaScript, which OpenCode loads by itself. The answer to a retry is the latest that holds its message. */
export const LIMIT_PLUGIN = `
const refused = [];
const headersOf = (answer) =>
  Object.fromEntries([...answer.headers].filter(([name]) => /retry|reset|limit/i.test(name)));
const real = globalThis.fetch;
const watched = async (...args) => {
  const answer = await real(...args);
  if (answer.status >= 400) {
    const text = answer.clone().text().catch(() => "");
    refused.push({ status: answer.status, headers: headersOf(answer), text });
    refused.splice(0, refused.length - 8);
  }
  return answer;
};
const answerTo = async (message) => {
  const inJson = JSON.stringify(message).slice(1, -1);
  for (const { status, headers, text } of [...refused].reverse()) {
    const body = await text;
    if (!body.includes(inJson) && !body.includes(message)) continue;
    return { statusCode: status, responseHeaders: headers, responseBody: body.slice(0, 16384) };
  }
  return {};
};
export const DroverWaits = async () => {
  for (const [name, value] of Object.entries(${JSON.stringify(BRIEF_INSTALL)}))
    if (process.env[name] === value) delete process.env[name];
  if (globalThis.fetch === real) globalThis.fetch = Object.assign(watched, real);
  return {
    event: async ({ event }) => {
      const status = event?.properties?.status;
      if (event?.type !== "session.status" || status?.type !== "retry") return;
      const { attempt, message, next } = status;
      const waitMs = next - Date.now();
      const said = { attempt, waitMs, message, ...(await answerTo(String(message))) };
      process.stderr.write(${JSON.stringify(PREFIX)} + JSON.stringify(said) + "\\n");
    },
  };
};
`;

export interface Waiting {
  /** How often it has been refused in a row. */
  attempt: number;
  /** How long it means to wait, ms. */
  waitMs: number;
  /** In the form in which OpenCode gives its last error. */
  error: Json;
}

/** What the plugin has written, if the line is its. */
export function waitingIn(line: string): Waiting | undefined {
  const said = line.startsWith(PREFIX) ? parseObject(line.slice(PREFIX.length)) : undefined;
  if (!said) return undefined;
  const { attempt, waitMs, ...data } = said;
  return { attempt: Number(attempt) || 1, waitMs: Number(waitMs) || 0, error: { name: "APIError", data } };
}
