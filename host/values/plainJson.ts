import { bytesOf, type ConvexJson, type ConvexObject, floatOf, int64Of, kindOf } from "./json.ts";

/** A value for callers that ask for `format: "json"`: int64 and bytes become strings, as on the real server. */
export function plainJson(value: ConvexJson): ConvexJson {
  const kind = kindOf(value);
  switch (kind) {
    case "int64":
      return int64Of(value).toString();
    case "bytes":
      return bytesOf(value).toString("base64");
    case "float64": {
      const number = floatOf(value);
      return Number.isFinite(number) ? number : String(number);
    }
    case "array":
      return (value as ConvexJson[]).map(plainJson);
    case "object":
      return Object.fromEntries(
        Object.entries(value as ConvexObject).map(([field, item]) => [field, plainJson(item)]),
      );
    case "undefined":
    case "null":
    case "boolean":
    case "string":
    case "commitTs":
      return value;
    default:
      return kind satisfies never;
  }
}
