import { type ConvexJson, int64Json, isObject } from "../values/json.ts";

/** The value with the commit timestamp in place of each placeholder. */
export function withCommitTs(value: ConvexJson, ts: bigint): ConvexJson {
  if (Array.isArray(value)) return value.map((item) => withCommitTs(item, ts));
  if (typeof value !== "object" || value === null) return value;
  if ("$commitTs" in value) return int64Json(ts);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([field, item]) => [field, withCommitTs(item, ts)]));
}
