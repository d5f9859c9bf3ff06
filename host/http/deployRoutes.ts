import { promisify } from "node:util";
import { brotliDecompress } from "node:zlib";
import { type Context, Hono } from "hono";
import { z } from "zod";
import { MissingEnvironment } from "../deploy/appDefinition.ts";
import type { Deployment } from "../deploy/deployment.ts";
import { envOf } from "../deploy/environment.ts";
import type { FunctionLog } from "../deploy/functionLog.ts";
import {
  evaluateSchemaAnswer,
  finishPushAnswer,
  schemaChange,
  startPushAnswer,
} from "../deploy/pushAnswers.ts";
import { pushRequest } from "../deploy/pushRequest.ts";
import { countOf } from "../deploy/systemQueries.ts";
import { AuthenticationError, type Authenticator } from "../functions/authenticate.ts";
import type { Engine } from "../functions/engine.ts";
import { DeveloperError, HostError } from "../values/errors.ts";
import { LIMITS } from "../values/limits.ts";

const unpack = promisify(brotliDecompress);

export interface DeployWiring {
  readonly authenticator: Authenticator;
  readonly engine: Engine;
  readonly deployment: Deployment;
  readonly functionLog: FunctionLog;
  readonly urls: { readonly cloud: string; readonly site: string };
}

/** What the CLI before 1.28 is told, which pushes apps without `convex.config.ts` by other routes. */
const OLD_CLI =
  "This host takes deploys of the convex package from version 1.28 on, and got one of an older version. " +
  "Update it: npm install convex@latest";

const pushId = z.object({ schemaIds: z.object({ "": z.string() }) });
const waitBody = z.object({ schemaChange: pushId });
const finishBody = z.object({
  startPush: z.object({ schemaChange: pushId }),
  dryRun: z.boolean().default(false),
});
const envBody = z.object({ changes: z.array(z.object({ name: z.string(), value: z.string().nullish() })) });

/** What the official CLI asks of a deployment to push functions to it, set its environment and follow its log. */
export function deployRoutes(wiring: DeployWiring): Hono {
  const app = new Hono();
  const admin = (path: string, answer: (c: Context) => Promise<object>) =>
    app.on(["POST", "GET"], path, async (c) => {
      const problem = notAdmin(c, wiring.authenticator);
      if (problem !== null) return c.json({ code: "BadDeployKey", message: problem }, 403);
      try {
        return c.json(await answer(c));
      } catch (error) {
        return refused(c, error);
      }
    });
  pushRoutes(admin, wiring);
  admin("/api/v1/get_canonical_urls", () =>
    Promise.resolve({ convexCloudUrl: wiring.urls.cloud, convexSiteUrl: wiring.urls.site }),
  );
  for (const path of ["/api/update_environment_variables", "/api/v1/update_environment_variables"]) {
    admin(path, async (c) => {
      const { changes } = envBody.parse(await c.req.json());
      await wiring.deployment.changeEnv(changes);
      return {};
    });
  }
  admin("/api/v1/list_environment_variables", async () => ({
    environmentVariables: await wiring.engine.inspect((tx) => envOf(tx)),
  }));
  admin("/api/stream_function_logs", async (c) => {
    const cursor = Number(c.req.query("cursor") ?? 0);
    return await wiring.functionLog.after(Number.isFinite(cursor) ? cursor : 0, c.req.raw.signal);
  });
  return app;
}

type Route = (path: string, answer: (c: Context) => Promise<object>) => unknown;

function pushRoutes(admin: Route, wiring: DeployWiring): void {
  const { deployment, engine } = wiring;
  const read = async (c: Context) => pushRequest.parse(await readBody(c));
  const evaluated = async (c: Context) => await deployment.start(await read(c), { isEvaluated: true });
  admin("/api/prepare_schema", () => Promise.reject(new HostError(OLD_CLI)));
  admin("/api/get_config_hashes", () => Promise.resolve(configHashes(deployment)));
  admin("/api/deploy2/evaluate_schema", async (c) => {
    const push = await evaluated(c);
    return await engine.inspect((tx) => evaluateSchemaAnswer(push, (table) => countOf(tx, table)));
  });
  admin("/api/deploy2/evaluate_push", async (c) => ({ schemaChange: schemaChange(await evaluated(c)) }));
  admin("/api/deploy2/start_push", async (c) =>
    startPushAnswer(await deployment.start(await read(c), { isEvaluated: false })),
  );
  admin("/api/deploy2/wait_for_schema", async (c) => {
    const { schemaChange: change } = waitBody.parse(await readBody(c));
    return await schemaStatus(deployment, change.schemaIds[""]);
  });
  admin("/api/deploy2/finish_push", async (c) => {
    const { startPush, dryRun } = finishBody.parse(await readBody(c));
    return finishPushAnswer(await deployment.finish(startPush.schemaChange.schemaIds[""], dryRun));
  });
  admin("/api/deploy2/report_push_completed", () => Promise.resolve({}));
}

async function schemaStatus(deployment: Deployment, id: string): Promise<object> {
  const check = await deployment.checkSchema(id);
  switch (check.kind) {
    case "fits":
      return { type: "complete" };
    case "misfit":
      return { type: "failed", error: check.error, componentPath: "", tableName: null };
    case "gone":
      return { type: "raceDetected" };
    default:
      return check satisfies never;
  }
}

function configHashes(deployment: Deployment): object {
  const modules = deployment.pushed?.modules ?? [];
  return {
    config: { functions: "convex/", projectSlug: "", teamSlug: "" },
    moduleHashes: modules.map(({ path, sha256, environment }) => ({ path, hash: sha256, environment })),
    udfServerVersion: deployment.pushed?.udfServerVersion ?? null,
    nodeVersion: null,
  };
}

/** Null when the request holds the admin key, else what is wrong. */
export function notAdmin(c: Context, authenticator: Authenticator): string | null {
  const header = c.req.header("authorization") ?? "";
  if (!/^convex /i.test(header)) {
    return `Expected the header "Authorization: Convex <admin key>", got ${header === "" ? "none" : "another scheme"}.`;
  }
  try {
    authenticator.admin(header.slice("convex ".length).trim());
    return null;
  } catch (error) {
    if (error instanceof AuthenticationError) return error.message;
    throw error;
  }
}

/** Bodies of pushes are JSON, most of them packed with brotli. */
async function readBody(c: Context): Promise<unknown> {
  const bytes = Buffer.from(await c.req.arrayBuffer());
  const isPacked = c.req.header("content-encoding") === "br";
  const text = isPacked ? await unpack(bytes, { maxOutputLength: LIMITS.pushBytes }) : bytes;
  return JSON.parse(text.toString("utf8")) as unknown;
}

/** Errors of the caller's making become 400 with a code and text that the CLI prints. */
function refused(c: Context, error: unknown): Response {
  if (error instanceof MissingEnvironment)
    return c.json({ code: "MissingEnvironmentVariables", message: error.message }, 400);
  if (error instanceof HostError) return c.json({ code: "InvalidPush", message: error.message }, 400);
  if (error instanceof DeveloperError) return c.json({ code: "BadRequest", message: error.message }, 400);
  if (error instanceof z.ZodError)
    return c.json({ code: "BadJsonBody", message: z.prettifyError(error) }, 400);
  throw error;
}
