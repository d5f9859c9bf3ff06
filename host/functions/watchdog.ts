import vm from "node:vm";
import type { Guard } from "../database/committer.ts";
import { LIMITS } from "../values/limits.ts";

/** One watchdog covers a whole batch (it costs a thread, 0.1 ms), so it allows a full call after the batch's own time. */
const BATCH_ALLOWANCE_MS = 100;

/**
 * Makes a guard that kills a synchronous endless loop inside it: V8 ends every frame up to this one, without running
 * `finally` blocks, so the caller must throw away what the step had under way. Functions await nothing but syscalls
 * that answer at once, hence a call runs inside one guard from start to end.
 */
export function makeGuard(onRunaway: () => void): Guard {
  const context = vm.createContext({ step: null as (() => void) | null });
  const script = new vm.Script("step()");
  return <T>(step: () => T): T | null => {
    let result: { value: T } | undefined;
    context["step"] = () => {
      result = { value: step() };
    };
    try {
      script.runInContext(context, { timeout: LIMITS.userTimeMs + BATCH_ALLOWANCE_MS });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
      onRunaway();
      return null;
    }
    return (result as { value: T }).value;
  };
}
