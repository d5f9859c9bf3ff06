import { isIP } from "node:net";
import { AuthenticationError, type Authenticator } from "../functions/authenticate.ts";
import { type Identity, NOBODY } from "../functions/identity.ts";

const LOOPBACK = ["localhost", "127.0.0.1", "[::1]", "::1"];

/** Which names a browser or client may use for this host. */
export interface AllowedNames {
  readonly bind: string;
  /** Names beside the loopback ones, for a host that listens on a network. */
  readonly names: readonly string[];
}

/**
 * Whether a request may come in, by its Host and Origin: a web page on another site, or one whose DNS name was
 * pointed at this machine, must not reach a host that trusts its own machine. Clients outside browsers send no Origin.
 * @returns null when it may, else the reason
 */
export function refusal(
  headers: { host: string | undefined; origin: string | undefined },
  allowed: AllowedNames,
): string | null {
  const host = hostnameOf(`http://${headers.host ?? ""}`);
  if (!isAllowed(host, allowed)) return `Host "${headers.host ?? ""}" is not allowed`;
  if (headers.origin === undefined) return null;
  return isAllowed(hostnameOf(headers.origin), allowed) ? null : `Origin "${headers.origin}" is not allowed`;
}

function isAllowed(hostname: string, { bind, names }: AllowedNames): boolean {
  if (LOOPBACK.includes(hostname) || hostname === bind || names.includes(hostname)) return true;
  // On a network the host may be called by any of its addresses: rebinding a DNS name needs a name.
  return !LOOPBACK.includes(bind) && isIP(hostname.replace(/^\[|\]$/g, "")) !== 0;
}

function hostnameOf(url: string): string {
  try {
    return new URL(url).hostname;
  } catch {
    return "";
  }
}

/**
 * Who an `Authorization` header names: `Bearer <jwt>` or `Convex <adminKey>[:base64 identity]`.
 * @throws AuthenticationError when it names nobody
 */
export async function identityOf(
  header: string | undefined,
  authenticator: Authenticator,
): Promise<Identity> {
  if (header === undefined || header === "") return NOBODY;
  const space = header.indexOf(" ");
  const [scheme, value] = [header.slice(0, space).toLowerCase(), header.slice(space + 1).trim()];
  if (scheme === "bearer") return await authenticator.user(value);
  if (scheme === "convex") return authenticator.admin(value);
  throw new AuthenticationError(
    `Expected "Bearer <token>" or "Convex <admin key>" in the Authorization header`,
  );
}
