/**
 * Seam: sockets that misbehave in every way against a live host, and beside them an honest client, which must not
 * notice. What is bounded is seen from outside: what the host stops to take, to send, or to hold open.
 */
import { once } from "node:events";
import type { Socket } from "node:net";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import WebSocket from "ws";
import { listen } from "./http/listen.ts";
import {
  convexClient,
  fixtureHost,
  httpClient,
  mutation,
  query,
  rawSocket,
  tempFolder,
  watch,
} from "./fixtures/harness.ts";
import type { SessionWiring } from "./sync/session.ts";
import { SocketServer, type SocketLimits } from "./sync/socketServer.ts";

const SESSION = "3f2c8a0e-0000-4000-8000-000000000042";
const MIB = 1024 * 1024;
const call = (requestId: number, udfPath: string, args: object) => ({
  type: "Mutation",
  requestId,
  udfPath,
  args: [args],
});
const watching = (udfPath: string, args: object = {}) => ({
  type: "ModifyQuerySet",
  baseVersion: 0,
  newVersion: 1,
  modifications: [{ type: "Add", queryId: 0, udfPath, args: [args] }],
});
/** The connection below a client's WebSocket: pausing it is a client that does not read. */
const tcpOf = (socket: WebSocket) => (socket as unknown as { _socket: Socket })._socket;
const turn = () => new Promise((resolve) => setTimeout(resolve, 20));

/** An honest client works as always. */
async function expectServed(url: string): Promise<void> {
  const client = convexClient(url);
  const title = `honest ${Math.random()}`;
  const titles = watch(client, "tasks:titles", { queue: title });
  await client.mutation(mutation("tasks:add"), { queue: title, title });
  expect(await titles.until((value) => value.length === 1)).toEqual([title]);
}

describe("a frame", () => {
  it("of 10 MB with a legal call is answered; one beyond every limit closes its socket as too big", async () => {
    const host = await fixtureHost();
    const large = await rawSocket(host.url);
    large.connect(SESSION);
    large.send(call(1, "tasks:add", { queue: "a", title: "x".repeat(10 * MIB) }));
    const answer = await large.message("MutationResponse");
    expect(answer.success).toBe(false);
    expect(answer.result).toContain("1048576");
    large.socket.send("x".repeat(33 * MIB));
    expect((await large.closed()).code).toBe(1009);
    await expectServed(host.url);
  });

  it("that is nested a hundred thousand deep is a FatalError, also in place of a value", async () => {
    const host = await fixtureHost();
    const deep = "[".repeat(100_000) + "]".repeat(100_000);
    for (const text of [deep, JSON.stringify(call(1, "tasks:add", { queue: 0 })).replace("0}", `${deep}}`)]) {
      const socket = await rawSocket(host.url);
      socket.connect(SESSION);
      socket.socket.send(text);
      expect((await socket.message("FatalError")).error).toContain("nested deeper than 100 levels");
      await socket.closed();
    }
    await expectServed(host.url);
  });

  it("of 10,001 queries in one set is a FatalError", async () => {
    const host = await fixtureHost();
    const socket = await rawSocket(host.url);
    socket.connect(SESSION);
    const one = (queryId: number) => ({
      type: "Add",
      queryId,
      udfPath: "tasks:next",
      args: [{ queue: `${queryId}` }],
    });
    socket.send({ ...watching("x"), modifications: Array.from({ length: 10_001 }, (_, i) => one(i)) });
    expect((await socket.message("FatalError")).error).toContain("Cannot watch more than 10000 queries");
    await expectServed(host.url);
  });

  it("of any content is answered or ends its own socket, and never the host", async () => {
    const host = await fixtureHost();
    const valid: object[] = [
      { type: "Connect", sessionId: SESSION, connectionCount: 0, lastCloseReason: null, clientTs: 0 },
      { type: "Authenticate", tokenType: "User", value: "x", baseVersion: 0 },
      { type: "Authenticate", tokenType: "Admin", value: "x:y", impersonating: {}, baseVersion: 0 },
      watching("tasks:titles", { queue: "a" }),
      call(1, "tasks:add", { queue: "a", title: "t" }),
      { type: "Action", requestId: 2, udfPath: "marks:act", args: [{ text: "x" }] },
      { type: "Event", eventType: "x", event: {} },
    ];
    /** A valid message with one of its fields, at any depth, replaced or left out. */
    const mutated = fc
      .tuple(fc.constantFrom(...valid), fc.nat(), fc.oneof(fc.jsonValue(), fc.constant(undefined)))
      .map(([message, at, value]) => {
        const copy = JSON.parse(JSON.stringify(message));
        const places: [object, string][] = [];
        const walk = (node: object) => {
          for (const [key, child] of Object.entries(node)) {
            places.push([node, key]);
            if (typeof child === "object" && child !== null) walk(child);
          }
        };
        walk(copy);
        const [node, key] = places[at % places.length]!;
        (node as Record<string, unknown>)[key] = value;
        return JSON.stringify(copy);
      });
    const frame = fc.oneof(
      mutated,
      mutated,
      fc.json(),
      fc.string(),
      fc.uint8Array({ maxLength: 64 }).map((b) => Buffer.from(b)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(frame, { minLength: 1, maxLength: 6 }),
        async (isConnected, frames) => {
          const socket = await rawSocket(host.url);
          if (isConnected) socket.connect(SESSION);
          for (const each of frames) socket.socket.send(each);
          // A ping is answered in its turn, so everything before it has been taken by then.
          socket.socket.ping();
          await Promise.race([once(socket.socket, "pong"), socket.closed()]);
          socket.socket.terminate();
        },
      ),
      { numRuns: 150 },
    );
    await expectServed(host.url);
  }, 60_000);
});

describe("a client that reads nothing", () => {
  it("is owed two Transitions at most; when it reads again it is told the present state", async () => {
    const host = await fixtureHost();
    const client = convexClient(host.url);
    const put = (i: number) =>
      client.mutation(mutation("tasks:add"), { queue: "big", title: `${i} ${"x".repeat(40_000)}` });
    for (let i = 0; i < 40; i++) await put(i);
    const deaf = await rawSocket(host.url);
    deaf.connect(SESSION);
    deaf.send(watching("tasks:titles", { queue: "big" }));
    await deaf.message("Transition", ({ endVersion }) => endVersion.querySet === 1);
    tcpOf(deaf.socket).pause();
    // 60 results of 1.6 MB and more, far beyond what the kernel takes on the way.
    for (let i = 40; i < 100; i++) await put(i);
    await expectServed(host.url);
    const before = deaf.received.length;
    tcpOf(deaf.socket).resume();
    await deaf.message("Transition", ({ modifications }) => modifications[0]?.value?.length === 100);
    expect(deaf.received.length - before).toBeLessThan(20);
  }, 60_000);

  it("but sends mutations is no longer listened to; when it reads again every answer comes, in order", async () => {
    const host = await fixtureHost();
    const socket = await rawSocket(host.url);
    socket.connect(SESSION);
    const tcp = tcpOf(socket.socket);
    tcp.pause();
    const reason = "x".repeat(50_000);
    const count = 800;
    for (let i = 0; i < count; i++) socket.send(call(i, "tasks:refuse", { reason }));
    // 40 MB: the host takes what its answers have room for, the rest stays with the client.
    let waiting = -1;
    while (waiting !== socket.socket.bufferedAmount) {
      waiting = socket.socket.bufferedAmount;
      await expectServed(host.url);
    }
    expect(waiting).toBeGreaterThan(8 * MIB);
    tcp.resume();
    const answers = () => socket.received.filter(({ type }) => type === "MutationResponse");
    await socket.until(() => answers().length === count);
    expect(answers().map(({ requestId }) => requestId)).toEqual(Array.from({ length: count }, (_, i) => i));
  }, 60_000);
});

it("a result above 5 MB comes in parts, which the official client joins, also where they cut a character", async () => {
  const host = await fixtureHost();
  const client = convexClient(host.url);
  for (let i = 0; i < 12; i++) {
    await client.mutation(mutation("tasks:add"), {
      queue: "big",
      title: `${i}${"\u{1f600}é".repeat(200_000 / 6)}`,
    });
  }
  const sizes: number[] = [];
  const raw = await rawSocket(host.url);
  raw.connect(SESSION);
  for (let i = 0; i < 40; i++) {
    await client.mutation(mutation("tasks:add"), { queue: "big", title: "\u{1f600}".repeat(60_000) });
  }
  raw.send(watching("tasks:titles", { queue: "big" }));
  const first = await raw.message("TransitionChunk");
  const parts = () => raw.received.filter(({ type }) => type === "TransitionChunk");
  await raw.until(() => parts().length === first.totalParts);
  sizes.push(...parts().map(({ chunk }) => chunk.length));
  expect(Math.max(...sizes)).toBeLessThanOrEqual(5 * MIB);
  const joined = JSON.parse(
    parts()
      .map(({ chunk }) => chunk)
      .join(""),
  );
  expect(joined.type).toBe("Transition");
  const titles = await watch(client, "tasks:titles", { queue: "big" }).until((value) => value.length === 52);
  expect(joined.modifications[0].value).toEqual(titles);
  expect(titles.at(-1)).toBe("\u{1f600}".repeat(60_000));
}, 60_000);

describe("2,000 sockets", () => {
  const SOCKETS = 2_000;
  const open = async (url: string) => {
    const sockets = await Promise.all(Array.from({ length: SOCKETS }, () => rawSocket(url)));
    for (const [i, socket] of sockets.entries()) {
      socket.connect(`3f2c8a0e-0000-4000-8000-${String(i).padStart(12, "0")}`);
      socket.send(watching("tasks:titles", { queue: "a" }));
    }
    return sockets;
  };
  const seen = (sockets: Awaited<ReturnType<typeof open>>, count: number) =>
    Promise.all(
      sockets.map((socket) =>
        socket.message("Transition", ({ modifications }) => modifications[0]?.value?.length === count),
      ),
    );

  it("are told of a commit, and come back all at once after a restart", async () => {
    const data = join(tempFolder(), "data.sqlite");
    const host = await fixtureHost({ data });
    const sockets = await open(host.url);
    await seen(sockets, 0);
    await httpClient(host.url).mutation(mutation("tasks:add"), { queue: "a", title: "x" });
    await seen(sockets, 1);
    const port = Number(new URL(host.url).port);
    await host.stop();
    for (const { code, reason } of await Promise.all(sockets.map((socket) => socket.closed()))) {
      expect([code, reason]).toEqual([1012, "ServiceRestart"]);
    }
    const again = await fixtureHost({ data, port });
    await seen(await open(again.url), 1);
    await expectServed(again.url);
  }, 60_000);
});

describe("the keeper of sockets", () => {
  /** A socket server of its own with short times; sessions do no more than Connect on it. */
  async function keeper(limits: Partial<SocketLimits>) {
    const wiring = { subscriptions: { cancel: () => undefined } } as unknown as SessionWiring;
    const all = {
      mostSockets: 10,
      tickMs: 10,
      pingAfterMs: 1e6,
      deadAfterMs: 1e6,
      connectWithinMs: 1e6,
      ...limits,
    };
    const sockets = new SocketServer(wiring, all);
    const listener = await listen({ port: 0, bind: "127.0.0.1", what: "clients" });
    listener.acceptSync(sockets, { bind: "127.0.0.1", names: [] });
    onTestFinished(async () => {
      await sockets.stop();
      await listener.close();
    });
    return { sockets, url: listener.url };
  }

  it("sends Ping messages to a connected client that hears nothing else, and lets it live", async () => {
    const { url, sockets } = await keeper({ pingAfterMs: 5, deadAfterMs: 500 });
    const socket = await rawSocket(url);
    socket.connect(SESSION);
    await socket.until(() => socket.received.filter(({ type }) => type === "Ping").length >= 3);
    expect(sockets.size).toBe(1);
  });

  it("closes a socket that never says Connect", async () => {
    const { url } = await keeper({ connectWithinMs: 30 });
    const socket = await rawSocket(url);
    expect((await socket.closed()).code).toBe(1006);
  });

  it("closes a socket whose other end is gone without a word", async () => {
    const { url, sockets } = await keeper({ deadAfterMs: 50 });
    const socket = await rawSocket(url);
    socket.connect(SESSION);
    tcpOf(socket.socket).pause();
    while (sockets.size > 0) await turn();
  });

  it("refuses a socket too many with 503, and takes one when another has gone", async () => {
    const { url, sockets } = await keeper({ mostSockets: 2 });
    const [first] = [await rawSocket(url), await rawSocket(url)];
    const refused = new WebSocket(`${url.replace("http", "ws")}/api/1.48.0/sync`);
    const [error] = (await once(refused, "error")) as [Error];
    expect(error.message).toContain("503");
    first.socket.terminate();
    while (sockets.isFull) await turn();
    expect((await rawSocket(url)).socket.readyState).toBe(WebSocket.OPEN);
  });
});

it("a client of an unknown version, and one that says it has seen the future, get what the protocol says", async () => {
  const host = await fixtureHost();
  const odd = new WebSocket(`${host.url.replace("http", "ws")}/api/99.0.0-alpha/sync`);
  onTestFinished(() => odd.terminate());
  await once(odd, "open");
  const wrongPath = new WebSocket(`${host.url.replace("http", "ws")}/sync`);
  const [error] = (await once(wrongPath, "error")) as [Error];
  expect(error.message).toContain("404");
  expect(await httpClient(host.url).query(query("tasks:titles"), { queue: "a" })).toEqual([]);
});
