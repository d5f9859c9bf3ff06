/** Seam: the official Convex CLI of the installed package, as a process, against a live host that it deploys to. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ConvexClient, ConvexHttpClient } from "convex/browser";
import { makeFunctionReference } from "convex/server";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import type { RunningHost } from "../../host/host.ts";
import { ADMIN_KEY, type CliProject, cliProject, emptyHost, endOf, untilPrinted } from "./cliHost.ts";

const DEPLOY = ["deploy", "-y", "--typecheck", "disable"];
const add = makeFunctionReference<"mutation">("tasks:add");
const titles = makeFunctionReference<"query">("tasks:titles");

let host: RunningHost;
let project: CliProject;
beforeAll(async () => {
  host = await emptyHost();
  project = cliProject();
  await project.convex(host, ...DEPLOY);
}, 60_000);
afterAll(async () => {
  await host.stop();
  project.remove();
});

it("runs deployed functions for clients and for `convex run`, internal ones too", async () => {
  await new ConvexHttpClient(host.url, { logger: false }).mutation(add, { queue: "run", title: "by client" });
  const run = await project.convex(host, "run", "tasks:titles", '{"queue":"run"}');
  expect(JSON.parse(run.stdout)).toEqual(["by client"]);
  const secret = await project.convex(host, "run", "marks:secret");
  expect(secret.stdout).toContain("for admins");
});

it("runs a query that comes with `convex run --inline-query`, which sees documents and deployed functions", async () => {
  await new ConvexHttpClient(host.url, { logger: false }).mutation(add, { queue: "inline", title: "found" });
  const inline = (source: string) => project.convex(host, "run", "--inline-query", source);
  const query =
    '(await ctx.db.query("tasks").collect()).filter((task) => task.queue === "inline").map((task) => task.title)';
  expect(JSON.parse((await inline(query)).stdout)).toEqual(["found"]);
  const nested = await inline('await ctx.runQuery("tasks:titles", { queue: "inline" })');
  expect(JSON.parse(nested.stdout)).toEqual(["found"]);
  const wrong = await inline('throw new Error("not this")').catch((error: { all: string }) => error);
  expect(wrong.all).toContain("Uncaught Error: not this");
});

it("gives functions the variables that convex.config.ts declares, with their types", async () => {
  project.write(
    "convex.config.ts",
    `import { defineApp } from "convex/server"; import { v } from "convex/values";
     export default defineApp({ env: { TOKEN: v.string(), MODE: v.optional(v.union(v.literal("a"), v.literal("b"))) } });`,
  );
  project.write(
    "declared.ts",
    `import { env, query } from "./_generated/server"; export const get = query({ handler: async () => env.TOKEN });`,
  );
  const refused = async () =>
    (await project.convex(host, ...DEPLOY).catch((error: { all: string }) => error)).all;
  expect(await refused()).toContain(
    "Environment variable TOKEN is declared as required in convex.config.ts but its value was not set.",
  );
  await project.convex(host, "env", "set", "TOKEN", "a token");
  await project.convex(host, "env", "set", "MODE", "c");
  expect(await refused()).toContain(
    "The environment variable MODE does not fit what convex.config.ts declares",
  );
  await project.convex(host, "env", "remove", "MODE");
  await project.convex(host, ...DEPLOY);
  const got = makeFunctionReference<"query">("declared:get");
  expect(await new ConvexHttpClient(host.url, { logger: false }).query(got, {})).toBe("a token");
  const types = readFileSync(join(project.folder, "convex", "_generated", "server.d.ts"), "utf8");
  expect(types).toMatch(/TOKEN: string;/);
  expect(types).toMatch(/MODE.*"a" \| "b"/);
});

it("refuses a function whose arguments are no object, and keeps what runs", async () => {
  project.write(
    "either.ts",
    `import { queryGeneric as query } from "convex/server"; import { v } from "convex/values";
     export const get = query({ args: v.union(v.object({}), v.object({ a: v.string() })) as any, handler: async () => 1 });`,
  );
  onTestFinished(() => project.erase("either.ts"));
  const refused = await project.convex(host, ...DEPLOY).catch((error: { all: string }) => error);
  expect(refused.all).toContain("either.js:get.exportArgs(): Args validator must be an object or any");
  expect(await new ConvexHttpClient(host.url, { logger: false }).query(titles, { queue: "none" })).toEqual(
    [],
  );
});

it("serves the routes of http.ts below the prefix that convex.config.ts gives them", async () => {
  const own = await emptyHost();
  onTestFinished(() => own.stop());
  const other = cliProject();
  onTestFinished(() => other.remove());
  other.write(
    "convex.config.ts",
    `import { defineApp } from "convex/server"; export default defineApp({ httpPrefix: "/app" });`,
  );
  other.write(
    "http.ts",
    `import { httpActionGeneric as httpAction, httpRouter } from "convex/server";
     const http = httpRouter();
     http.route({ path: "/where", method: "GET", handler: httpAction(async (_, { url }) => new Response(new URL(url).pathname)) });
     export default http;`,
  );
  await other.convex(own, ...DEPLOY);
  const get = async (path: string) => {
    const answer = await fetch(own.siteUrl + path);
    return [answer.status, await answer.text()];
  };
  expect(await get("/app/where")).toEqual([200, "/app/where"]);
  expect(await get("/where")).toEqual([404, "No matching routes found"]);
  expect(await get("/application/where")).toEqual([404, "No matching routes found"]);
});

it("says in which source a function failed or printed an error, and where", async () => {
  const client = new ConvexHttpClient(host.url, { logger: false });
  const failed = await client.mutation(makeFunctionReference<"mutation">("tasks:crash"), {}).catch(String);
  expect(failed).toMatch(/Uncaught Error: something broke\n    at \w+ \(\.\.\/convex\/tasks\.ts:\d+:\d+\)/);
  const body = JSON.stringify({ path: "webApis:printInQuery", args: {} });
  const printed = await (await fetch(`${host.url}/api/query`, { method: "POST", body })).text();
  expect(printed).toMatch(/Error: printed\\n    at printError \(\.\.\/convex\/webApis\.ts:\d+:\d+\)/);
});

it("names the functions that there are when `convex run` asks for another", async () => {
  const run = await project.convex(host, "run", "tasks:nothing").catch((error: { all: string }) => error);
  expect(run.all).toContain("Could not find");
});

it("lists tables and documents with `convex data`", async () => {
  await new ConvexHttpClient(host.url, { logger: false }).mutation(add, { queue: "data", title: "a row" });
  expect((await project.convex(host, "data")).stdout.split("\n")).toEqual([
    "marks",
    "people",
    "tasks",
    "values",
  ]);
  const rows = await project.convex(host, "data", "tasks", "--format", "jsonl");
  expect(rows.stdout).toContain('"title": "a row"');
});

it("sets, gets, lists and removes environment variables, and functions see them at once", async () => {
  await project.convex(host, "env", "set", "GREETING", "hello there");
  expect((await project.convex(host, "env", "get", "GREETING")).stdout).toBe("hello there");
  expect((await project.convex(host, "env", "list")).stdout).toContain("GREETING=");
  const seen = JSON.parse((await project.convex(host, "run", "runtime:globals")).stdout) as { env: string };
  expect(seen.env).toBe("hello there");
  await project.convex(host, "env", "remove", "GREETING");
  expect((await project.convex(host, "env", "list")).stdout).not.toContain("GREETING");
});

it("answers older versions of the CLI: with its address as a variable, or with what to update", async () => {
  const site = await project.convex(host, "env", "get", "CONVEX_SITE_URL");
  expect(site.stdout.trim()).toBe(host.siteUrl);
  const headers = { authorization: `Convex ${ADMIN_KEY}` };
  const push = await fetch(`${host.url}/api/prepare_schema`, { method: "POST", headers, body: "{}" });
  expect(push.status).toBe(400);
  expect(await push.json()).toMatchObject({ message: expect.stringContaining("from version 1.28 on") });
});

it("describes every function with its validators", async () => {
  const { functions } = JSON.parse((await project.convex(host, "function-spec")).stdout) as {
    functions: {
      identifier?: string;
      functionType: string;
      visibility: object;
      method?: string;
      path?: string;
    }[];
  };
  expect(functions).toContainEqual(
    expect.objectContaining({
      identifier: "tasks.js:add",
      functionType: "Mutation",
      visibility: { kind: "public" },
    }),
  );
  expect(functions).toContainEqual({ functionType: "HttpAction", method: "POST", path: "/echo" });
});

it("follows the log of the functions", async () => {
  const logs = project.convex(host, "logs", "--success");
  const client = new ConvexHttpClient(host.url, { logger: false });
  const say = makeFunctionReference<"query">("runtime:say");
  const caller = setInterval(() => void client.query(say, { value: `spoken at ${Date.now()}` }), 200);
  onTestFinished(() => clearInterval(caller));
  await untilPrinted(logs, (text) => text.includes("spoken at"));
  expect((await endOf(logs)).all).toContain("runtime:say");
});

it("watches a query with `convex run --watch`", async () => {
  const watching = project.convex(host, "run", "--watch", "tasks:titles", '{"queue":"watched"}');
  const client = new ConvexHttpClient(host.url, { logger: false });
  await untilPrinted(watching, (text) => text.includes("[]"));
  await client.mutation(add, { queue: "watched", title: "news" });
  await untilPrinted(watching, (text) => text.includes("news"));
  await endOf(watching);
});

it("pushes once with `convex dev --once`, and subscriptions show the new code without a reconnect", async () => {
  project.write("added.ts", textOf("first"));
  await project.convex(host, "dev", "--once", "--typecheck", "disable");
  const client = new ConvexClient(host.url, {
    webSocketConstructor: WebSocket as never,
    unsavedChangesWarning: false,
  });
  onTestFinished(() => client.close());
  const seen: string[] = [];
  const second = new Promise<void>((resolve) => {
    client.onUpdate(makeFunctionReference<"query">("added:word"), {}, (word: string) => {
      seen.push(word);
      if (word === "second") resolve();
      else project.write("added.ts", textOf("second"));
    });
  });
  while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  await project.convex(host, "dev", "--once", "--typecheck", "disable");
  await second;
  expect(seen).toEqual(["first", "second"]);
});

it("lets an action under way end with the functions that it began with, and starts every next one with the new", async () => {
  project.write("long.ts", actionText("first"));
  await project.convex(host, ...DEPLOY);
  const client = new ConvexHttpClient(host.url, { logger: false });
  const hold = (queue: string) => client.action(makeFunctionReference<"action">("long:hold"), { queue });
  const underWay = [hold("held"), hold("held")];
  const begun = async () => (await client.query(titles, { queue: "held begun" })) as string[];
  while ((await begun()).length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
  project.write("long.ts", actionText("second"));
  await project.convex(host, ...DEPLOY);
  await client.mutation(add, { queue: "held", title: "go on" });
  expect(await Promise.all(underWay)).toEqual(["first", "first"]);
  expect(await Promise.all([1, 2, 3, 4].map(() => hold("held")))).toEqual(Array(4).fill("second"));
});

it('runs actions of a "use node" module with all of Node.js, called by clients and by other actions', async () => {
  const other = await emptyHost();
  const own = cliProject();
  onTestFinished(async () => (own.remove(), await other.stop()));
  own.write("inNode.ts", NODE_MODULE);
  own.write("caller.ts", CALLER);
  await own.convex(other, ...DEPLOY);
  const client = new ConvexHttpClient(other.url, { logger: false });
  const seen = await client.action(makeFunctionReference<"action">("inNode:look"), { word: "abc" });
  expect(seen).toEqual({
    digest: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
    hex: "616263",
    isThere: true,
    stored: "abc",
    env: ["CONVEX_CLOUD_URL", "CONVEX_SITE_URL"],
  });
  expect(await client.action(makeFunctionReference<"action">("caller:call"), {})).toBe("abd");
  const late = client.action(makeFunctionReference<"action">("inNode:rejectLate"), {});
  await expect(late).rejects.toThrow("Uncaught (in promise) Error: nobody waits for this");
  const thrown = await client.action(makeFunctionReference<"action">("inNode:fail"), {}).catch(String);
  expect(thrown).toMatch(/Uncaught Error: in Node\n    at \w+ \(\.\.\/convex\/inNode\.ts:18:11\)/);
  const again = await own.convex(other, ...DEPLOY);
  expect(again.all).toContain("Deployed");
  own.write("inNode.ts", `${NODE_MODULE}\nexport const wrong = queryGeneric({ handler: async () => 1 });`);
  const push = await own.convex(other, ...DEPLOY).catch((error: { all: string }) => error);
  expect(push.all).toContain(
    "`wrong` defined in `inNode.js` is a query. Only actions can be defined in Node.js.",
  );
});

it("refuses a schema that stored documents do not fit, and goes on with the functions before", async () => {
  const client = new ConvexHttpClient(host.url, { logger: false });
  await client.mutation(add, { queue: "kept", title: "fits the old schema" });
  const other = cliProject();
  onTestFinished(() => other.remove());
  other.write(
    "schema.ts",
    `import { defineSchema, defineTable } from "convex/server"; import { v } from "convex/values";
     export default defineSchema({ tasks: defineTable({ owner: v.string() }) });`,
  );
  const push = await other.convex(host, ...DEPLOY).catch((error: { all: string; exitCode: number }) => error);
  expect(push.exitCode).toBe(1);
  expect(push.all).toContain("Schema validation failed");
  expect(push.all).toContain("does not match the schema");
  expect(await client.query(titles, { queue: "kept" })).toEqual(["fits the old schema"]);
});

it("keeps what was deployed over a restart", async () => {
  const folder = mkdtempSync(join(tmpdir(), "drover-deployed-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const data = join(folder, "data.sqlite");
  const env = { TOKEN: "declared above" };
  const first = await emptyHost({ data, env });
  await project.convex(first, ...DEPLOY);
  await new ConvexHttpClient(first.url, { logger: false }).mutation(add, { queue: "q", title: "before" });
  await first.stop();
  const second = await emptyHost({ data });
  onTestFinished(() => second.stop());
  expect(await new ConvexHttpClient(second.url, { logger: false }).query(titles, { queue: "q" })).toEqual([
    "before",
  ]);
});

it("refuses another admin key", async () => {
  const response = await fetch(`${host.url}/api/deploy2/start_push`, {
    method: "POST",
    headers: { authorization: `Convex ${ADMIN_KEY}x`, "content-type": "application/json" },
    body: "{}",
  });
  expect(response.status).toBe(403);
  expect(await response.json()).toMatchObject({ code: "BadDeployKey" });
});

function textOf(word: string): string {
  return `import { queryGeneric as query } from "convex/server"; export const word = query({ args: {}, handler: async () => "${word}" });`;
}

/** An action that says that it has begun, and answers when its queue is no longer empty. */
function actionText(word: string): string {
  return `import { actionGeneric as action, makeFunctionReference } from "convex/server";
    const add = makeFunctionReference("tasks:add");
    const titles = makeFunctionReference("tasks:titles");
    export const hold = action({ handler: async (ctx, { queue }) => {
      await ctx.runMutation(add, { queue: queue + " begun", title: "begun" });
      while ((await ctx.runQuery(titles, { queue })).length === 0) await new Promise((go) => setTimeout(go, 10));
      return "${word}";
    } });`;
}

const NODE_MODULE = `"use node";
  import { createHash } from "node:crypto";
  import fs from "fs";
  import { actionGeneric, internalActionGeneric, queryGeneric } from "convex/server";
  export const look = actionGeneric({ handler: async (ctx, { word }) => {
    const blob = await ctx.storage.get(await ctx.storage.store(new Blob([word])));
    return {
      digest: createHash("sha256").update(word).digest("hex"), hex: Buffer.from(word).toString("hex"),
      isThere: fs.existsSync("/"), stored: await blob.text(), env: Object.keys(process.env).sort(),
    };
  } });
  export const last = internalActionGeneric({ handler: async (_ctx, { word }) => word });
  export const rejectLate = actionGeneric({ handler: async () => {
    void Promise.reject(new Error("nobody waits for this"));
    await new Promise(() => undefined);
  } });
  export const fail = actionGeneric({ handler: async () => {
    throw new Error("in Node");
  } });`;

const CALLER = `import { actionGeneric, makeFunctionReference } from "convex/server";
  export const call = actionGeneric({ handler: async (ctx) =>
    await ctx.runAction(makeFunctionReference("inNode:last"), { word: "abd" }) });`;
