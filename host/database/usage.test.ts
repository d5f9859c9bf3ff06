/** Seam: what a transaction may use, and what of a nested call counts for its caller. */
import { convexToJson, getConvexSize } from "convex/values";
import { expect, it } from "vitest";
import { LIMITS } from "../values/limits.ts";
import { Usage } from "./usage.ts";

/** The document that is largest for its characters of JSON, and its bytes as Convex counts them. */
const ones = (numbers: number) => JSON.stringify({ a: Array.from({ length: numbers }, () => 1) });
const bytesOf = (numbers: number) => 6 + 9 * numbers;

it("lets a nested call use what it was given, never more than is left to its caller", () => {
  const usage = new Usage();
  usage.limitTo({ documentsRead: 5 });
  usage.add("documentsRead", 1);
  const close = usage.openNested({ documentsRead: 2 });
  usage.add("documentsRead", 2);
  expect(() => usage.add("documentsRead", 1)).toThrow("Too many documents read");
  close(false);
  const again = usage.openNested({ documentsRead: 1_000 });
  usage.add("documentsRead", 1);
  expect(() => usage.add("documentsRead", 1)).toThrow("(limit: 5)");
  again(false);
});

it("forgets the writes of a call that is taken back, and remembers what it has read", () => {
  const usage = new Usage();
  const close = usage.openNested();
  for (const meter of ["documentsRead", "documentsWritten", "functionsScheduled"] as const)
    usage.add(meter, 3);
  close(false);
  const { documentsRead, documentsWritten, functionsScheduled } = usage.report();
  expect(documentsRead).toEqual({ used: 3, remaining: LIMITS.documentsRead - 3 });
  expect([documentsWritten.used, functionsScheduled.used]).toEqual([0, 0]);
});

it("goes on counting where nothing is refused", () => {
  const usage = new Usage();
  usage.limitTo("none");
  usage.add("documentsWritten", LIMITS.documentsWritten + 1);
  expect(usage.report().documentsWritten).toEqual({ used: LIMITS.documentsWritten + 1, remaining: -1 });
});

it("counts bytes as Convex does, not those of JSON", () => {
  const usage = new Usage();
  const document = { _creationTime: 1, _id: "j97", big: 7n, text: "äß€😀", list: [1, null, true, { a: 0 }] };
  usage.addDocument("documentsRead", JSON.stringify(convexToJson(document)));
  expect(usage.report().bytesRead.used).toBe(getConvexSize(document));
  usage.addDocument("documentsRead", ones(3));
  expect(usage.report().bytesRead.used).toBe(getConvexSize(document) + bytesOf(3));
});

it("refuses the document with which the bytes pass their limit", () => {
  const usage = new Usage();
  usage.limitTo({ bytesRead: 10 * bytesOf(100) });
  for (let i = 0; i < 10; i++) usage.addDocument("documentsRead", ones(100));
  expect(() => usage.addDocument("documentsRead", "{}")).toThrow("Too many bytes read");
});

it("takes back the bytes of a failed nested call, measured or not, and holds it to its own limit", () => {
  for (const isMeasured of [false, true]) {
    const usage = new Usage();
    usage.addDocument("documentsWritten", ones(1));
    const close = usage.openNested({ bytesWritten: bytesOf(2) });
    usage.addDocument("documentsWritten", ones(2));
    if (isMeasured) usage.report();
    expect(() => usage.addDocument("documentsWritten", ones(0))).toThrow("Too many bytes written");
    close(false);
    usage.addDocument("documentsWritten", ones(3));
    expect(usage.report().bytesWritten.used).toBe(bytesOf(1) + bytesOf(3));
  }
});
