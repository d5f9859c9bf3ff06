/** Seam: what a patch makes of a document, and the limits that it must not pass together with what it leaves. */
import { expect, it } from "vitest";
import type { ConvexObject } from "../values/json.ts";
import { mergePatch } from "./documents.ts";

const system = { _creationTime: 1, _id: "id" };
const patched = (own: ConvexObject, patch: ConvexObject) => {
  const document = { ...system, ...own };
  return mergePatch({ document, json: JSON.stringify(document) }, patch);
};
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`f${String(i).padStart(4, "0")}`, true]));
const nested = (levels: number): ConvexObject => (levels === 1 ? {} : { a: nested(levels - 1) });

it("gives, takes away and leaves fields, in their order", () => {
  const { document, given, unset } = patched({ b: 1, d: 2 }, { a: 3, b: { $undefined: null }, c: 4 });
  expect(JSON.stringify(document)).toBe('{"_creationTime":1,"_id":"id","a":3,"c":4,"d":2}');
  expect({ given, unset }).toEqual({ given: { a: 3, c: 4 }, unset: ["b"] });
});

it("takes a field that is not there away without harm", () => {
  expect(patched({ a: 1 }, { toString: { $undefined: null } }).document).toEqual({ ...system, a: 1 });
});

it.each<[string, ConvexObject, ConvexObject]>([
  ["Value is too large", { a: "x".repeat(1_000_000) }, { b: "x".repeat(48_577) }],
  ["Object has too many fields", many(1_024), { z: true }],
  ["Document is too nested", {}, { a: nested(16) }],
])("%s: is said of a document that a patch makes so", (text, own, patch) => {
  expect(() => patched(own, patch)).toThrow(text);
});

it.each<[ConvexObject, ConvexObject]>([
  [{ a: "x".repeat(1_000_000) }, { a: "x".repeat(1_000_001) }],
  [many(1_024), { f0000: false }],
  [many(1_024), { f0000: { $undefined: null }, z: true }],
  [{}, { a: nested(15) }],
])("a patch that stays within the limits is taken", (own, patch) => {
  expect(patched(own, patch).document["_id"]).toBe("id");
});
