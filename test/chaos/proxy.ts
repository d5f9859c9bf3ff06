/**
 * A loopback TCP proxy that fails as networks do: it drops, goes silent without closing, cuts in mid-frame, and is slow.
 */
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
  /** From now on what either side sends arrives late, as over a bad line. */
  slow(line: Line): void;
  /** How many connections there are. */
  size(): number;
  heal(): void;
  close(): Promise<void>;
}

/** A bad line, as TCP shows it to those who use it: bytes come late and in order, and a lost packet stops them all. */
export interface Line {
  delayMs: number;
  /** Up to so much more or less, by chance. */
  jitterMs: number;
  bytesPerS: number;
  /** Part of the chunks whose first packet is lost, and how long until it is sent again. */
  loss: number;
  resendMs: number;
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
  let line: Line | undefined;
  const drop = () => pairs.forEach(end);
  const listener = createServer((client) => {
    if (refusing) return client.destroy();
    const pair: Pair = { client, server: connect(port, "127.0.0.1"), silent: false, cut: false };
    pairs.add(pair);
    join(pair, { line: () => line, onEnd: () => pairs.delete(pair) });
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
    slow: (bad) => (line = bad),
    size: () => pairs.size,
    heal() {
      refusing = false;
      line = undefined;
      pairs.forEach((pair) => (pair.cut = false));
    },
    async close() {
      drop();
      listener.close();
      await once(listener, "close");
    },
  };
}

interface Joint {
  line: () => Line | undefined;
  onEnd: () => void;
}

function join(pair: Pair, { line, onEnd }: Joint): void {
  const { client, server } = pair;
  const up = conveyor(line, (bytes) => server.write(bytes));
  const down = conveyor(line, (bytes) => client.write(bytes));
  client.on("data", (bytes: Buffer) => {
    if (!pair.silent) up(bytes);
  });
  server.on("data", (bytes: Buffer) => {
    if (pair.silent) return;
    if (!pair.cut) return down(bytes);
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

/** Hands chunks on in their order, each at the time at which the line lets it arrive. */
function conveyor(line: Joint["line"], deliver: (bytes: Buffer) => void): (bytes: Buffer) => void {
  let freeAt = 0;
  return (bytes) => {
    const bad = line();
    const now = performance.now();
    if (bad === undefined && freeAt <= now) return deliver(bytes);
    const { delayMs = 0, jitterMs = 0, bytesPerS = Infinity, loss = 0, resendMs = 0 } = bad ?? {};
    const late = delayMs + (Math.random() * 2 - 1) * jitterMs + (Math.random() < loss ? resendMs : 0);
    // Never before what was sent earlier, and not faster than the line carries.
    freeAt = Math.max(now + late, freeAt) + (bytes.length / bytesPerS) * 1000;
    setTimeout(() => deliver(bytes), freeAt - now);
    return undefined;
  };
}

function end({ client, server }: Pair): void {
  client.destroy();
  server.destroy();
}
