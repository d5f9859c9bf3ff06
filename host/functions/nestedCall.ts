import type { Transaction } from "../database/transaction.ts";
import type { RunUdfArgs } from "./syscalls/dispatch.ts";

/** A call inside a call, and what ends it: with its writes kept, or not. */
export interface NestedCall {
  readonly kind: "query" | "mutation";
  /** That of its caller, or a snapshot without its caller's writes. */
  readonly tx: Transaction;
  readonly close: (keep: boolean) => void;
}

/** Opens what `ctx.runQuery` and `ctx.runMutation` run in. Only writes need a savepoint; limits of its own each can have. */
export function openNested(
  tx: Transaction,
  { udfType, transactionLimits }: Pick<RunUdfArgs, "udfType" | "transactionLimits">,
): NestedCall {
  switch (udfType) {
    case "mutation":
      return { kind: "mutation", tx, close: tx.openNested(transactionLimits) };
    case "query":
      return { kind: "query", tx, close: tx.usage.openNested(transactionLimits) };
    case "snapshotQuery": {
      const snapshot = tx.openSnapshot();
      const closeUsage = tx.usage.openNested(transactionLimits);
      const close = (keep: boolean) => {
        closeUsage(keep);
        snapshot.close();
      };
      return { kind: "query", tx: snapshot.tx, close };
    }
    default:
      return udfType satisfies never;
  }
}
