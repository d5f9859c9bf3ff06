import { describeError } from "../connect/callError.ts";
import { untilClosed } from "../connect/untilClosed.ts";
import type { RunnerContext } from "../context.ts";
import type { Stopping } from "../stopping.ts";
import type { Session } from "./session.ts";

/**
 * Tells the backend when this runner claims nothing more, and when it does again: without that, `explain` promises
 * jobs a free slot that nobody gives. To be called for a new session and whenever that may have changed.
 */
export function refusalTeller(context: RunnerContext, { draining, closing }: Stopping) {
  const { backend, options, room } = context;
  let told: { session: string; refuses: boolean; draining: boolean } | undefined;
  return (session: Session): void => {
    const why = room.lacks();
    const now = { session: session.id, refuses: why !== undefined, draining: draining.aborted };
    const before = told?.session === session.id ? told : { refuses: false, draining: false };
    // Not each time that the free MiB change.
    if (now.refuses === before.refuses && now.draining === before.draining) return;
    told = now;
    const call = backend.refuse(session.id, {
      draining: now.draining,
      ...(why === undefined ? {} : { why }),
    });
    void untilClosed(
      call.catch((error: unknown) =>
        options.log({ level: "warn", event: "refusal:notTold", detail: describeError(error) }),
      ),
      closing,
    );
  };
}
