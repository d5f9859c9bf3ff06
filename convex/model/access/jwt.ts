import { fail } from "../shared/fail.ts";

/** The members of a P-256 key as JWK that a signature needs. Spelled out, because not every compiler target knows JsonWebKey. */
interface SigningKey {
  kty: string;
  crv: string;
  d: string;
  x?: string;
  y?: string;
  kid?: string;
}

const ES256 = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;

/**
 * A JWT over `claims`, signed with ES256. Written with WebCrypto alone, because functions carry no JWT library.
 * @param key the private key as JWK in JSON, with its `kid`
 */
export async function signJwt(key: string, claims: Record<string, string | number>): Promise<string> {
  const jwk = readKey(key);
  const privateKey = await crypto.subtle.importKey("jwk", jwk, ES256, false, ["sign"]);
  const header = { alg: "ES256", typ: "JWT", ...(jwk.kid === undefined ? {} : { kid: jwk.kid }) };
  const signed = `${part(header)}.${part(claims)}`;
  const signature = await crypto.subtle.sign(ES256, privateKey, new TextEncoder().encode(signed));
  return `${signed}.${base64Url(new Uint8Array(signature))}`;
}

function readKey(key: string): SigningKey {
  try {
    const { kty, crv, x, y, d, kid } = JSON.parse(key) as Partial<SigningKey>;
    if (kty !== "EC" || crv !== "P-256" || d === undefined) throw new Error("not a private P-256 key");
    // Only what the signature needs: members such as `use` and `key_ops` of a stored key would be refused.
    return {
      kty,
      crv,
      d,
      ...(x === undefined ? {} : { x }),
      ...(y === undefined ? {} : { y }),
      ...(kid === undefined ? {} : { kid }),
    };
  } catch {
    return fail(
      "INVALID",
      "DROVER_SIGNING_KEY: expected a private P-256 key as JWK in JSON: set it to the key that DROVER_JWKS publishes",
    );
  }
}

function part(value: object): string {
  return base64Url(new TextEncoder().encode(JSON.stringify(value)));
}

function base64Url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
