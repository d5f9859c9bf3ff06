import type { Call, EngineOptions } from "./calls.ts";
import type { Result } from "./deterministic.ts";
import { LogLines, NO_METADATA, type RequestScope } from "./frame.ts";
import { type CallOutcome, failureMessage, newRequestId } from "./outcome.ts";

/** What a call has about it while it runs, and what its caller and the log are told of its end. */
export class Answers {
  readonly #options: Pick<EngineOptions, "executed" | "log" | "redact">;

  constructor(options: Pick<EngineOptions, "executed" | "log" | "redact">) {
    this.#options = options;
  }

  scope(call: Pick<Call, "path" | "identity" | "metadata">): RequestScope {
    const log = new LogLines((level, text) =>
      this.#options.log({ kind: "function", path: call.path, level, text }),
    );
    const { identity, metadata = NO_METADATA } = call;
    let requestId: string | undefined;
    return {
      identity,
      metadata,
      nowMs: Date.now(),
      log,
      get requestId() {
        return (requestId ??= newRequestId());
      },
    };
  }

  outcome(call: { path: string }, scope: RequestScope, result: Result): CallOutcome {
    const outcome = this.#answerOf(call, scope, result);
    const requestId = () => scope.requestId;
    this.#options.executed?.({ path: call.path, requestId, startedMs: scope.nowMs, outcome });
    return outcome;
  }

  #answerOf(call: { path: string }, scope: RequestScope, result: Result): CallOutcome {
    const logLines = scope.log.lines;
    if (result.ok) return { kind: "success", value: result.value, logLines };
    const message = failureMessage(scope.requestId, result.failure, this.#options.redact);
    this.#options.log({ kind: "functionFailed", path: call.path, message: result.failure.detail });
    return { kind: "failure", message, data: result.failure.data, logLines };
  }
}
