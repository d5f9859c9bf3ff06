import { type Context, Hono } from "hono";
import { AuthenticationError } from "../functions/authenticate.ts";
import { NOBODY } from "../functions/identity.ts";
import { messageOf } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";
import { type ApiWiring, metadataOf } from "./api.ts";
import { identityOf, refusal } from "./callers.ts";
import { BodyTooLarge, limitBody, tooLarge } from "./limitBody.ts";

/** What `http.route` of Convex can name; HEAD is answered by the route of GET. */
const METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** The HTTP actions of `http.ts`, on a port of their own. What they let in from other origins is their affair. */
export function siteRoutes(wiring: ApiWiring): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    const problem = refusal({ host: c.req.header("host"), origin: undefined }, wiring.allowed);
    return problem === null ? await next() : c.text(problem, 403);
  });
  app.use(limitBody(() => LIMITS.httpActionBodyBytes));
  app.all("*", async (c) => await route(c, wiring));
  app.notFound(noRoute);
  app.onError((error, c) => {
    if (error instanceof BodyTooLarge) return tooLarge(c);
    wiring.log({ kind: "host", level: "error", text: `HTTP action: ${messageOf(error)}` });
    return c.json({ code: "InternalServerError", trace: "The host failed" }, 500);
  });
  return app;
}

async function route(c: Context, wiring: ApiWiring): Promise<Response> {
  if (!METHODS.includes(c.req.method)) return noRoute(c);
  const identity = await identityOf(c.req.header("authorization"), wiring.authenticator).catch(
    (error: unknown) => {
      // An action may have a token scheme of its own.
      if (error instanceof AuthenticationError) return NOBODY;
      throw error;
    },
  );
  const answer = await wiring.engine.http(await copy(c.req.raw), { identity, metadata: metadataOf(c) });
  if (answer === null) return noRoute(c);
  if (typeof answer === "string") return c.json(failure(answer), 500);
  if (c.req.method !== "HEAD") return answer;
  // The action may still be writing a body that nobody will read.
  await answer.body?.cancel();
  return new Response(null, answer);
}

/** Of a redacted message only the first line is there. */
function failure(message: string): { code: string; trace?: string } {
  const end = message.indexOf("\n");
  return end === -1 ? { code: message } : { code: message.slice(0, end), trace: message.slice(end + 1) };
}

function noRoute(c: Context): Response {
  return c.text("No matching routes found", 404);
}

/** A real Request: the server's own is an imitation that `instanceof` and `clone` see through. */
async function copy(request: Request): Promise<Request> {
  const { method, headers, url } = request;
  const body = ["GET", "HEAD"].includes(method) ? null : await request.arrayBuffer();
  return new Request(url, { method, headers: [...headers.entries()], body });
}
