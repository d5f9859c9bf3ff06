/** Seam: the operation names in the installed convex package; a new release must not bring one that nobody looked at. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { ACTION_OPS } from "../actions.ts";
import { DETERMINISTIC_OPS } from "./dispatch.ts";
import { REFUSED } from "./refused.ts";

const server = join(dirname(fileURLToPath(import.meta.resolve("convex/package.json"))), "src", "server");

function operations(): string[] {
  const files = readdirSync(server, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  const text = files.map((file) => readFileSync(join(server, file), "utf8")).join("\n");
  return [
    ...new Set([...text.matchAll(/perform(?:Async|Js)?[Ss]yscall\(\s*"([^"]+)"/g)].map((match) => match[1]!)),
  ];
}

it("finds the operations of the package at all", () => {
  expect(operations().length).toBeGreaterThanOrEqual(35);
});

it("knows every operation of the package, either to do it or to say why not", () => {
  const known: string[] = [
    ...DETERMINISTIC_OPS,
    ...ACTION_OPS,
    "1.0/getFunctionMetadata",
    ...Object.keys(REFUSED),
  ];
  expect(operations().filter((operation) => !known.includes(operation))).toEqual([]);
});
