/** The program of the host's thread: ports, functions and data file; the process only watches it. */
import { parentPort, workerData } from "node:worker_threads";
import { RunningCall } from "../functions/runningCall.ts";
import { startHost } from "../host.ts";
import { HostError } from "../values/errors.ts";
import type { HostLog } from "../values/log.ts";
import { outliveStrays } from "./strays.ts";
import type { FromHostThread, HostThreadData, ToHostThread } from "./messages.ts";

const port = parentPort as NonNullable<typeof parentPort>;
const { options, memory, refused, follows } = workerData as HostThreadData;

const post = (message: FromHostThread): void => port.postMessage(message);

try {
  const running = new RunningCall(memory, refused);
  const log = (line: HostLog) => post({ kind: "log", line });
  outliveStrays(log);
  const host = await startHost({ ...options, log }, { running, follows });
  port.on("message", (message: ToHostThread) => {
    switch (message.kind) {
      case "stop":
        return void host.stop().then(() => post({ kind: "stopped" }));
      default:
        return message.kind satisfies never;
    }
  });
  post({ kind: "started", url: host.url, siteUrl: host.siteUrl });
} catch (error) {
  if (!(error instanceof HostError)) throw error;
  post({ kind: "failed", message: error.message });
}
