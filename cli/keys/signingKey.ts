import { readFileSync } from "node:fs";
import { join } from "node:path";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";
import { CliError, EXIT } from "../output/errors.ts";
import { createOnce } from "./createOnce.ts";
import { droverHome, ensureHome } from "./home.ts";

/** The algorithm that Convex' custom-JWT auth and Drover agree on. */
export const ALGORITHM = "ES256";

/** The private JWK of this machine, with its `kid`. */
export type SigningKey = JWK & { kid: string };

export function signingKeyFile(home = droverHome()): string {
  return join(home, "signing-key.json");
}

/** The key of this machine, made on first need; two processes that make it at once end with the same key. */
export async function ensureSigningKey(home = droverHome()): Promise<SigningKey> {
  const present = readSigningKey(home);
  if (present !== null) return present;
  createOnce(signingKeyFile(ensureHome(home)), JSON.stringify(await makeKey()));
  const made = readSigningKey(home);
  if (made === null) throw new CliError(`the signing key at ${signingKeyFile(home)} vanished`, EXIT.failed);
  return made;
}

/** The key, or null where this machine has none. @throws CliError when the file is damaged */
export function readSigningKey(home = droverHome()): SigningKey | null {
  const file = signingKeyFile(home);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new CliError(`cannot read the signing key ${file}: ${(error as Error).message}`, EXIT.failed);
  }
  const key = parseKey(text);
  if (key !== null) return key;
  throw new CliError(
    `${file} is no signing key: restore it, or remove it and restart the host (existing tokens end)`,
    EXIT.failed,
  );
}

/** The public half as the data URI that `DROVER_JWKS` wants. */
export function jwksDataUri({ kty, crv, x, y, kid }: SigningKey): string {
  const jwks = { keys: [{ kty, crv, x, y, kid, alg: ALGORITHM, use: "sig" }] };
  return `data:text/plain;charset=utf-8;base64,${Buffer.from(JSON.stringify(jwks)).toString("base64")}`;
}

function parseKey(text: string): SigningKey | null {
  try {
    const key = JSON.parse(text) as Partial<SigningKey>;
    return typeof key.d === "string" && typeof key.kid === "string" ? (key as SigningKey) : null;
  } catch {
    return null;
  }
}

async function makeKey(): Promise<SigningKey> {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  return { ...jwk, alg: ALGORITHM, kid: await calculateJwkThumbprint(jwk) };
}
