import type { Context, MiddlewareHandler } from "hono";

/** A body turned out to be too large while it was being read. */
export class BodyTooLarge extends Error {
  override name = "BodyTooLarge";
}

/** Methods whose bodies are read. */
const WITH_BODY = ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/**
 * Refuses bodies above a limit: at once when their length is announced, else (chunked) with `BodyTooLarge` for
 * whoever reads on. Hono's own `bodyLimit` fails on chunked bodies: it makes a Request of the server's imitation.
 * @param maxBytesOf the limit of a path
 */
export function limitBody(maxBytesOf: (path: string) => number): MiddlewareHandler {
  return async (c, next) => {
    const maxBytes = maxBytesOf(c.req.path);
    const announced = c.req.header("content-length");
    if (announced !== undefined && Number(announced) > maxBytes) return tooLarge(c);
    if (announced === undefined && WITH_BODY.includes(c.req.method)) count(c, maxBytes);
    await next();
    return undefined;
  };
}

export function tooLarge(c: Context): Response {
  return c.json({ code: "RequestTooLarge", message: "The body of the request is larger than allowed" }, 413);
}

function count(c: Context, maxBytes: number): void {
  const { url, method, headers, body } = c.req.raw;
  if (body === null) return;
  let bytes = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, controller) => {
      bytes += chunk.length;
      if (bytes > maxBytes) controller.error(new BodyTooLarge(`more than ${maxBytes} bytes`));
      else controller.enqueue(chunk);
    },
  });
  const init = { method, headers: [...headers.entries()], body: body.pipeThrough(counted), duplex: "half" };
  c.req.raw = new Request(url, init as RequestInit);
}
