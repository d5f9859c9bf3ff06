/** What the host reports while it runs; `main.ts` writes it to stderr, the CLI decides for itself. */
export type HostLog =
  | { kind: "function"; path: string; level: string; text: string }
  | { kind: "functionFailed"; path: string; message: string }
  | { kind: "host"; level: "info" | "warn" | "error"; text: string };

export type LogSink = (line: HostLog) => void;
