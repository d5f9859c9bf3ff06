import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { AuthenticationError } from "../functions/authenticate.ts";
import { NOBODY } from "../functions/identity.ts";
import { LIMITS } from "../values/limits.ts";
import { type ApiWiring, metadataOf } from "./api.ts";
import { identityOf, refusal } from "./callers.ts";

/** The HTTP actions of `http.ts`, on a port of their own. What they let in from other origins is their affair. */
export function siteRoutes(wiring: ApiWiring): Hono {
  const app = new Hono();
  app.use(async (c, next) => {
    const problem = refusal({ host: c.req.header("host"), origin: undefined }, wiring.allowed);
    return problem === null ? await next() : c.text(problem, 403);
  });
  app.use(bodyLimit({ maxSize: LIMITS.httpActionBodyBytes }));
  app.all("*", async (c) => {
    const identity = await identityOf(c.req.header("authorization"), wiring.authenticator).catch(
      (error: unknown) => {
        // An action may have a token scheme of its own.
        if (error instanceof AuthenticationError) return NOBODY;
        throw error;
      },
    );
    const answer = await wiring.engine.http(await copy(c.req.raw), { identity, metadata: metadataOf(c) });
    if (answer === null) return c.text("No matching routes found", 404);
    return typeof answer === "string" ? c.json({ code: "InternalServerError", trace: answer }, 500) : answer;
  });
  return app;
}

/** A real Request: the server's own is an imitation that `instanceof` and `clone` see through. */
async function copy(request: Request): Promise<Request> {
  const { method, headers, url } = request;
  const body = ["GET", "HEAD"].includes(method) ? null : await request.arrayBuffer();
  return new Request(url, { method, headers: [...headers.entries()], body });
}
