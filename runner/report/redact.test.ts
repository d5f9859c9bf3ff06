/** Seam: the pure replacement of known secret values. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { redactor } from "./redact.ts";

describe("redaction", () => {
  it("takes the values of secret-like names out, and leaves others", () => {
    const redact = redactor({
      ANTHROPIC_API_KEY: "sk-abc123",
      HOME: "/home/me",
      GIT_AUTHOR_NAME: "Jane Doe",
    });
    expect(redact("key sk-abc123 of Jane Doe in /home/me")).toBe(
      "key [redacted ANTHROPIC_API_KEY] of Jane Doe in /home/me",
    );
  });

  it("leaves values alone that are too short to be secrets", () => {
    expect(redactor({ MY_TOKEN: "yes" })("yes, yes")).toBe("yes, yes");
  });

  it("finds a value inside JSON and inside a URL", () => {
    const redact = redactor({ DB_PASSWORD: 'a"b c/d' });
    expect(redact(JSON.stringify({ password: 'a"b c/d' }))).not.toContain('a\\"b');
    expect(redact("https://x/?p=a%22b%20c%2Fd")).toBe("https://x/?p=[redacted DB_PASSWORD]");
  });

  it("takes out each line of a key of several lines", () => {
    const redact = redactor({ SSH_PRIVATE_KEY: "-----BEGIN-----\nAAAABBBB\n-----END-----" });
    expect(redact("leaked AAAABBBB here")).toBe("leaked [redacted SSH_PRIVATE_KEY] here");
  });

  it("leaves no secret in any text, also when one contains another", () => {
    const secret = fc
      .string({ minLength: 6, maxLength: 20 })
      .filter((text) => !"[redacted A_KEYB_TOKEN]".includes(text));
    fc.assert(
      fc.property(secret, secret, fc.string(), (a, b, text) => {
        const redact = redactor({ A_KEY: a, B_TOKEN: a + b });
        const out = redact(`${text}${a}${b}${text}${a}`);
        expect(out.replaceAll(/\[redacted [A-Z_]+\]/g, "\0")).not.toContain(a);
      }),
    );
  });
});
