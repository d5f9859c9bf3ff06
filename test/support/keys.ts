/** Keys and tokens for tests that talk to a host: the claims of SPEC.md §8, signed with a key of their own. */
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from "jose";
import { TOKEN_AUDIENCE, TOKEN_ISSUER, type TokenClaims } from "../../domain/roles.ts";

export interface TestKeys {
  /** Private JWK: may be handed to a child process. */
  privateJwk: JWK;
  /** `DROVER_JWKS`. */
  jwks: string;
}

export async function testKeys(): Promise<TestKeys> {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const common = { kid: "test", alg: "ES256", use: "sig" };
  const keys = [{ ...(await exportJWK(publicKey)), ...common }];
  const jwks = Buffer.from(JSON.stringify({ keys })).toString("base64");
  return {
    privateJwk: { ...(await exportJWK(privateKey)), ...common },
    jwks: `data:application/json;base64,${jwks}`,
  };
}

/** @param how its id, and when it ends (seconds since the epoch; in an hour unless given) */
export async function sign(
  privateJwk: JWK,
  claims: TokenClaims,
  { jti, expiresAt = "1h" }: { jti?: string; expiresAt?: number | string } = {},
): Promise<string> {
  return new SignJWT({ ...claims, ...(jti !== undefined && { jti }) })
    .setProtectedHeader({ alg: "ES256", kid: "test", typ: "JWT" })
    .setIssuer(TOKEN_ISSUER)
    .setAudience(TOKEN_AUDIENCE)
    .setSubject(claims.role)
    .setIssuedAt()
    .setExpirationTime(expiresAt)
    .sign(await importJWK(privateJwk, "ES256"));
}
