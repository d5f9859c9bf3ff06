/** Seam: the socket against a real server that answers or goes silent; the time between two pings is the test's. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import { LiveSocket } from "./liveSocket.ts";

const PING_MS = 3000;
let server: WebSocketServer;
let pings: number;
let answering: boolean;
beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  pings = 0;
  answering = true;
  server = new WebSocketServer({ port: 0, host: "127.0.0.1", autoPong: false });
  server.on("connection", (socket: WebSocket) => {
    socket.on("ping", () => {
      pings += 1;
      if (answering) socket.pong();
    });
  });
  await once(server, "listening");
});
afterEach(() => {
  vi.useRealTimers();
  for (const socket of server.clients) socket.terminate();
  server.close();
});

const connect = async () => {
  const socket = new LiveSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  await once(socket, "open");
  return socket;
};

it("stays open while its pings are answered", async () => {
  const socket = await connect();
  for (let i = 1; i <= 3; i += 1) {
    const answered = once(socket, "pong");
    vi.advanceTimersByTime(PING_MS);
    await answered;
  }
  expect(pings).toBe(3);
  expect(socket.readyState).toBe(LiveSocket.OPEN);
  socket.close();
});

it("closes itself when a ping had no answer until the next one is due", async () => {
  answering = false;
  const socket = await connect();
  const closed = once(socket, "close");
  vi.advanceTimersByTime(PING_MS);
  expect(socket.readyState).toBe(LiveSocket.OPEN);
  vi.advanceTimersByTime(PING_MS);
  await closed;
  expect(socket.readyState).toBe(LiveSocket.CLOSED);
});

it("takes a message for a sign of life", async () => {
  answering = false;
  const socket = await connect();
  vi.advanceTimersByTime(PING_MS);
  const came = once(socket, "message");
  for (const other of server.clients) other.send("hello");
  await came;
  vi.advanceTimersByTime(PING_MS);
  expect(socket.readyState).toBe(LiveSocket.OPEN);
  socket.terminate();
  await once(socket, "close");
});

it("asks nothing any more once it is closed", async () => {
  const socket = await connect();
  socket.terminate();
  await once(socket, "close");
  expect(vi.getTimerCount()).toBe(0);
});

it("ends with an event, not with an exception, when nobody listens there", async () => {
  const { port } = server.address() as AddressInfo;
  server.close();
  const socket = new LiveSocket(`ws://127.0.0.1:${port}`);
  await new Promise((resolve) => socket.on("close", resolve));
  expect(vi.getTimerCount()).toBe(0);
});
