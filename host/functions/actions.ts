import { DeveloperError } from "../values/errors.ts";
import type { ConvexJson } from "../values/json.ts";
import { LIMITS } from "../values/limits.ts";
import type { PlainRequest, ThreadCall } from "./actionMessages.ts";
import { ActionThread, type Loss, type Ran, type ThreadHost } from "./actionThread.ts";
import type { FunctionsBundle, NodeFunctions } from "./bundleFormat.ts";
import { nodePaths } from "./nodeFunctions.ts";
import { checkCall, checkResult, type CallRules, type Named } from "./checkCall.ts";
import type { RequestScope } from "./frame.ts";
import { MemoryWatch } from "./memoryWatch.ts";
import { type Failure, newRequestId, outOfMemory, thrownFailure, timedOut } from "./outcome.ts";
import type { FunctionKind } from "./registry.ts";
import { StackFrames } from "./stackFrames.ts";
import { Slots } from "./slots.ts";
import { type Address, handleOf, pathOf } from "./syscalls/address.ts";
import { unknownOperation } from "./syscalls/dispatch.ts";
import { FILE_OPS, type FileOp, isFileOp } from "./syscalls/files.ts";
import * as meta from "./syscalls/meta.ts";
import { readArgs } from "./syscalls/readArgs.ts";
import type { ScheduleArgs } from "./syscalls/schedule.ts";

export type ActionResult = { ok: true; value: string } | { ok: false; failure: Failure };

/** What actions do to the database, each in a transaction of its own. */
export interface ActionCalls {
  transact(call: Named & { kind: "query" | "mutation" }, scope: RequestScope): Promise<ActionResult>;
  /** `parent`: the job that the action runs for, or null. */
  schedule(request: ScheduleArgs, parent: string | null): Promise<string>;
  cancelJob(id: string): Promise<void>;
  /** An operation on stored files. */
  file(op: FileOp, args: never): Promise<string>;
}
type Handler = (args: never, scope: RequestScope) => string | Promise<string>;
type ActionArgs = Address & { args: ConvexJson };

/** Threads that are kept for the next actions; starting one costs some ten milliseconds. */
const IDLE_THREADS = 4;

function lost({ why, problem }: { why: Loss; problem: string | null }): Failure {
  switch (why) {
    case "time":
      return timedOut(LIMITS.actionTimeMs);
    case "memory":
      return outOfMemory(LIMITS.actionMemoryMib);
    case "crash": {
      const silent = "The action ended without an answer: its thread was stopped.";
      return { detail: problem === null ? silent : `Uncaught (in promise) ${problem}` };
    }
    default:
      return why satisfies never;
  }
}

/** Where frames of the two scripts of a bundle come from; kept, since a source map is parsed when it is first asked. */
interface Stacks {
  readonly web: StackFrames;
  readonly node: StackFrames;
}

function stacksOf({ sourceMap, node }: FunctionsBundle): Stacks {
  return { web: new StackFrames(sourceMap), node: new StackFrames(node?.sourceMap) };
}

/** Runs actions: each has a thread to itself while it runs, so it can neither hold up nor be taken for another. */
export class ActionRunner {
  #bundle: FunctionsBundle;
  #nodePaths: ReadonlySet<string>;
  #stacks: Stacks;
  #env: Record<string, string>;
  readonly #rules: CallRules;
  readonly #calls: ActionCalls;
  readonly #slots = new Slots(LIMITS.actionsAtOnce);
  readonly #memory = new MemoryWatch();
  readonly #threads = new Set<ActionThread>();
  #idle: ActionThread[] = [];

  constructor(
    bundle: FunctionsBundle,
    env: Record<string, string>,
    wiring: { rules: CallRules; calls: ActionCalls },
  ) {
    this.#bundle = bundle;
    this.#nodePaths = nodePaths(bundle);
    this.#stacks = stacksOf(bundle);
    this.#env = env;
    this.#rules = wiring.rules;
    this.#calls = wiring.calls;
  }

  /** The next action runs these functions with this environment; running ones go on with theirs. */
  replace(bundle: FunctionsBundle, env: Record<string, string>): void {
    this.#bundle = bundle;
    this.#nodePaths = nodePaths(bundle);
    this.#stacks = stacksOf(bundle);
    this.#env = env;
    const idle = this.#idle;
    this.#idle = [];
    // A worker that ends by itself is not waited for: nothing runs in it.
    for (const thread of idle) void this.#end(thread);
  }

  /** Checks and runs one action. */
  async run(call: Named, scope: RequestScope, nested = false): Promise<ActionResult> {
    const checked = checkCall(call, this.#rules, nested ? "nested" : scope.identity);
    if (!checked.ok) return { ok: false, failure: checked.failure };
    const { entry } = checked;
    const threadCall = { ...this.#threadCall(entry.path, scope), args: JSON.stringify(call.args) };
    const inNode = this.#nodePaths.has(entry.path) ? this.#bundle.node : undefined;
    const stack = inNode ? this.#stacks.node : this.#stacks.web;
    const ran = await this.#inThread(
      (thread) => thread.run(threadCall, this.#host(entry.path, scope, stack)),
      inNode,
    );
    if (ran.kind === "lost") return { ok: false, failure: lost(ran) };
    const settled = ran.value;
    if (!settled.ok) return { ok: false, failure: thrownFailure(settled.thrown, stack) };
    const problem = checkResult(entry, settled.value, this.#rules.catalog);
    return problem === null ? settled : { ok: false, failure: problem };
  }

  /** Runs the HTTP action that `http.ts` routes the request to; null when there is none. */
  async http(request: Request, scope: RequestScope): Promise<Response | Failure | null> {
    const { modules, httpPrefix = "/" } = this.#bundle;
    const { pathname } = new URL(request.url);
    if (!modules.includes("http") || !pathname.startsWith(httpPrefix)) return null;
    const call = this.#threadCall("http", scope);
    const { web: stack } = this.#stacks;
    const plain = await plainRequest(request, pathname.slice(httpPrefix.length - 1));
    const ran = await this.#inThread((thread) => thread.http(call, plain, this.#host("http", scope, stack)));
    if (ran.kind === "lost") return lost(ran);
    const settled = ran.value;
    if (settled === null) return null;
    return settled.ok ? settled.value : thrownFailure(settled.thrown, stack);
  }

  /** Ends every thread; what runs in them is lost. */
  async close(): Promise<void> {
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }

  /** Waits for a slot, runs, and keeps the thread for the next action when nothing is left over in it. */
  #inThread<T>(run: (thread: ActionThread) => Promise<Ran<T>>, inNode?: NodeFunctions): Promise<Ran<T>> {
    return new Promise((resolve, reject) => {
      const work = async () => {
        // The pool that it came from: after a deploy nobody takes from that one any more.
        const pool = this.#idle;
        const thread = inNode ? this.#newThread(inNode) : (pool.pop() ?? this.#newThread());
        const isLeftClean = await this.#memory.during(thread, async () => {
          const idle = thread.idle();
          const ran = await run(thread);
          resolve(ran);
          return ran.kind === "done" && (await idle);
        });
        const isReusable = isLeftClean && pool === this.#idle;
        if (isReusable && pool.length < IDLE_THREADS) return pool.push(thread);
        return await this.#end(thread);
      };
      this.#slots.use(work).catch(reject);
    });
  }

  #newThread(inNode?: NodeFunctions): ActionThread {
    const { script } = inNode ?? this.#bundle;
    const thread = new ActionThread({ script, env: this.#env, runtime: inNode ? "node" : "action" });
    this.#threads.add(thread);
    return thread;
  }

  async #end(thread: ActionThread): Promise<void> {
    this.#threads.delete(thread);
    await thread.end();
  }

  #threadCall(path: string, scope: RequestScope): ThreadCall {
    return { path, args: "[]", requestId: newRequestId(), nowMs: scope.nowMs };
  }

  #host(path: string, scope: RequestScope, stack: StackFrames): ThreadHost {
    return {
      log: (level, text) => scope.log.addText(level, stack.printed(text)),
      asyncSyscall: (op, arg) => {
        if (op === "1.0/getFunctionMetadata") return meta.getFunctionMetadata(path);
        if (isFileOp(op)) return this.#calls.file(op, readArgs(op, arg) as never);
        const handler = this.#handlers[op];
        if (handler === undefined) throw unknownOperation(op, "async operation");
        return handler(readArgs(op, arg) as never, scope);
      },
    };
  }

  readonly #handlers: Record<Exclude<(typeof ACTION_OPS)[number], FileOp>, Handler> &
    Record<string, Handler | undefined> = {
    "1.0/actions/query": (args: ActionArgs, scope) => this.#call("query", args, scope),
    "1.0/actions/mutation": (args: ActionArgs, scope) => this.#call("mutation", args, scope),
    "1.0/actions/action": (args: ActionArgs, scope) => this.#call("action", args, scope),
    "1.0/actions/schedule": async (args: ScheduleArgs, { metadata }) =>
      JSON.stringify(await this.#calls.schedule(args, metadata.scheduledFunctionId)),
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
  ...(Object.keys(FILE_OPS) as FileOp[]),
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

async function plainRequest(request: Request, route: string): Promise<PlainRequest> {
  const { url, method } = request;
  const body = request.body === null ? null : await request.arrayBuffer();
  return { url, route, method, headers: [...request.headers], body };
}
