/** Seam: a real folder and real processes; tokens are verified with the public half only, as a backend does it. */
import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from "jose";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TOKEN_AUDIENCE, TOKEN_ISSUER } from "../../domain/roles.ts";
import { signAdminToken, signToken } from "./sign.ts";
import { ensureSigningKey, jwksDataUri, readSigningKey, signingKeyFile } from "./signingKey.ts";

let home: string;
beforeEach(() => (home = join(mkdtempSync(join(tmpdir(), "drover-keys-")), "home")));
afterEach(() => rmSync(join(home, ".."), { recursive: true, force: true }));

const publicKeys = (uri: string) =>
  JSON.parse(Buffer.from(uri.split("base64,")[1] ?? "", "base64").toString()) as JSONWebKeySet;

describe("the signing key", () => {
  it("is made on first need, for its owner alone, and stays", async () => {
    const key = await ensureSigningKey(home);
    expect(statSync(home).mode & 0o777).toBe(0o700);
    expect(statSync(signingKeyFile(home)).mode & 0o777).toBe(0o600);
    expect(await ensureSigningKey(home)).toEqual(key);
  });

  it("is one and the same for processes that need it at once", async () => {
    const script = `import { ensureSigningKey } from ${JSON.stringify(new URL("./signingKey.ts", import.meta.url).href)};
      console.log((await ensureSigningKey(${JSON.stringify(home)})).kid);`;
    const run = () =>
      promisify(execFile)(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script]);
    const kids = (await Promise.all([run(), run(), run(), run()])).map(({ stdout }) => stdout.trim());
    expect(new Set(kids).size).toBe(1);
    expect(readdirSync(home)).toEqual(["signing-key.json"]);
  });

  it("is refused when the file is damaged, and never replaced silently", async () => {
    await ensureSigningKey(home);
    writeFileSync(signingKeyFile(home), "{");
    expect(() => readSigningKey(home)).toThrow(/is no signing key/);
    await expect(ensureSigningKey(home)).rejects.toThrow(/is no signing key/);
  });

  it("keeps its private half out of the JWKS", async () => {
    const uri = jwksDataUri(await ensureSigningKey(home));
    expect(publicKeys(uri).keys[0]).toMatchObject({ kty: "EC", crv: "P-256", alg: "ES256" });
    expect(publicKeys(uri).keys[0]).not.toHaveProperty("d");
  });
});

describe("a signed token", () => {
  it("carries role, namespaces and an id that revocation finds, and verifies with the public half", async () => {
    const key = await ensureSigningKey(home);
    const claims = { role: "runner", namespaces: "a,b", pools: "gpu" } as const;
    const { token, jti, expiresAt } = await signToken(key, { claims, seconds: 60 });
    const keys = createLocalJWKSet(publicKeys(jwksDataUri(key)));
    const { payload, protectedHeader } = await jwtVerify(token, keys, {
      issuer: TOKEN_ISSUER,
      audience: TOKEN_AUDIENCE,
    });
    expect(payload).toMatchObject({ ...claims, jti, sub: jti, exp: expiresAt / 1000 });
    expect(protectedHeader).toMatchObject({ alg: "ES256", typ: "JWT", kid: key.kid });
  });

  it("of the local CLI is an admin's and ends soon", async () => {
    const { token, expiresAt } = await signAdminToken(await ensureSigningKey(home));
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as object;
    expect(claims).toMatchObject({ role: "admin", namespaces: "*" });
    expect(expiresAt).toBeLessThan(Date.now() + 60 * 60 * 1000);
  });
});
