/** Seam: the site port of a running host, over real sockets; the actions are those of fixtures/app/convex/http.ts. */
import { connect } from "node:net";
import { describe, expect, it } from "vitest";
import { fixtureHost, httpClient, mutation, query } from "../fixtures/harness.ts";

const add = (url: string, queue: string, title: string) =>
  httpClient(url).mutation(mutation("tasks:add"), { queue, title });

describe("HTTP actions", () => {
  it("are routed by http.ts on the site port", async () => {
    const { siteUrl } = await fixtureHost();
    const answer = await fetch(`${siteUrl}/echo`, { method: "POST", body: "hello" });
    expect([answer.status, answer.headers.get("x-path"), await answer.text()]).toEqual([
      201,
      "/echo",
      "HELLO",
    ]);
  });

  it.each([
    ["/told/exact", "/told/exact"],
    ["/told/other", "/told/*"],
    ["/told/", "/told/*"],
    ["/told/deep/down", "/told/deep/*"],
    ["/told/deep", "/told/*"],
  ])("at %s are those of %s: exact before prefix, longer before shorter prefix", async (path, route) => {
    const { siteUrl } = await fixtureHost();
    expect(await (await fetch(`${siteUrl}${path}`)).json()).toMatchObject({ route, pathname: path });
  });

  it("answer every method, and see path, query, headers and body as they were sent", async () => {
    const { siteUrl } = await fixtureHost();
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "GET"]) {
      const body = method === "GET" ? null : "ä\u0000";
      const init = { method, body, headers: { "x-own": "yes" } };
      const answer = await fetch(`${siteUrl}/told/exact?q=1&q=%C3%A4`, init);
      expect(await answer.json()).toMatchObject({ method, q: ["1", "ä"], body: body ?? "", h: "yes" });
    }
  });

  it("answer HEAD with the route of GET, without its body", async () => {
    const { siteUrl } = await fixtureHost();
    const answer = await fetch(`${siteUrl}/told/exact`, { method: "HEAD" });
    expect([answer.status, answer.headers.get("x-length"), await answer.text()]).toEqual([200, "9", ""]);
  });

  it.each([
    ["GET", "/echo"],
    ["POST", "/nowhere"],
    ["GET", "/told"],
    ["GET", "/"],
    ["PURGE", "/told/exact"],
  ])("%s %s, which no route matches, is 404 with the text of Convex", async (method, path) => {
    const { siteUrl } = await fixtureHost();
    const answer = await fetch(`${siteUrl}${path}`, { method });
    expect([answer.status, await answer.text()]).toEqual([404, "No matching routes found"]);
  });

  it("leave CORS to the app, and keep every cookie", async () => {
    const { siteUrl } = await fixtureHost();
    const origin = { headers: { origin: "https://other.example" } };
    const answer = await fetch(`${siteUrl}/cookies`, origin);
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([204, ["a=1", "b=2"]]);
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://other.example");
    const other = await fetch(`${siteUrl}/told/exact`, { method: "OPTIONS", ...origin });
    expect(other.headers.get("access-control-allow-origin")).toBeNull();
  });

  it("take and give blobs", async () => {
    const { siteUrl } = await fixtureHost();
    const bytes = new Uint8Array(300_000).map((_, i) => i % 253);
    const answer = await fetch(`${siteUrl}/blob`, {
      method: "POST",
      body: bytes,
      headers: { "content-type": "image/png" },
    });
    expect(answer.headers.get("content-type")).toBe("image/png");
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it("are not called with a body above 20 MiB", async () => {
    const { siteUrl } = await fixtureHost();
    const answer = await fetch(`${siteUrl}/echo`, {
      method: "POST",
      body: new Uint8Array(20 * 1024 * 1024 + 1),
    });
    expect(answer.status).toBe(413);
    const chunk = new Uint8Array(1024 * 1024).fill(65);
    let chunks = 21;
    const pull = (controller: ReadableStreamDefaultController) =>
      chunks-- > 0 ? controller.enqueue(chunk) : controller.close();
    const chunked = { method: "POST", body: new ReadableStream({ pull }), duplex: "half" } as RequestInit;
    expect((await fetch(`${siteUrl}/echo`, chunked)).status).toBe(413);
  });

  it("take a body that is sent in chunks", async () => {
    const { siteUrl } = await fixtureHost();
    const body = new Blob(["in ", "chunks"]).stream();
    const answer = await fetch(`${siteUrl}/echo`, { method: "POST", body, duplex: "half" });
    expect(await answer.text()).toBe("IN CHUNKS");
  });

  it.each([
    ["/broken/any/path", "Uncaught Error: http broke"],
    ["/nothing", "An HTTP action must return a Response"],
    ["/error", "An HTTP action must return a Response"],
  ])("%s, which fails, is a 500 with the message", async (path, message) => {
    const { siteUrl } = await fixtureHost();
    const answer = await fetch(`${siteUrl}${path}`);
    expect(answer.status).toBe(500);
    const { code, trace } = (await answer.json()) as { code: string; trace: string };
    expect(code).toMatch(/^\[Request ID: \w+\] Server Error$/);
    expect(trace).toContain(message);
  });

  it("that fail say nothing of it where messages are redacted", async () => {
    const { siteUrl } = await fixtureHost({ redact: true });
    const answer = (await (await fetch(`${siteUrl}/broken/x`)).json()) as object;
    expect(answer).toEqual({ code: expect.stringMatching(/^\[Request ID: \w+\] Server Error$/) as string });
  });
});

describe("an HTTP action that streams", () => {
  async function streaming(host: { url: string; siteUrl: string }, queue: string) {
    await add(host.url, queue, "first");
    const answer = await fetch(`${host.siteUrl}/stream?queue=${queue}`);
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe("first\n");
    return reader;
  }

  it("is read while it writes, and may call functions and wait until its body ends", async () => {
    const host = await fixtureHost();
    const reader = await streaming(host, "s");
    await add(host.url, "s", "second");
    expect((await reader.read()).value).toBe("second\n");
    await add(host.url, "s", "end");
    expect((await reader.read()).value).toBe("end\n");
    expect((await reader.read()).done).toBe(true);
    expect(await httpClient(host.url).query(query("tasks:titles"), { queue: "s" })).toEqual([
      "first",
      "second",
      "end",
      "streamed",
    ]);
  });

  it("that breaks off breaks the connection, so that nobody takes half a body for a whole one", async () => {
    const host = await fixtureHost();
    const reader = await streaming(host, "b");
    await add(host.url, "b", "break");
    await expect(readAll(reader)).rejects.toThrow("terminated");
  });

  it("may send 20 MiB and no more", async () => {
    const host = await fixtureHost();
    const answer = await fetch(`${host.siteUrl}/flood`);
    await expect(readAll(answer.body!.getReader())).rejects.toThrow("terminated");
    expect((await fetch(`${host.siteUrl}/told/exact`)).status).toBe(200);
  });

  it("that never gives its thread back ends with the host, and the connection with it", async () => {
    const host = await fixtureHost();
    const reader = await streaming(host, "f");
    const broken = expect(readAll(reader)).rejects.toThrow("terminated");
    await add(host.url, "f", "forever");
    await host.stop();
    await broken;
  });
});

it("answers what is no HTTP, and a Host that is not its own, without harm", async () => {
  const { siteUrl } = await fixtureHost();
  const { port } = new URL(siteUrl);
  const say = (text: string) =>
    new Promise<string>((resolve) => {
      let answer = "";
      const socket = connect(Number(port), "127.0.0.1", () => socket.write(text));
      socket.on("data", (data) => (answer += String(data)));
      socket.on("close", () => resolve(answer));
    });
  expect(await say("nonsense\r\n\r\n")).toContain("400");
  expect(await say("GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")).toContain("403");
  expect((await fetch(`${siteUrl}/told/exact`)).status).toBe(200);
});

async function readAll(reader: { read(): Promise<{ done: boolean }> }): Promise<void> {
  while (!(await reader.read()).done);
}
