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

  it("takes out what profiles take by env:NAME, whatever it is called, but no path", () => {
    const env = { LICENCE: "lic-123456", ALT_HOME: "/home/other" };
    const redact = redactor(env, [{ env: { X: "env:LICENCE", HOME: "env:ALT_HOME", A_KEY: "literal-1" } }]);
    expect(redact("lic-123456 and literal-1 in /home/other")).toBe(
      "[redacted LICENCE] and [redacted A_KEY] in /home/other",
    );
  });

  it("takes out a URL that holds a password, and names that end in PASS, PWD, PAT and AUTH", () => {
    const redact = redactor({
      DATABASE_URL: "postgres://me:hidden@db/x",
      PGPASSWORD: "pg-hidden",
      MYSQL_PWD: "my-hidden",
      SMTP_PASS: "sm-hidden",
      GH_PAT: "gh-hidden",
      NPM_AUTH: "np-hidden",
      OPENAIAPIKEY2: "oa-hidden",
    });
    const out = redact(
      "postgres://me:hidden@db/x pg-hidden my-hidden sm-hidden gh-hidden np-hidden oa-hidden",
    );
    expect(out).not.toContain("hidden");
    expect(redactor({ PWD: "/srv/work", PATH: "/usr/bin", SSH_AUTH_SOCK: "/tmp/agent" })("/srv/work")).toBe(
      "/srv/work",
    );
  });

  it("leaves no half of a secret where a text was cut inside it", () => {
    const redact = redactor({ MY_TOKEN: "abcdefghijklmnop" });
    for (let length = 6; length < 16; length++) {
      expect(redact(`it is ${"abcdefghijklmnop".slice(0, length)}…`)).toBe("it is [redacted MY_TOKEN]…");
    }
    expect(redact("nothing was hidden…")).toBe("nothing was hidden…");
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
