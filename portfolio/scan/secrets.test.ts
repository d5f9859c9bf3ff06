/** Seam: a text in, the first hit out. The value itself must never come out whole. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isIgnored } from "./gitignore.ts";
import { searchText } from "./secrets.ts";

const VALUE = "sk_live_0123456789abcdef";

describe("the search for hard-coded secrets", () => {
  it.each([
    [`apiKey = "${VALUE}"`, true],
    [`API-KEY: '${VALUE}'`, true],
    [`SECRET_KEY = "${VALUE}"`, true],
    [`accessToken:="${VALUE}"`, true],
    [`"dbPassword" : "${VALUE}"`, true],
    [`password = "short"`, false],
    [`password = ${VALUE}`, false],
    [`token = "${VALUE}" // TODO`, false],
    [`token = os.getenv("A_LONG_VARIABLE_NAME_X")`, false],
    [`token: "env:SOME_LONG_VARIABLE"`, false],
    [`token = "\${SOME_LONG_VARIABLE}"`, false],
    [`tokens = ["${VALUE}"]`, false],
    [`password =\n"${VALUE}"`, false],
  ])("judges %j", (line, expected) => {
    expect(searchText(`first\n${line}\nlast`) !== undefined).toBe(expected);
  });

  it("names the line, three characters and the length, never the value", () => {
    const hit = searchText(`a\nb\npassword = "xxx-not-this-one-xxx"\ntoken = "${VALUE}"\n`);
    expect(hit).toEqual({ line: 4, name: "token", shown: "sk_", length: VALUE.length });
  });

  it("agrees with the rule written plainly, so the quick look never hides a hit", () => {
    const piece = fc.constantFrom(
      "api_key",
      "APIKEY",
      "api-key",
      "Secret",
      "toKen",
      "PASSWORD",
      " ",
      "=",
      ":",
      ":=",
      '"',
      "'",
      "\n",
      "abcdefgh",
      "x",
      "todo",
    );
    const rule =
      /(api[_-]?key|secret([_-]?key)?|token|password)["'`]?[^\S\n]*(:=|[:=])[^\S\n]*["'][^"'\n]{16,}["']/i;
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const text = pieces.join("");
        if (!rule.test(text)) expect(searchText(text)).toBeUndefined();
        else if (!/todo|\s/.test(text)) expect(searchText(text)).toBeDefined();
      }),
      { numRuns: 2000 },
    );
  });
});

describe("whether .gitignore ignores .env", () => {
  it.each([
    [".env", true],
    ["/.env", true],
    ["**/.env", true],
    [".env*", true],
    ["*", true],
    [".e?v  ", true],
    ["# .env", false],
    [".env.example", false],
    [".env/", false],
    ["config/.env", false],
    [".env\n!.env", false],
    ["!.env\n.env", true],
    ["\\.env", true],
    ["[", false],
  ])("reads %j", (text, expected) => {
    expect(isIgnored(text, ".env")).toBe(expected);
  });
});
