import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import { text as textOf } from "node:stream/consumers";

/**
 * As much of `fetch` as the Convex client uses, over Node's own HTTP. The built-in one reads a whole HTTP library at
 * its first call, a tenth of the time that `drover queue` takes.
 * Errors are those of `fetch`: TypeError "fetch failed" with the cause, or the reason of the signal.
 */
export async function httpFetch(url: string, init: RequestInit & { signal: AbortSignal }): Promise<Response> {
  const send = url.startsWith("https:") ? httpsRequest : httpRequest;
  const headers = init.headers as Record<string, string>;
  try {
    const answer = await new Promise<{ status: number; statusText: string; body: string }>(
      (resolve, reject) => {
        const { signal, method = "GET" } = init;
        // One call and the process ends: a kept connection would only hold it open.
        const request = send(url, { method, headers, signal, agent: false }, (response) => {
          const { statusCode: status = 0, statusMessage: statusText = "" } = response;
          textOf(response).then((body) => resolve({ status, statusText, body }), reject);
        });
        request.on("error", reject);
        request.end(init.body);
      },
    );
    const { status, statusText, body } = answer;
    const json = () => Promise.resolve(JSON.parse(body) as unknown);
    return {
      ok: status >= 200 && status < 300,
      status,
      statusText,
      text: () => Promise.resolve(body),
      json,
    } as Response;
  } catch (error) {
    if (init.signal.aborted) throw init.signal.reason;
    throw new TypeError("fetch failed", { cause: error });
  }
}
