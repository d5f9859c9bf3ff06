const NAMES: Readonly<Record<string, string>> = {
  "1.0/actions/query": "runQuery",
  "1.0/actions/mutation": "runMutation",
  "1.0/actions/action": "runAction",
  "1.0/actions/schedule": "schedule",
  "1.0/actions/cancel_job": "cancel",
};

/** What the real server logs for an action that ended before what it had started. */
export function unawaited(operations: readonly string[]): string {
  const names = operations.map((op) => NAMES[op] ?? op.replace(/^1\.0\//, ""));
  return (
    `${names.length} unawaited operation${names.length === 1 ? "" : "s"}: [${names.join(", ")}]. ` +
    "Async operations should be awaited or they might not run. " +
    "See https://docs.convex.dev/functions/actions#dangling-promises for more information."
  );
}
