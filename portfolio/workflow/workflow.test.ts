/** Seam: conditions and command templates in, truth and shell text out; a real shell judges the quoting. */
import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fillPlaceholders } from "../display/fill.ts";
import { evaluateCondition } from "./expression.ts";
import { fillCommand } from "./fillCommand.ts";

const NAMES = { "repo.language": "go", "repo.name": "shop", "repo.remote": "" };

describe("a condition", () => {
  it.each([
    ["repo.language == 'go'", true],
    ['repo.language != "go"', false],
    ["repo.language == 'go' && repo.name == 'x'", false],
    ["repo.language == 'x' || repo.name == 'shop' && true", true],
    ["!(repo.name == 'shop') || !repo.remote", true],
    ["repo.remote", false],
    ["'it' == 'it'", true],
  ])("reads %s", (condition, value) => {
    expect(evaluateCondition(condition, NAMES)).toEqual({ ok: true, value });
  });

  it.each([
    ["", "expected a name"],
    ["repo.lang == 'go'", 'unknown name "repo.lang"'],
    ["constructor", "unknown name"],
    ["repo.name = 'x'", "column 10"],
    ["repo.name == 'x", "column"],
    ["(repo.name", "closing parenthesis"],
    ["true true", "expected the end"],
    ["true || repo.nope", "unknown name"],
    ["process.exit(1)", "column 14"],
    ["repo.name()", "expected the end"],
    ["(".repeat(100), "nested deeper"],
  ])("refuses %j", (condition, word) => {
    const result = evaluateCondition(condition, NAMES);
    expect(result.ok ? "" : result.message).toContain(word);
  });

  it("never throws, whatever is written", () => {
    const piece = fc.oneof(
      fc.constantFrom("==", "!=", "!", "&&", "||", "(", ")", "'a'", "repo.name", "true", " "),
      fc.string({ maxLength: 5 }),
    );
    fc.assert(fc.property(fc.array(piece), (pieces) => void evaluateCondition(pieces.join(""), NAMES)));
  });
});

describe("a command with placeholders", () => {
  const templates = [
    "printf %s {{v}}",
    'printf %s "{{v}}"',
    "printf %s '{{ v }}'",
    "printf %s 'a'\"\"{{v}} | sed 's/^a//'",
  ];

  it("hands any value to the shell as data, in every kind of quotes", () => {
    const value = fc
      .oneof(
        fc.constantFrom("$(echo no)", "`echo no`", "a b", "'", '"', "\\", "; echo no", "$HOME", "a\nb", "*"),
        fc.string({ minLength: 1, maxLength: 8 }),
      )
      .filter((text) => !text.includes("\0"));
    fc.assert(
      fc.property(fc.constantFrom(...templates.slice(0, 3)), value, (template, text) => {
        const filled = fillCommand(template, { v: text });
        const env = filled.ok ? { ...process.env, ...filled.env } : {};
        expect(filled.ok && execFileSync("sh", ["-c", filled.command], { encoding: "utf8", env })).toBe(text);
      }),
      { numRuns: 100 },
    );
  });

  it("runs nothing of a value even inside a command substitution", () => {
    const filled = fillCommand('printf %s "$(printf %s {{v}})"', { v: "a; echo no" });
    const env = filled.ok ? { ...process.env, ...filled.env } : {};
    expect(filled.ok && execFileSync("sh", ["-c", filled.command], { encoding: "utf8", env })).toMatch(
      /^a; ?echo ?no$/,
    );
  });

  it("names an unknown placeholder", () => {
    expect(fillCommand("cd {{repo.lokal}}", NAMES)).toEqual({ ok: false, unknown: "repo.lokal" });
  });
});

describe("filling a text", () => {
  it("replaces every occurrence, once, says (none) for nothing, and keeps what it does not know", () => {
    expect(fillPlaceholders("{{a}} {{ a }} {{b}} {{c}} {{toString}}", { a: "{{b}}$&", b: " " })).toBe(
      "{{b}}$& {{b}}$& (none) {{c}} {{toString}}",
    );
  });
});
