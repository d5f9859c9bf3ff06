/** Seam: the pinned Convex client over real sockets; observed are the connections that a server sees. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { ConvexClient } from "convex/browser";
import { expect, it } from "vitest";
import { WebSocketServer } from "ws";
import { reconnectWithin } from "./convexBackend.ts";

it("tries to connect again and again with pauses no longer than it is told", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  const client = new ConvexClient(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, {
    ...{ skipConvexDeploymentUrlCheck: true, logger: false, unsavedChangesWarning: false },
  });
  reconnectWithin(client, 10);
  const seen: number[] = [];
  // The client's own pauses would be 1, 2, 4, 8 seconds and so on: these tries would take minutes.
  await new Promise<void>((resolve) => {
    server.on("connection", (socket) => {
      seen.push(performance.now());
      socket.terminate();
      if (seen.length === 12) resolve();
    });
  });
  expect(seen).toHaveLength(12);
  await client.close();
  server.close();
});
