import { type FunctionKind } from "../functions/registry.ts";
import type { RequestScope } from "../functions/frame.ts";
import { type Address, handleOf, pathOf } from "../functions/syscalls/address.ts";
import { unknownOperation } from "../functions/syscalls/dispatch.ts";
import { FILE_OPS, isFileOp } from "../functions/syscalls/files.ts";
import * as meta from "../functions/syscalls/meta.ts";
import { cancelJob, schedule, type ScheduleArgs } from "../functions/syscalls/schedule.ts";
import type { Transaction } from "../database/transaction.ts";
import type { ConvexJson } from "../values/json.ts";
import { inMockWords, raised } from "./errors.ts";
import type { RunnerPart } from "./running.ts";

const CALLS: Record<string, FunctionKind> = {
  "1.0/actions/query": "query",
  "1.0/actions/mutation": "mutation",
  "1.0/actions/action": "action",
};

/** What actions may do; each touch of the data is a transaction of its own. */
export async function actionSyscall(
  runner: RunnerPart,
  scope: RequestScope,
  { op, args }: { op: string; args: unknown },
): Promise<string> {
  const kind = CALLS[op];
  if (kind !== undefined) {
    const call = args as Address & { args: ConvexJson };
    const ran = await runner.call({ path: pathOf(call), kind, args: call.args }, scope);
    if (ran.ok) return ran.value;
    throw raised(ran.error);
  }
  if (isFileOp(op)) return await write(runner, (tx) => FILE_OPS[op](tx, args as never));
  const parent = scope.metadata.scheduledFunctionId;
  switch (op) {
    case "1.0/actions/schedule":
      return await write(runner, (tx) =>
        JSON.stringify(schedule(tx, { registry: runner.modules.schedulable, parent }, args as ScheduleArgs)),
      );
    case "1.0/actions/cancel_job":
      return await write(runner, (tx) => {
        cancelJob(tx, runner.modules.schedulable, (args as { id: string }).id);
        return "null";
      });
    case "1.0/getUserIdentity":
      return meta.getUserIdentity({ scope });
    case "1.0/getRequestMetadata":
      return meta.getRequestMetadata({ scope });
    case "1.0/createFunctionHandle":
      return JSON.stringify(handleOf(pathOf(args as Address)));
    default:
      throw unknownOperation(op, "async operation");
  }
}

async function write(runner: RunnerPart, work: (tx: Transaction) => string): Promise<string> {
  const ran = await runner.transact("mutation", (tx) =>
    Promise.resolve({ ok: true, value: inMockWords(() => work(tx)) }),
  );
  await runner.onScheduled();
  if (ran.ok) return ran.value;
  throw ran.error;
}
