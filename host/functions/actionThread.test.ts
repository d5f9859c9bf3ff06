/** Seam: one thread with the fixture app in it; what the host would answer is canned. */
import { expect, it, onTestFinished } from "vitest";
import { fixtureBundle } from "../fixtures/harness.ts";
import { ActionThread, type ThreadHost } from "./actionThread.ts";

const call = { path: "http", args: "[]", requestId: "r", nowMs: 0 };
const request = (path: string) => ({
  url: `http://site.example${path}`,
  route: new URL(path, "http://site.example").pathname,
  method: "GET",
  headers: [],
  body: null,
});
/** The queue of /stream has one title for ever, so the stream does not end by itself. */
const host: ThreadHost = { asyncSyscall: () => JSON.stringify(["first"]), log: () => undefined };

async function startedThread(): Promise<ActionThread> {
  const { script } = await fixtureBundle();
  const thread = new ActionThread({ script, env: {}, runtime: "action" });
  onTestFinished(() => thread.end());
  return thread;
}

async function streaming(thread: ActionThread): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const ran = await thread.http(call, request("/stream?queue=q"), host);
  if (ran.kind !== "done" || !ran.value?.ok) throw new Error("expected a response");
  return ran.value.value.body!.getReader();
}

it("ends an action that streams when nobody wants the rest, before and after the first part", async () => {
  for (const parts of [0, 1]) {
    const thread = await startedThread();
    const idle = thread.idle();
    const reader = await streaming(thread);
    for (let i = 0; i < parts; i++)
      expect(Buffer.from((await reader.read()).value!).toString()).toBe("first\n");
    await reader.cancel();
    await idle;
  }
});

it("breaks a body off when the thread ends before it", async () => {
  const thread = await startedThread();
  const reader = await streaming(thread);
  await reader.read();
  const rest = expect(reader.read()).rejects.toThrow(
    "The action was stopped before the end of its answer (memory)",
  );
  await thread.stop("memory");
  await rest;
});
