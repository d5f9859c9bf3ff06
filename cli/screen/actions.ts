/** What the keys of the screen do in the queue. Every answer and every refusal goes to the log panel. */
import { api } from "../../convex/_generated/api.js";
import { PAUSED } from "../../domain/runHold.ts";
import type { DisplayOrder } from "../taskRun/plainLines.ts";
import { duration } from "../output/time.ts";
import type { ScreenStore } from "./store.ts";

export interface ScreenActions {
  cancel(handle: string): void;
  retry(handle: string, harness?: string): void;
  pause(): void;
  details(handle: string): void;
  quit(): void;
}

export function screenActions(
  { backend, namespace, assignment, onQuit }: DisplayOrder,
  store: ScreenStore,
): ScreenActions {
  const act = (what: string, work: () => Promise<string>) => {
    work().then(
      (answer) => store.note(`${what}: ${answer}`),
      (error: unknown) => store.note(`${what} failed: ${(error as Error).message}`),
    );
  };
  return {
    cancel: (handle) =>
      act(
        `cancel ${handle}`,
        async () => (await backend.mutation(api.jobs.cancel, { namespace, job: handle })).outcome,
      ),
    retry: (handle, harness) =>
      act(`retry ${handle}`, async () => {
        const job = await backend.mutation(api.jobs.retry, {
          namespace,
          job: handle,
          ...(harness && { harness }),
        });
        return `${job.status}, with ${job.cascade.join(" → ")}`;
      }),
    pause: () =>
      act("pause", async () => {
        const paused = !store.get().view.paused;
        const change = paused
          ? { status: "blocked" as const, reason: PAUSED }
          : { status: "active" as const };
        await backend.mutation(api.assignments.update, { namespace, assignment, ...change });
        return paused ? "nothing more of this run starts" : "going on";
      }),
    details: (handle) =>
      act(`details of ${handle}`, async () => {
        const { job, attempts } = await backend.query(api.jobs.get, { namespace, job: handle });
        store.set({ mode: "details", details: detailLines(job, attempts) });
        return `${attempts.length} attempts`;
      }),
    quit: onQuit,
  };
}

type Detail = (typeof api.jobs.get)["_returnType"];

function detailLines(job: Detail["job"], attempts: Detail["attempts"]): string[] {
  return [
    `${job.handle}  ${job.key ?? ""}  ${job.title}`,
    `state ${job.status}   repo ${job.repo ?? "-"}   cascade ${job.cascade.join(" → ")}`,
    ...(job.error === undefined ? [] : [`error ${job.error.split("\n", 1)[0] ?? ""}`]),
    "",
    ...attempts.map(
      ({ number, profile, verdict, detail, startedAt, endedAt }) =>
        `attempt ${number}  ${profile ?? "-"}  ${verdict ?? "running"}  ${duration((endedAt ?? Date.now()) - startedAt)}  ${detail?.split("\n", 1)[0] ?? ""}`,
    ),
    "",
    ...(job.result ?? "").split("\n").slice(0, 20),
  ];
}
