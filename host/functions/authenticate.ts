import { createHash, timingSafeEqual } from "node:crypto";
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  decodeJwt,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from "jose";
import { HostError, messageOf } from "../values/errors.ts";
import { type ConvexJson, type ConvexObject, isObject, textOf } from "../values/json.ts";
import type { Identity } from "./identity.ts";

/** Difference between clocks that a token may have. */
const CLOCK_TOLERANCE_S = 5;
/** OpenID claims and the names under which Convex gives them to functions (server/authentication.ts). */
const CLAIM_NAMES: Record<string, string> = {
  iss: "issuer",
  sub: "subject",
  given_name: "givenName",
  family_name: "familyName",
  preferred_username: "preferredUsername",
  profile: "profileUrl",
  picture: "pictureUrl",
  email_verified: "emailVerified",
  zoneinfo: "timezone",
  locale: "language",
  phone_number: "phoneNumber",
  phone_number_verified: "phoneNumberVerified",
  updated_at: "updatedAt",
};
/** About the token, not about the user; they would also make every renewed token a new identity. */
const TOKEN_CLAIMS = ["aud", "exp", "iat", "nbf"];

/** The only ones that Convex documents. */
const ALGORITHMS = ["RS256", "ES256"];
const DISCOVER_WITHIN_MS = 5_000;

type KeySource = JWTVerifyGetKey;
interface Provider {
  /** What the claim `iss` may be. */
  readonly issuers: string[];
  readonly audience: string | undefined;
  readonly algorithms: string[];
  readonly keys: KeySource;
}

/** A token was refused; the message goes to the client. */
export class AuthenticationError extends Error {
  override name = "AuthenticationError";
}

/** Checks tokens against the providers of `auth.config.ts`, and admin keys. */
export class Authenticator {
  #providers: Provider[];
  readonly #adminKey: Buffer;

  /** @param configJson JSON of the default export of `auth.config.ts`, or "null" */
  constructor(configJson: string, adminKey: string) {
    this.#providers = readProviders(configJson);
    this.#adminKey = digest(adminKey);
  }

  /** Takes over another `auth.config.ts`. */
  replace(configJson: string): void {
    this.#providers = readProviders(configJson);
  }

  /**
   * The identity behind a JWT.
   * @throws AuthenticationError naming what is wrong with it
   */
  async user(token: string): Promise<Identity> {
    const { iss, aud } = readClaims(token);
    const audiences = [aud ?? []].flat();
    const provider = this.#providers.find(
      ({ issuers, audience }) =>
        issuers.includes(iss ?? "") && (audience === undefined || audiences.includes(audience)),
    );
    if (provider === undefined) {
      throw new AuthenticationError(
        `No auth provider found matching the given token (issuer ${String(iss)}). Check your server auth config.`,
      );
    }
    try {
      const { payload } = await jwtVerify(token, provider.keys, {
        algorithms: provider.algorithms,
        issuer: provider.issuers,
        clockTolerance: CLOCK_TOLERANCE_S,
        requiredClaims: ["sub", "exp"],
      });
      return {
        kind: "user",
        token,
        attributes: attributesOf(payload),
        expiresAtMs: (payload.exp ?? 0) * 1000,
      };
    } catch (error) {
      throw new AuthenticationError(
        error instanceof errors.JWTExpired
          ? "Could not verify token: Token expired"
          : `Could not verify token: ${messageOf(error)}`,
      );
    }
  }

  /**
   * The identity behind an admin key, which may carry `:` and the base64 JSON of a user to act as.
   * @throws AuthenticationError when the key is not this deployment's
   */
  admin(value: string, acting: ConvexObject | null = null): Identity {
    if (this.#isAdminKey(value)) return { kind: "admin", acting: acting && actingAs(acting) };
    const colon = value.lastIndexOf(":");
    if (colon > 0 && this.#isAdminKey(value.slice(0, colon))) {
      return { kind: "admin", acting: actingAs(parseActing(value.slice(colon + 1))) };
    }
    throw new AuthenticationError("The provided admin key was invalid for this instance");
  }

  /** Digests have one length, so the comparison tells nothing about the key. */
  #isAdminKey(value: string): boolean {
    return timingSafeEqual(digest(value), this.#adminKey);
  }
}

/** @throws HostError when a provider lacks something */
export function readProviders(configJson: string): Provider[] {
  const config = JSON.parse(configJson) as { providers?: ConvexObject[] } | null;
  return (config?.providers ?? []).map(parseProvider);
}

function parseProvider(config: ConvexObject): Provider {
  const text = (field: string) => (typeof config[field] === "string" ? config[field] : undefined);
  const audience = text("applicationID");
  if (config["type"] === "customJwt") {
    const issuer = text("issuer");
    const jwks = text("jwks");
    if (issuer === undefined || jwks === undefined) {
      throw new HostError(`auth.config.ts: a customJwt provider needs "issuer" and "jwks".`);
    }
    const algorithm = text("algorithm") ?? "RS256";
    if (!ALGORITHMS.includes(algorithm)) {
      throw new HostError(
        `auth.config.ts: "algorithm" may be ${ALGORITHMS.join(" or ")}, got "${algorithm}".`,
      );
    }
    return { issuers: [issuer], audience, algorithms: [algorithm], keys: keySource(jwks) };
  }
  const domain = text("domain");
  if (domain === undefined)
    throw new HostError(`auth.config.ts: a provider needs "domain", or type "customJwt".`);
  const issuer = (/^https?:/.test(domain) ? domain : `https://${domain}`).replace(/\/$/, "");
  const keys = discoveredKeys(issuer);
  if (audience === undefined) {
    throw new HostError(`auth.config.ts: the provider ${domain} needs "applicationID", or type "customJwt".`);
  }
  // Auth0 signs as its domain with a slash, and documents the domain without.
  return { issuers: [issuer, `${issuer}/`], audience, algorithms: ALGORITHMS, keys };
}

/** The keys that an OpenID provider names in its configuration, else those at the usual place. */
function discoveredKeys(issuer: string): JWTVerifyGetKey {
  const usual = keysUrl(`${issuer}/.well-known/jwks.json`);
  let found: Promise<JWTVerifyGetKey> | undefined;
  const discover = async () => {
    const configuration = await openidConfiguration(issuer);
    // Asked again with the next token when the provider did not answer.
    if (configuration === null) found = undefined;
    return createRemoteJWKSet(configuration?.jwks_uri ? keysUrl(configuration.jwks_uri) : usual);
  };
  return async (header, token) => await (await (found ??= discover()))(header, token);
}

async function openidConfiguration(issuer: string): Promise<{ jwks_uri?: string } | null> {
  try {
    const signal = AbortSignal.timeout(DISCOVER_WITHIN_MS);
    const response = await fetch(`${issuer}/.well-known/openid-configuration`, { signal });
    return response.ok ? ((await response.json()) as { jwks_uri?: string }) : null;
  } catch {
    return null;
  }
}

function keySource(jwks: string): KeySource {
  if (!jwks.startsWith("data:")) return createRemoteJWKSet(keysUrl(jwks));
  const comma = jwks.indexOf(",");
  const body = jwks.slice(comma + 1);
  try {
    const isBase64 = jwks.slice(0, comma).endsWith(";base64");
    const text = isBase64 ? Buffer.from(body, "base64").toString("utf8") : decodeURIComponent(body);
    return createLocalJWKSet(JSON.parse(text) as Parameters<typeof createLocalJWKSet>[0]);
  } catch (error) {
    throw new HostError(`auth.config.ts: "jwks" is no data: URI of a JSON Web Key Set: ${messageOf(error)}`);
  }
}

/** @throws HostError when it is no URL that can be fetched; found out here, not when the first user comes */
function keysUrl(text: string): URL {
  const isWeb = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  if (isWeb) return new URL(text);
  throw new HostError(
    `auth.config.ts: expected the http(s) or data: URL of a JSON Web Key Set, got "${text}". ` +
      `Correct "jwks" or "domain" of the provider.`,
  );
}

function readClaims(token: string): JWTPayload {
  try {
    return decodeJwt(token);
  } catch (error) {
    throw new AuthenticationError(`Could not parse token: ${messageOf(error)}`);
  }
}

/** Nested claims appear under dotted names (`identity["properties.id"]`), as Convex does for custom JWTs. */
function attributesOf(payload: JWTPayload): ConvexObject {
  const attributes: ConvexObject = { tokenIdentifier: `${payload.iss ?? ""}|${payload.sub ?? ""}` };
  const put = (name: string, value: ConvexJson) => {
    const isNested = typeof value === "object" && value !== null && !Array.isArray(value);
    if (!isNested) attributes[name] = value;
    else for (const [key, inner] of Object.entries(value)) put(`${name}.${key}`, inner);
  };
  for (const [claim, value] of Object.entries(payload)) {
    if (!TOKEN_CLAIMS.includes(claim)) put(CLAIM_NAMES[claim] ?? claim, value as ConvexJson);
  }
  return attributes;
}

function actingAs(attributes: ConvexObject): ConvexObject {
  const { issuer, subject } = attributes;
  return { tokenIdentifier: `${textOf(issuer)}|${textOf(subject)}`, ...attributes };
}

function parseActing(encoded: string): ConvexObject {
  try {
    const value = JSON.parse(Buffer.from(encoded, "base64").toString("utf8")) as ConvexJson;
    if (isObject(value)) return value;
  } catch {
    // Said below.
  }
  throw new AuthenticationError("The identity to act as is no base64 of a JSON object");
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
