import { openNested } from "../functions/nestedCall.ts";
import { pathOf } from "../functions/syscalls/address.ts";
import { asyncSyscall, type RunUdfArgs, syncSyscall } from "../functions/syscalls/dispatch.ts";
import { DeveloperError } from "../values/errors.ts";
import { actionSyscall } from "./actionSyscalls.ts";
import { inMockWords, raised } from "./errors.ts";
import { pinnedDate, withOwnGlobals } from "./globals.ts";
import { innermost, inTurn, type Open, type Running } from "./running.ts";

const DEPLOYMENT = JSON.stringify({ name: "test", region: null, class: "s16" });
export const INLINE = "_inline:";

/** `Convex` is what the functions' library calls; whose call it is, the asynchronous context knows. */
export function installConvexGlobal(): void {
  const convex = {
    syscall: (op: string, arg: string) => syscall(innermost(), op, JSON.parse(arg)),
    asyncSyscall: async (op: string, arg: string) => await answer(op, JSON.parse(arg)),
    jsSyscall: async (op: string, args: Record<string, unknown>) => await blobSyscall(op, args),
  };
  Object.assign(globalThis, { Convex: convex });
}

function syscall({ frame, nowMs }: Running, op: string, args: unknown): string {
  if (frame === null) {
    throw new DeveloperError(
      op === "1.0/getSnapshotTs"
        ? "getSnapshotTs() can only be called from a query or mutation."
        : `Unknown operation ${op}`,
    );
  }
  return inMockWords(() =>
    withOwnGlobals(pinnedDate(nowMs ?? Date.now()), () => syncSyscall(frame, op, args)),
  );
}

async function answer(op: string, args: unknown): Promise<string> {
  const current = innermost();
  const { frame, runner } = current;
  if (op === "1.0/getDeploymentMetadata") return DEPLOYMENT;
  if (op === "1.0/getFunctionMetadata") return functionMetadata(current.path);
  if (frame === null) return await actionSyscall(runner, current.scope, { op, args });
  const open = current as Open;
  if (op === "1.0/runUdf") return await inTurn(open, () => nestedCall(open, args as RunUdfArgs));
  // The host's own code tells the time of the transaction, whatever the function made of its globals.
  return inMockWords(() =>
    withOwnGlobals(pinnedDate(open.nowMs), () =>
      asyncSyscall(frame, op, { args, registry: runner.modules.schedulable }),
    ),
  );
}

function functionMetadata(path: string): string {
  const name = path.startsWith(INLINE) ? "inline" : path.replace(/:default$/, "");
  return JSON.stringify({ name, componentPath: "" });
}

async function nestedCall({ runner, scope, frame, nowMs }: Open, request: RunUdfArgs): Promise<string> {
  const { udfType, args } = request;
  if (udfType === "mutation" && frame.entry.kind === "query")
    throw new DeveloperError("A query cannot run a mutation.");
  const { kind, tx, close } = openNested(frame.tx, request);
  const call = { path: pathOf(request), kind, args } as const;
  const ran = await runner.inside(tx, call, { scope, depth: frame.depth + 1, nowMs });
  close(ran.ok);
  if (ran.ok) return ran.value;
  throw raised(ran.error);
}

async function blobSyscall(
  op: string,
  { blob, storageId, options }: Record<string, unknown>,
): Promise<unknown> {
  if (op === "storage/storeBlob") {
    const { sha256 } = (options ?? {}) as { sha256?: string };
    const bytes = Buffer.from(await (blob as Blob).arrayBuffer());
    const stored = { blob: bytes.toString("base64"), contentType: (blob as Blob).type, sha256 };
    return JSON.parse(await answer("1.0/storageStore", stored)) as string;
  }
  if (op !== "storage/getBlob") throw new DeveloperError(`Unknown operation ${op}`);
  const found = JSON.parse(await answer("1.0/storageGet", { storageId })) as Record<string, string> | null;
  if (found === null) return null;
  return new Blob([Buffer.from(found["blob"] ?? "", "base64")], { type: found["contentType"] ?? "" });
}
