/** Seam: HTTP as plain requests, where the official client does not show status codes, formats and headers. */
import { describe, expect, it } from "vitest";
import { ADMIN_KEY, fixtureHost, rawSocket } from "../fixtures/harness.ts";
import { refusal } from "./callers.ts";

// Bodies are looked into freely.
// eslint-disable-next-line @typescript-eslint/no-explicit-any
const jsonOf = async (answer: Promise<Response> | Response): Promise<any> => await (await answer).json();

const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });

describe("the HTTP API", () => {
  it("calls functions of any kind by name, with arguments as an object or in an array", async () => {
    const { url } = await fixtureHost();
    const add = { queue: "a", title: "x" };
    const answers = [
      await post(`${url}/api/function`, { path: "tasks:add", args: add }),
      await post(`${url}/api/mutation`, { path: "tasks:add", args: [add] }),
      await post(`${url}/api/run/tasks/add`, { args: add }),
      await post(`${url}/api/function`, { path: "marks:act", args: { text: "x" } }),
    ];
    for (const answer of answers) expect((await jsonOf(answer)).status).toBe("success");
    const got = await fetch(`${url}/api/query?path=tasks:titles&args=${encodeURIComponent('{"queue":"a"}')}`);
    expect((await jsonOf(got)).value).toEqual(["x", "x", "x"]);
  });

  it("answers several queries at once, each for itself", async () => {
    const { url } = await fixtureHost();
    const queries = [
      { path: "tasks:titles", args: { queue: "a" } },
      { path: "nowhere:none", args: {} },
    ];
    const { results } = await jsonOf(post(`${url}/api/query_batch`, { queries }));
    expect(results.map((each: { status: string }) => each.status)).toEqual(["success", "error"]);
  });

  it("gives int64 and bytes as strings to those who ask for plain JSON", async () => {
    const { url } = await fixtureHost();
    const args = {
      value: { n: { $integer: "KgAAAAAAAAA=" }, b: { $bytes: "AQI=" }, f: { $float: "AAAAAAAA8H8=" } },
    };
    const call = (format: string) => post(`${url}/api/query`, { path: "runtime:say", args, format });
    expect((await jsonOf(call("json"))).value).toEqual({ n: "42", b: "AQI=", f: "Infinity" });
    expect((await jsonOf(call("convex_encoded_json"))).value).toEqual(args.value);
  });

  it.each([
    ["/api/query", "{", 400, "BadJsonBody"],
    ["/api/query", '{"args":{}}', 400, "BadJsonBody"],
    ["/api/nothing", "{}", 404, "NotFound"],
  ])("answers %s %s with %i", async (...[path, body, status, code]) => {
    const { url } = await fixtureHost();
    const answer = await fetch(url + path, {
      method: "POST",
      body,
      headers: { "content-type": "application/json" },
    });
    expect(answer.status).toBe(status);
    expect((await jsonOf(answer)).code).toBe(code);
  });

  it.each([["Convex wrong"], ["Bearer nonsense"], ["Basic abc"], [`Convex ${ADMIN_KEY}x`]])(
    "refuses the authorization %j with 401",
    async (authorization) => {
      const { url } = await fixtureHost();
      const answer = await post(
        `${url}/api/query`,
        { path: "tasks:titles", args: { queue: "a" } },
        { authorization },
      );
      expect(answer.status).toBe(401);
    },
  );

  it("names itself, and lets pages of this machine in but no others", async () => {
    const { url } = await fixtureHost();
    expect((await fetch(`${url}/version`)).status).toBe(200);
    expect((await fetch(`${url}/instance_name`)).status).toBe(200);
    const local = await fetch(`${url}/version`, { headers: { origin: "http://localhost:5173" } });
    expect(local.headers.get("access-control-allow-origin")).toBe("http://localhost:5173");
    expect((await fetch(`${url}/version`, { headers: { origin: "https://evil.example" } })).status).toBe(403);
  });

  it("lists and changes the environment for who holds the admin key", async () => {
    const { url } = await fixtureHost();
    const admin = { authorization: `Convex ${ADMIN_KEY}` };
    const changes = [
      { name: "A", value: "1" },
      { name: "B", value: "2" },
      { name: "B", value: null },
    ];
    expect((await post(`${url}/api/v1/update_environment_variables`, { changes }, admin)).status).toBe(200);
    const list = (headers: Record<string, string>) =>
      fetch(`${url}/api/v1/list_environment_variables`, { headers });
    expect(await jsonOf(list(admin))).toEqual({ environmentVariables: { A: "1" } });
    expect((await list({})).status).toBe(403);
    for (const [name, value] of [
      ["_A", "x"],
      ["CONVEX_A", "x"],
      ["A".repeat(257), "x"],
      ["A", "x".repeat(8193)],
    ]) {
      const wrong = post(`${url}/api/update_environment_variables`, { changes: [{ name, value }] }, admin);
      expect((await wrong).status).toBe(400);
    }
    expect(await jsonOf(list(admin))).toEqual({ environmentVariables: { A: "1" } });
  });

  it("accepts sockets at the sync path only", async () => {
    const { url } = await fixtureHost();
    const { socket } = await rawSocket(`${url}/elsewhere`);
    expect(socket.readyState).not.toBe(socket.OPEN);
  });
});

describe("names by which a host may be called", () => {
  const local = { bind: "127.0.0.1", names: [] };
  const network = { bind: "0.0.0.0", names: ["drover.internal"] };
  it.each([
    ["127.0.0.1:3210", undefined, local, true],
    ["localhost:3210", "http://localhost:1", local, true],
    ["[::1]:3210", undefined, local, true],
    ["192.168.1.5:3210", undefined, local, false],
    ["evil.example:3210", undefined, local, false],
    ["localhost:3210", "https://evil.example", local, false],
    ["localhost:3210", "null", local, false],
    ["192.168.1.5:3210", undefined, network, true],
    ["drover.internal", "http://drover.internal", network, true],
    ["rebound.example:3210", undefined, network, false],
  ])("Host %s, Origin %s, %j: %s", (...[host, origin, allowed, isAllowed]) => {
    expect(refusal({ host, origin }, allowed) === null).toBe(isAllowed);
  });
});
