/** The errors that both of OpenAI's APIs share. */
import { unixIn, type Answer, type HttpError } from "./types.ts";

/** An OpenAI-like provider's answer to a failure. */
export function openaiError({
  kind,
  retryAfter = 2,
  resetIn = 10_800,
}: Extract<Answer, { do: "fail" }>): HttpError {
  const fail = (status: number, error: object, headers: Record<string, string> = {}) => ({
    status,
    headers,
    body: { error: { param: null, ...error } },
  });
  switch (kind) {
    case "rateLimit":
      return fail(
        429,
        {
          message: `Rate limit reached for requests. Please try again in ${retryAfter}s.`,
          type: "requests",
          code: "rate_limit_exceeded",
        },
        { "retry-after": String(retryAfter) },
      );
    case "usageLimit":
      return fail(
        429,
        {
          type: "usage_limit_reached",
          message: "The usage limit has been reached",
          plan_type: "plus",
          resets_at: unixIn(resetIn),
          resets_in_seconds: resetIn,
        },
        {
          "x-codex-primary-used-percent": "100.0",
          "x-codex-primary-window-minutes": "300",
          "x-codex-primary-reset-at": String(unixIn(resetIn)),
        },
      );
    case "auth":
      return fail(401, {
        message: "Incorrect API key provided: sk-dummy.",
        type: "invalid_request_error",
        code: "invalid_api_key",
      });
    case "overloaded":
      return fail(503, {
        message: "Our servers are currently overloaded. Please try again later.",
        type: "server_error",
        code: "server_is_overloaded",
      });
    case "server":
      return fail(500, {
        message: "The server had an error while processing your request.",
        type: "server_error",
        code: null,
      });
  }
  return kind satisfies never;
}
