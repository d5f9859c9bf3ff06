import { Hono } from "hono";
import { z } from "zod";
import { NOBODY } from "../functions/identity.ts";
import type { ConvexJson } from "../values/json.ts";
import { HostError } from "../values/errors.ts";
import { answerOf } from "./answer.ts";
import { type DeployWiring, notAdmin } from "./deployRoutes.ts";

const body = z.object({
  bundle: z.object({ source: z.string() }),
  args: z.record(z.string(), z.unknown()).default({}),
  format: z.enum(["convex_encoded_json", "json"]).default("json"),
});

/** A query that comes with its source (cli/lib/runTestFunction.ts of the convex package): `convex run --inline-query`. */
export function testQueryRoute({ authenticator, deployment, engine }: DeployWiring): Hono {
  const app = new Hono();
  app.post("/api/run_test_function", async (c) => {
    const problem = notAdmin(c, authenticator);
    if (problem !== null) return c.json({ code: "BadDeployKey", message: problem }, 403);
    const { bundle, args, format } = body.parse(await c.req.json());
    try {
      const functions = await deployment.withTestQuery(bundle.source);
      const call = { path: "testQuery:default", args: [args as ConvexJson], identity: NOBODY };
      return c.json(answerOf(await engine.oneOff(functions, call), format));
    } catch (error) {
      if (error instanceof HostError) return c.json({ code: "InvalidModules", message: error.message }, 400);
      throw error;
    }
  });
  return app;
}
