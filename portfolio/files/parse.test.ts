/** Seam: the text of a user's file in, a checked value out, or an error in words for the person who wrote it. */
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { checkShape, parseJson, parseYaml } from "./parse.ts";

const schema = z.strictObject({
  repos: z.array(z.looseObject({ name: z.string().min(1), tags: z.array(z.string()).optional() })),
  day: z.iso.date({ error: "expected a day" }).optional(),
});

describe("a faulty file", () => {
  it.each([
    [{ repos: {} }, "f.json: repos: expected a list, got an object"],
    [{ repos: [{ name: "" }] }, "f.json: repos[0].name: expected a text that is not empty"],
    [{ repos: [{ name: 7 }] }, "f.json: repos[0].name: expected a text, got 7"],
    [{ repos: [{ name: "a", tags: "x" }] }, 'f.json: repos[0].tags: expected a list, got "x"'],
    [{ repos: [], day: 3 }, "f.json: day: expected a day"],
    [{ repos: [], extra: 1 }, 'f.json: unknown key "extra"'],
    [{}, "f.json: repos: expected a list, got nothing"],
    [null, "f.json: expected an object, got nothing"],
  ])("%j is told by place, what was expected and what came", (value, message) => {
    expect(() => checkShape("f.json", schema, value)).toThrow(
      expect.objectContaining({ kind: "usage", message }),
    );
  });

  it("with many faults names the first five", () => {
    const value = { repos: Array.from({ length: 20 }, () => ({})) };
    const tell = () => checkShape("f.json", schema, value);
    expect(tell).toThrow(/repos\[4\]\.name: .*\nf\.json: 15 more faults$/);
  });

  it("that is no JSON or YAML is named", () => {
    expect(() => parseJson("f.json", "{")).toThrow(/^f\.json: expected JSON: /);
    expect(() => parseYaml("f.yml", "{")).toThrow(/^f\.yml: expected YAML: /);
    expect(parseJson("f.json", "\uFEFF[]")).toEqual([]);
  });
});
