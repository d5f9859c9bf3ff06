/** A loopback TCP proxy that fails as networks do: it drops, goes silent without closing, and cuts in mid-frame. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface Proxy {
  url: string;
  /** Closes all connections; new ones are accepted. */
  drop(): void;
  /** Swallows what both sides of the present connections send; nobody is told. New connections work. */
  goSilent(): void;
  /** Refuses everything until `heal`. */
  partition(): void;
  /** Ends each connection in the middle of the next chunk that the server sends. */
  cutNext(): void;
  heal(): void;
  close(): Promise<void>;
}

interface Pair {
  client: Socket;
  server: Socket;
  silent: boolean;
  cut: boolean;
}

/** Listens on a free port and forwards to `port`. */
export async function openProxy(port: number): Promise<Proxy> {
  const pairs = new Set<Pair>();
  let refusing = false;
  const drop = () => pairs.forEach(end);
  const listener = createServer((client) => {
    if (refusing) return client.destroy();
    const pair: Pair = { client, server: connect(port, "127.0.0.1"), silent: false, cut: false };
    pairs.add(pair);
    join(pair, () => pairs.delete(pair));
    return undefined;
  });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    drop,
    goSilent: () => pairs.forEach((pair) => (pair.silent = true)),
    partition() {
      refusing = true;
      drop();
    },
    cutNext: () => pairs.forEach((pair) => (pair.cut = true)),
    heal() {
      refusing = false;
      pairs.forEach((pair) => (pair.cut = false));
    },
    async close() {
      drop();
      listener.close();
      await once(listener, "close");
    },
  };
}

function join(pair: Pair, onEnd: () => void): void {
  const { client, server } = pair;
  client.on("data", (bytes) => {
    if (!pair.silent) server.write(bytes);
  });
  server.on("data", (bytes) => {
    if (pair.silent) return;
    if (!pair.cut) return void client.write(bytes);
    client.write(bytes.subarray(0, Math.ceil(bytes.length / 2)), () => end(pair));
  });
  for (const socket of [client, server]) {
    socket.on("error", () => end(pair));
    socket.on("close", () => {
      // A silent connection tells its other side nothing, not even that it has ended.
      if (!pair.silent) end(pair);
      if (client.destroyed && server.destroyed) onEnd();
    });
  }
}

function end({ client, server }: Pair): void {
  client.destroy();
  server.destroy();
}
