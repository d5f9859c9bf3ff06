import { DeveloperError } from "../values/errors.ts";
import type { ConvexJson } from "../values/json.ts";
import { LIMITS } from "../values/limits.ts";
import type { FunctionsBundle } from "./bundleFormat.ts";
import { checkCall, checkResult, type CallRules, type Named } from "./checkCall.ts";
import type { RequestScope } from "./frame.ts";
import { type CallHost, Isolate, type IsolateCall, type Settled } from "./isolate.ts";
import { type Failure, newRequestId, thrownFailure, timedOut } from "./outcome.ts";
import type { FunctionKind } from "./registry.ts";
import { Slots } from "./slots.ts";
import { type Address, handleOf, pathOf } from "./syscalls/address.ts";
import { unknownOperation } from "./syscalls/dispatch.ts";
import * as meta from "./syscalls/meta.ts";
import type { ScheduleArgs } from "./syscalls/schedule.ts";

export type ActionResult = { ok: true; value: string } | { ok: false; failure: Failure };

/** What actions do to the database, each in a transaction of its own. */
export interface ActionCalls {
  transact(call: Named & { kind: "query" | "mutation" }, scope: RequestScope): Promise<ActionResult>;
  schedule(request: ScheduleArgs): Promise<string>;
  cancelJob(id: string): Promise<void>;
}
type Handler = (args: never, scope: RequestScope) => string | Promise<string>;
type ActionArgs = Address & { args: ConvexJson };

/** Runs actions: each has a vm context to itself while it runs, so its syscalls cannot be taken for another's. */
export class ActionRunner {
  readonly #bundle: FunctionsBundle;
  readonly #env: Record<string, string>;
  readonly #rules: CallRules;
  readonly #calls: ActionCalls;
  readonly #slots = new Slots(LIMITS.actionsAtOnce);
  #idle: Isolate[] = [];

  constructor(
    bundle: FunctionsBundle,
    env: Record<string, string>,
    wiring: { rules: CallRules; calls: ActionCalls },
  ) {
    this.#bundle = bundle;
    this.#env = env;
    this.#rules = wiring.rules;
    this.#calls = wiring.calls;
  }

  /** Checks and runs one action. */
  async run(call: Named, scope: RequestScope, nested = false): Promise<ActionResult> {
    const checked = checkCall(call, this.#rules, nested ? "nested" : scope.identity);
    if (!checked.ok) return { ok: false, failure: checked.failure };
    const { entry } = checked;
    const settled = await this.#inIsolate((isolate) =>
      isolate.runAction({ ...this.#isolateCall(entry.path, scope), args: JSON.stringify(call.args) }),
    );
    if (settled === null) return { ok: false, failure: timedOut(LIMITS.actionTimeMs) };
    if (!settled.ok) return { ok: false, failure: thrownFailure(settled.thrown) };
    const problem = checkResult(entry, settled.value, this.#rules.catalog);
    return problem === null ? settled : { ok: false, failure: problem };
  }

  /** Runs the HTTP action that `http.ts` routes the request to; null when there is none. */
  async http(request: Request, scope: RequestScope): Promise<Response | Failure | null> {
    const { path: _path, ...call } = this.#isolateCall("http", scope);
    const body = { settled: null as Settled<Response> | null };
    const done = await this.#inIsolate(async (isolate) => {
      body.settled = isolate.has("http") ? await isolate.runHttp(call, request) : null;
      return true;
    });
    if (done === null) return timedOut(LIMITS.actionTimeMs);
    if (body.settled === null) return null;
    return body.settled.ok ? body.settled.value : thrownFailure(body.settled.thrown);
  }

  /** Waits for a slot, runs, and keeps the context for the next action when nothing is left over in it. */
  async #inIsolate<T>(run: (isolate: Isolate) => Promise<T>): Promise<T | null> {
    return await this.#slots.use(async () => {
      const isolate = this.#idle.pop() ?? new Isolate(this.#bundle, this.#env, "action");
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise<null>((resolve) => {
        timer = setTimeout(() => resolve(null), LIMITS.actionTimeMs).unref();
      });
      const result = await Promise.race([run(isolate), timeout]);
      clearTimeout(timer);
      if (isolate.isReusable) this.#idle.push(isolate);
      return result;
    });
  }

  #isolateCall(path: string, scope: RequestScope): IsolateCall {
    return { kind: "action", path, args: "[]", requestId: newRequestId(), host: this.#host(path, scope) };
  }

  #host(path: string, scope: RequestScope): CallHost {
    return {
      nowMs: scope.nowMs,
      random: Math.random,
      log: (level, args) => scope.log.add(level, args),
      syscall: (op) => {
        throw unknownOperation(op, "operation");
      },
      asyncSyscall: (op, arg) => {
        if (op === "1.0/getFunctionMetadata") return meta.getFunctionMetadata(path);
        const handler = this.#handlers[op];
        if (handler === undefined) throw unknownOperation(op, "async operation");
        return handler(JSON.parse(arg) as never, scope);
      },
    };
  }

  readonly #handlers: Record<(typeof ACTION_OPS)[number], Handler> & Record<string, Handler | undefined> = {
    "1.0/actions/query": (args: ActionArgs, scope) => this.#call("query", args, scope),
    "1.0/actions/mutation": (args: ActionArgs, scope) => this.#call("mutation", args, scope),
    "1.0/actions/action": (args: ActionArgs, scope) => this.#call("action", args, scope),
    "1.0/actions/schedule": async (args: ScheduleArgs) => JSON.stringify(await this.#calls.schedule(args)),
    "1.0/actions/cancel_job": async ({ id }: { id: string }) => {
      await this.#calls.cancelJob(id);
      return "null";
    },
    "1.0/getUserIdentity": (_args, scope) => meta.getUserIdentity({ scope }),
    "1.0/getDeploymentMetadata": () => meta.getDeploymentMetadata(),
    "1.0/getRequestMetadata": (_args, scope) => meta.getRequestMetadata({ scope }),
    "1.0/createFunctionHandle": (args: Address) => JSON.stringify(handleOf(pathOf(args))),
    "1.0/auditLog": ({ body }: { body: unknown }, scope) => {
      scope.log.add("info", ["audit", body]);
      return "null";
    },
  };

  async #call(kind: FunctionKind, args: ActionArgs, scope: RequestScope): Promise<string> {
    const call = { path: pathOf(args), args: [args.args] };
    const result =
      kind === "action"
        ? await this.run({ ...call, kind }, scope, true)
        : await this.#calls.transact({ ...call, kind }, scope);
    if (!result.ok) throw new DeveloperError(result.failure.detail, result.failure.data);
    return result.value;
  }
}

/** Every operation that actions may use, beside `1.0/getFunctionMetadata`. */
export const ACTION_OPS = [
  "1.0/actions/query",
  "1.0/actions/mutation",
  "1.0/actions/action",
  "1.0/actions/schedule",
  "1.0/actions/cancel_job",
  "1.0/getUserIdentity",
  "1.0/getDeploymentMetadata",
  "1.0/getRequestMetadata",
  "1.0/createFunctionHandle",
  "1.0/auditLog",
] as const;
