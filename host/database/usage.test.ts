/** Seam: what a transaction may use, and what of a nested call counts for its caller. */
import { expect, it } from "vitest";
import { LIMITS } from "../values/limits.ts";
import { Usage } from "./usage.ts";

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
