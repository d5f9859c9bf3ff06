/** The named scenarios: what the double answers when the URL asks for one. */
import type { Script } from "./types.ts";

export const SCENARIOS: Record<string, Script> = {
  text: ({ params }) => ({ do: "text", text: params.text ?? "Hello from the double." }),
  /** Says many pieces slowly. */
  slow: ({ params }) => ({ do: "text", text: "slow ".repeat(200), pauseMs: Number(params.pauseMs ?? 500) }),
  tool: ({ turn, params }) =>
    turn === 0
      ? { do: "write", path: params.path ?? "hello.txt", content: params.content ?? "written by a double\n" }
      : { do: "text", text: "Done: the file is written." },
  shell: ({ turn, params }) =>
    turn === 0
      ? { do: "shell", command: params.command ?? "echo hi" }
      : { do: "text", text: "Done: the command ran." },
  /** A tool that never ends by itself (`tail`, because one CLI refuses a bare `sleep`). */
  "long-shell": ({ params }) => ({ do: "shell", command: params.command ?? "echo begun; tail -f /dev/null" }),
  /** Reports by its tool, then says something else. */
  report: ({ turn, params }) =>
    turn === 0
      ? { do: "report", status: params.status ?? "result", text: params.text ?? "reported" }
      : { do: "text", text: "I have reported." },
  "rate-limit": ({ params }) => ({
    do: "fail",
    kind: "rateLimit",
    retryAfter: Number(params.retryAfter ?? 2),
  }),
  "usage-limit": ({ params }) => ({
    do: "fail",
    kind: "usageLimit",
    resetIn: Number(params.resetIn ?? 10_800),
  }),
  auth: () => ({ do: "fail", kind: "auth" }),
  overloaded: () => ({ do: "fail", kind: "overloaded" }),
  "server-error": () => ({ do: "fail", kind: "server" }),
  /** Fails `times` times, then answers. */
  flaky: ({ attempt, params }) =>
    attempt <= Number(params.times ?? 1)
      ? { do: "fail", kind: "rateLimit", retryAfter: 1 }
      : { do: "text", text: "Recovered." },
  hang: () => ({ do: "hang" }),
};
