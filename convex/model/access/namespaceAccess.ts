import type { Doc } from "../../_generated/dataModel.js";
import { grantsNamespace, type Caller } from "./caller.ts";
import { fail } from "../shared/fail.ts";
import type { Reading } from "../shared/tx.ts";

/** The namespace of this name, or null when there is none or the caller may not see it. */
export async function findNamespace(
  ctx: Reading,
  caller: Caller,
  name: string,
): Promise<Doc<"namespaces"> | null> {
  if (!grantsNamespace(caller, name)) return null;
  return ctx.db
    .query("namespaces")
    .withIndex("by_name", (q) => q.eq("name", name))
    .unique();
}

/** The answer for a namespace that does not exist or is not the caller's: the same text for both. */
export function unknownNamespace(name: string): never {
  return fail(
    "NOT_FOUND",
    `namespace ${JSON.stringify(name)} is unknown to this token: check the name and which namespaces the token grants, or create it with \`drover init\``,
  );
}
