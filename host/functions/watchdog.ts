import vm from "node:vm";
import { type Guard, KILLED, type Killed } from "../database/task.ts";
import { LIMITS } from "../values/limits.ts";
import { cpuNow } from "./cpuTime.ts";

/** What a guarded batch may do beside the call that is killed: its own time, and being put aside for a moment. */
const ALLOWANCE_MS = 500;
/** A call that was killed with less CPU time than this was put aside for most of the time, and is not at fault. */
const STARVED_BELOW_MS = LIMITS.userTimeMs / 2;
/** Times such a call is tried again, each with twice the time. */
const MAX_PATIENCE = 3;

/**
 * Makes a guard that kills a synchronous endless loop inside it: V8 ends every frame up to this one, without running
 * `finally` blocks, so the caller must throw away what the step had under way. Functions await nothing but syscalls
 * that answer at once, hence a call runs inside one guard from start to end.
 *
 * V8 counts wall time. A call that was killed on a busy machine before it had much CPU time is `starved`, not at fault: the caller runs it again with more patience. One guard covers a batch (it costs a thread, 0.13 ms).
 */
export function makeGuard(onRunaway: () => void): Guard {
  const context = vm.createContext({ step: null as (() => void) | null });
  const script = new vm.Script("step()");
  return <T>(step: () => T, patience = 0): T | Killed => {
    let result: { value: T } | undefined;
    context["step"] = () => {
      result = { value: step() };
    };
    const begun = cpuNow();
    try {
      script.runInContext(context, { timeout: (LIMITS.userTimeMs + ALLOWANCE_MS) << patience });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
      onRunaway();
      const isStarved = cpuNow() - begun < STARVED_BELOW_MS && patience < MAX_PATIENCE;
      return isStarved ? KILLED.starved : KILLED.runaway;
    }
    return (result as { value: T }).value;
  };
}
