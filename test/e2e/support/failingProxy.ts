/** A proxy before a backend that refuses what it is told to: calls that are lost on the way, or never come back. */
import { createServer, request } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export interface FailingProxy {
  url: string;
  close: () => Promise<void>;
}

/** Passes everything on but the calls whose body `refuses`; those are answered with 500 and never reach the backend. */
export async function openFailingProxy(
  backend: string,
  refuses: (body: string) => boolean,
): Promise<FailingProxy> {
  const { hostname, port } = new URL(backend);
  const sockets = new Set<Socket>();
  const server = createServer((from, to) => {
    const chunks: Buffer[] = [];
    from.on("data", (chunk: Buffer) => chunks.push(chunk));
    from.on("end", () => {
      const body = Buffer.concat(chunks);
      if (refuses(body.toString("utf8"))) return to.writeHead(500).end("broken on the way");
      const { method, url: path, headers } = from;
      const options = { hostname, port, method, path, headers: { ...headers, host: `${hostname}:${port}` } };
      const onward = request(options, (answer) => {
        to.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(to);
      });
      onward.on("error", () => to.destroy());
      onward.end(body);
    });
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (from, socket, head) => {
    const onward = connect(Number(port), hostname, () => {
      const lines = Object.entries({ ...from.headers, host: `${hostname}:${port}` });
      onward.write(
        `GET ${from.url} HTTP/1.1\r\n${lines.map(([k, v]) => `${k}: ${String(v)}`).join("\r\n")}\r\n\r\n`,
      );
      onward.write(head);
      onward.pipe(socket).pipe(onward);
    });
    sockets.add(onward);
    for (const end of [onward, socket]) end.on("error", () => (onward.destroy(), socket.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      sockets.forEach((socket) => socket.destroy());
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
