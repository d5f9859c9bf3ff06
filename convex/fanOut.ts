import { v } from "convex/values";
import { internalMutation } from "./_generated/server.js";
import { begin } from "./model/access/access.ts";
import { drain } from "./model/fanOut/drain.ts";
import { vTask } from "./model/shared/task.ts";

/** Continues what one transaction could not finish; the arguments are the record of what remains. */
export const run = internalMutation({
  args: { tasks: v.array(vTask), round: v.number() },
  returns: v.null(),
  handler: async (ctx, { tasks, round }) => {
    const tx = begin(ctx);
    tx.tasks.push(...tasks);
    await drain(tx, round);
    return null;
  },
});
