/** Seam: what functions see around them, and what ends a function that does too much; through the HTTP client. */
import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { join } from "node:path";
import {
  action,
  convexClient,
  fixtureHost,
  hostArgs,
  hostProcess,
  httpClient,
  mutation,
  query,
  tempFolder,
} from "../fixtures/harness.ts";

describe("queries and mutations", () => {
  it("have Convex's globals and nothing of Node, a frozen clock and no timers", async () => {
    const host = await fixtureHost({ env: { GREETING: "hello" } });
    const seen = await httpClient(host.url).query(query("runtime:globals"), {});
    const documented =
      "in queries and mutations. Please consider using an action. See https://docs.convex.dev/functions/actions for more details.";
    expect(seen).toEqual({
      frozen: true,
      random: true,
      require: "undefined",
      buffer: "undefined",
      process: "env",
      env: "hello",
      timer: `Can't use setTimeout ${documented}`,
      fetch: `Can't use fetch() ${documented}`,
    });
  });

  it("have every class of the web that the documentation lists, and every method of console that does no harm", async () => {
    const host = await fixtureHost();
    const seen = await httpClient(host.url).query(query("runtime:web"), {});
    expect(seen).toEqual({ missing: [], silent: true });
  });

  it("may wait for crypto.subtle, whose buffers are bytes to them", async () => {
    const host = await fixtureHost();
    const client = httpClient(host.url);
    const digests = await Promise.all(
      ["abc", "abc", "abd"].map((text) =>
        client.mutation(mutation("runtime:digest"), { text }, { skipQueue: true }),
      ),
    );
    const hex = digests.map((each) => Buffer.from(each as ArrayBuffer).toString("hex"));
    expect(hex[0]).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(hex[1]).toBe(hex[0]);
    expect(hex[2]).not.toBe(hex[0]);
  });

  it("may wait for blobs, bodies, forms and streams, and store files in mutations", async () => {
    const host = await fixtureHost();
    const client = httpClient(host.url);
    const expected = ["from a blob", "from JSON", "from a form", "aa", "3000000"];
    expect(await client.query(query("webApis:bodiesInQuery"), {})).toEqual(expected);
    expect(await client.mutation(mutation("webApis:bodiesInMutation"), {})).toEqual(expected);
    expect(await client.mutation(mutation("webApis:storeInMutation"), {})).toBe("stored by a mutation");
  });

  it("know what Node makes and throws by the classes that they have, as actions do", async () => {
    const client = httpClient((await fixtureHost()).url);
    const expected = Object.fromEntries(
      ["error", "typeError", "exception", "object", "array", "map", "own", "notRangeError", "notOwn"].map(
        (name) => [name, true],
      ),
    );
    expect(await client.query(query("webApis:classesInQuery"), {})).toEqual(expected);
    expect(await client.action(action("webApis:classesInAction"), {})).toEqual(expected);
  });

  it("do nothing in the next call's name with what they did not wait for", async () => {
    const client = httpClient((await fixtureHost()).url);
    for (let i = 0; i < 10; i++) {
      await client.mutation(mutation("webApis:writeLate"), {});
      await client.mutation(mutation("tasks:add"), { queue: "own", title: `${i}` });
    }
    expect(await client.query(query("marks:texts"), { text: "late x" })).toBe(0);
  });

  it("that loop after they have waited are ended, and the next call finds a host that works", async () => {
    const client = httpClient((await fixtureHost()).url);
    await expect(client.query(query("webApis:spinLate"), {})).rejects.toThrow("timed out");
    expect(await client.query(query("webApis:bodiesInQuery"), {})).toHaveLength(5);
  });

  it("print errors without the host's frames, as actions do, and know when they were loaded", async () => {
    const host = await fixtureHost();
    for (const [kind, path] of [
      ["query", "webApis:printInQuery"],
      ["action", "webApis:printInAction"],
    ]) {
      const body = JSON.stringify({ path, args: {} });
      const answer = await fetch(`${host.url}/api/${kind}`, { method: "POST", body });
      const { value, logLines } = (await answer.json()) as { value: boolean; logLines: string[] };
      expect(value).toBe(true);
      expect(logLines[0]).toMatch(/^\[ERROR\] Error: printed\n    at printError \(/);
      expect(logLines[0]).not.toMatch(/convexRuntime|node:|isolate\.ts/);
    }
  });

  it("are told which argument of an operation is wrong, and may go on", async () => {
    const host = await fixtureHost();
    const invalid = (field: string, expected: string) => `Invalid argument \`${field}\` for ${expected}`;
    expect(await convexClient(host.url).mutation(mutation("misuse:all"), {})).toEqual({
      delete: invalid("id", "`db.delete`: expected string, got null"),
      patch: invalid("id", "`db.patch`: expected string, got 5"),
      normalizeId: invalid("idString", "`db.normalizeId`: expected string, got null"),
      order: invalid("order", '`db.query`: expected "asc" or "desc", got "upwards"'),
      noCursor: invalid("cursor", "`paginate`: expected string or null, got undefined"),
      cursor: invalid("cursor", "`paginate`: expected string, got 5"),
      cancel: invalid("id", "`scheduler.cancel`: expected string, got null"),
      getUrl: invalid("storageId", "`storage.getUrl`: expected string, got null"),
      noJson: "The arguments of 1.0/get are no JSON.",
      noSource: invalid("source", "`paginate`: expected object, got undefined"),
    });
  });

  it("hold nested calls to limits of their own, and do not count writes that are taken back", async () => {
    const host = await fixtureHost();
    const seen = await httpClient(host.url).mutation(mutation("marks:nestedLimits"), {});
    expect(seen).toEqual({
      read: expect.stringContaining("Too many documents read") as string,
      written: expect.stringContaining("Too many writes") as string,
      unlimited: expect.not.arrayContaining(["d"]) as string[],
      counted: 3,
    });
  });

  it("cannot schedule with a commit timestamp that is not there yet", async () => {
    const host = await fixtureHost();
    const late = httpClient(host.url).mutation(mutation("marks:stampLater"), {});
    await expect(late).rejects.toThrow("Invalid arguments for marks:write");
  });

  it("that never settle are failed at once", async () => {
    const host = await fixtureHost();
    await expect(httpClient(host.url).query(query("runtime:hang"), {})).rejects.toThrow(
      "a promise that nothing will resolve",
    );
  });

  it("that loop for ever are killed, and mutations of the same batch still run", async () => {
    const host = await fixtureHost();
    const clients = Array.from({ length: 4 }, () => convexClient(host.url));
    const good = clients
      .slice(1)
      .map((client, i) => client.mutation(mutation("tasks:add"), { queue: "a", title: `${i}` }));
    await expect(clients[0]!.mutation(mutation("runtime:spin"), {})).rejects.toThrow(
      "Function execution timed out (maximum duration: 1s)",
    );
    await Promise.all(good);
    await clients[0]!.mutation(mutation("tasks:add"), { queue: "a", title: "after" });
    expect((await clients[0]!.query(query("tasks:titles"), { queue: "a" })).sort()).toEqual([
      "0",
      "1",
      "2",
      "after",
    ]);
  });
});

it("does not count the time that the machine did not let a function run", async () => {
  const host = await hostProcess(hostArgs(join(tempFolder(), "data.sqlite")));
  const client = httpClient(host.url);
  const compute = (rounds: number) => client.mutation(mutation("runtime:compute"), { rounds });
  // As much as takes a good part of a second on this machine, so that the stop falls into it.
  let rounds = 1e6;
  for (let took = 0; took < 200; rounds *= 2) {
    const begun = performance.now();
    await compute(rounds);
    took = performance.now() - begun;
  }
  const lines = host.stderr().split("computing").length;
  const answer = compute(rounds);
  while (host.stderr().split("computing").length === lines) await new Promise(setImmediate);
  host.child.kill("SIGSTOP");
  // Longer than the watchdog waits, by the wall.
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  host.child.kill("SIGCONT");
  expect(await answer).toBeTypeOf("number");
});

describe("limits of the real server", () => {
  it.each([
    ["runtime:readMany", { count: 4_097 }, "Too many reads in a single function execution (limit: 4096)"],
  ])("%s %j is refused", async (path, args, message) => {
    const host = await fixtureHost();
    await expect(httpClient(host.url).query(query(path), args)).rejects.toThrow(message);
  });

  it.each([
    [{ bytes: 1_048_577, nesting: 0, fields: 0 }, "Value is too large"],
    [{ bytes: 1, nesting: 16, fields: 0 }, "too nested (nested 17 levels deep > maximum nesting 16)"],
    [{ bytes: 1, nesting: 0, fields: 1_025 }, "too many fields (1025 > maximum number 1024)"],
  ])("a document of %j is refused", async (args, message) => {
    const host = await fixtureHost();
    await expect(httpClient(host.url).mutation(mutation("runtime:big"), args)).rejects.toThrow(message);
  });

  it("lets pass what is just inside them", async () => {
    const host = await fixtureHost();
    const client = httpClient(host.url);
    await client.query(query("runtime:readMany"), { count: 4_096 });
    await client.mutation(mutation("runtime:big"), { bytes: 1_000_000, nesting: 0, fields: 0 });
    await client.mutation(mutation("runtime:big"), { bytes: 1, nesting: 15, fields: 0 });
  });

  it("refuses results with arrays that are too long", async () => {
    const host = await fixtureHost();
    const call = (length: number) => httpClient(host.url).query(query("runtime:numbers"), { length });
    expect(await call(8_192)).toHaveLength(8_192);
    await expect(call(8_193)).rejects.toThrow("Array length is too long (8193 > maximum length 8192)");
  });

  it("refuses small results that are too deep or too wide", async () => {
    const { url } = await fixtureHost();
    const call = (deep: number, wide: number) =>
      httpClient(url).query(query("webApis:shape"), { deep, wide }) as Promise<object>;
    expect(await call(64, 0)).toHaveLength(1);
    await expect(call(65, 0)).rejects.toThrow("Value is too nested (maximum nesting: 64)");
    expect(Object.keys(await call(0, 1_024))).toHaveLength(1_024);
    await expect(call(0, 1_025)).rejects.toThrow("Object has too many fields (1025 > maximum number 1024)");
  });

  it("refuses arrays that are too long, as an argument already", async () => {
    const host = await fixtureHost();
    const call = httpClient(host.url).query(query("runtime:say"), {
      value: Array.from({ length: 8_193 }, () => 1),
    });
    await expect(call).rejects.toThrow("Array length is too long (8193 > maximum length 8192)");
  });
});

it("lets actions fetch", async () => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 5\r\n\r\nfetch");
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const host = await fixtureHost();
  expect(await httpClient(host.url).action(action("runtime:fetcher"), { url })).toBe("fetch");
});

it("ends a request of an action by the signal of its Request", async () => {
  const { url } = await fixtureHost();
  expect(await httpClient(url).action(action("webApis:giveUp"), { url })).toBe("AbortError");
});

it("warns of what an action has started and not awaited", async () => {
  const { url } = await fixtureHost();
  const body = JSON.stringify({ path: "webApis:endEarly", args: {} });
  const answer = await fetch(`${url}/api/action`, { method: "POST", body });
  const { value, logLines } = (await answer.json()) as { value: string; logLines: string[] };
  expect(value).toBe("over");
  expect(logLines).toEqual([
    "[WARN] '2 unawaited operations: [runAction, sleep]. Async operations should be awaited or they might not run. " +
      "See https://docs.convex.dev/functions/actions#dangling-promises for more information.'",
  ]);
});
