import { randomUUID } from "node:crypto";
import { importJWK, SignJWT } from "jose";
import { TOKEN_AUDIENCE, TOKEN_ISSUER, type TokenClaims } from "../../domain/roles.ts";
import { ALGORITHM, type SigningKey } from "./signingKey.ts";

/** A token for calls of the CLI on its own machine, seconds: longer than any command but `watch`, which renews. */
export const LOCAL_TOKEN_S = 15 * 60;

export interface SignedToken {
  token: string;
  jti: string;
  /** ms since 1970. */
  expiresAt: number;
}

export interface SignRequest {
  claims: TokenClaims;
  /** Seconds until it expires. */
  seconds: number;
}

/**
 * Signs a token with this machine's key. Its id stands in `jti` and in `sub`: some deployments keep `jti` to
 * themselves, and revocation must find it.
 */
export async function signToken(key: SigningKey, { claims, seconds }: SignRequest): Promise<SignedToken> {
  const jti = randomUUID();
  const now = Math.floor(Date.now() / 1000);
  const token = await new SignJWT({ ...claims })
    .setProtectedHeader({ alg: ALGORITHM, kid: key.kid, typ: "JWT" })
    .setIssuer(TOKEN_ISSUER)
    .setAudience(TOKEN_AUDIENCE)
    .setSubject(jti)
    .setJti(jti)
    .setIssuedAt(now)
    .setExpirationTime(now + seconds)
    .sign(await importJWK(key, ALGORITHM));
  return { token, jti, expiresAt: (now + seconds) * 1000 };
}

/** The short-lived admin token with which the CLI of the machine that has the key signs for itself. */
export async function signAdminToken(key: SigningKey): Promise<SignedToken> {
  return signToken(key, {
    claims: { role: "admin", namespaces: "*" },
    seconds: LOCAL_TOKEN_S,
  });
}
